//! The binary, as people start it, over real sockets.

mod commands;
mod config;
mod control_socket;
mod drawing;
mod green_client;
mod hygiene;
mod link_in_terminal;
mod link_kept;
mod mistakes;
mod operator;
mod power_cut;
mod process;
mod quickstart;
mod secrets;
mod serve;
mod simulator;
mod unreachable_whatsapp;
mod unresponsive_server;
mod waits;
mod walls;
mod window;
