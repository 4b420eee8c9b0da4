//! The schemas that have a name.

mod account;
mod instance;
mod linking;
mod problem;
mod token;

use waygate_core::tenant::NAME_LENGTH_MAX;

use super::schema::{Property, Schema, maybe};

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
    ("Account", account::account),
    ("AccountName", account::name),
    ("AccountList", account::list),
    ("Nothing", nothing),
    ("Problem", problem::problem),
];

/// By which an admin says whose a new thing is.
fn owner() -> Property {
    let name = Schema::text().or_null().longest(NAME_LENGTH_MAX).says(
        "Whose it is, by the account's name; else the first account's. Only who has the scope \
         `admin` has this field.",
    );
    maybe("account", name)
}

/// The body of what is told nothing.
fn nothing() -> Schema {
    Schema::body([]).says("Nothing. The body may as well be left out.")
}

/// All of them with their names.
pub(crate) fn all() -> impl Iterator<Item = (&'static str, Schema)> {
    SCHEMAS.iter().map(|(name, schema)| (*name, schema()))
}
