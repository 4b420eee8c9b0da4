//! What Waygate's tests share: a gateway and a simulator in one process, on one paused clock.

pub mod clock;
pub mod deadline;
pub mod frail_journal;
pub mod picture;
pub mod world;
