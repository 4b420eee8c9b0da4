//! The schemas that have a name.

mod instance;
mod linking;
mod problem;
mod token;

use super::schema::Schema;

/// A name, and what makes its schema.
type Named = (&'static str, fn() -> Schema);

/// All of them, in the order in which they are told.
const SCHEMAS: &[Named] = &[
    ("Instance", instance::instance),
    ("InstancePage", instance::page),
    ("NewInstance", instance::new),
    ("InstanceState", instance::state),
    ("LinkedAccount", instance::linked_account),
    ("GreenApiAccess", instance::green_api),
    ("LoggedOutInstance", instance::logged_out),
    ("LinkingAttempt", linking::attempt),
    ("NewLinkingAttempt", linking::new),
    ("QrCode", linking::qr_code),
    ("PairingCode", linking::pairing_code),
    ("LinkTicket", linking::ticket),
    ("IssuedToken", token::issued),
    ("NewToken", token::new),
    ("Token", token::token),
    ("TokenList", token::list),
    ("Nothing", nothing),
    ("Problem", problem::problem),
];

/// The body of what is told nothing.
fn nothing() -> Schema {
    Schema::body([]).says("Nothing. The body may as well be left out.")
}

/// All of them with their names.
pub(crate) fn all() -> impl Iterator<Item = (&'static str, Schema)> {
    SCHEMAS.iter().map(|(name, schema)| (*name, schema()))
}
