//! The application over a link that is played by the test.

mod containment;
mod linking;
mod played_link;
