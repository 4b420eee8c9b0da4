//! The binary, as people start it, over real sockets.

mod config;
mod drawing;
mod green_client;
mod hygiene;
mod link_kept;
mod process;
mod quickstart;
mod secrets;
mod serve;
mod simulator;
mod walls;
