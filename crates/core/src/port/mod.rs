//! What the application needs from the outside, as traits that the outside implements.

pub mod link;
