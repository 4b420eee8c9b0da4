//! An instance: its states, the rules of linking on demand, and the machine that moves it.

pub mod change;
pub mod effect;
pub mod input;
pub mod linking;
pub mod machine;
pub mod pairing;
pub mod passkey;
pub mod record;
pub mod settings;
pub mod standing;
pub mod state;
