//! The binary, as people start it, over real sockets.

mod config;
mod drawing;
mod hygiene;
mod link_kept;
mod process;
mod quickstart;
mod simulator;
mod walls;
