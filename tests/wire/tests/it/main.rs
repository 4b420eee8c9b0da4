//! The gateway against the simulator, in process, on a paused clock.

mod attempts;
mod demand;
mod ends;
mod greenapi;
mod linking;
mod pairing;
mod panics;
mod removal;
