//! The gateway against the simulator, in process, on a paused clock.

mod attempts;
mod demand;
mod ends;
mod faults;
mod greenapi;
mod hostile;
mod inbound;
mod keep_alive;
mod kinds;
mod library;
mod link;
mod linking;
mod messages;
mod pairing;
mod pairing_refusals;
mod panics;
mod passkey;
mod removal;
mod report;
mod sending;
mod wrong_phone;
