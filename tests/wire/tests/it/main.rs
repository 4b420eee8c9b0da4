//! The gateway against the simulator, in process, on a paused clock.

mod demand;
mod ends;
mod linking;
mod panics;
