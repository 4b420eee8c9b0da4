//! The gateway against the simulator, in process, on a paused clock. The tests are in `tests/`.
