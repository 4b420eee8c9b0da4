//! The schemas that have a name.

mod account;
mod audit;
mod event;
mod event_message;
mod history;
mod instance;
mod link_ticket;
mod linking;
mod passkey;
mod problem;
mod settings;
mod token;
mod webhook_endpoint;

use waygate_core::tenant::NAME_LENGTH_MAX;

use super::schema::{Property, Schema, always, maybe};

/// A name, and what makes its schema.
type Named = (&'static str, fn() -> Schema);

/// All of them, in the order in which they are told.
const SCHEMAS: &[Named] = &[
    ("Instance", instance::instance),
    ("InstancePage", instance::page),
    ("NewInstance", instance::new),
    ("InstanceEdit", instance::edit),
    ("InstanceState", instance::state),
    ("LinkedAccount", instance::linked_account),
    ("GreenApiAccess", instance::green_api),
    ("HypersenderAccess", instance::hypersender),
    ("LoggedOutInstance", instance::logged_out),
    ("StateChange", history::change),
    ("StateHistory", history::page),
    ("Event", event::event),
    ("EventPage", event::page),
    ("Settings", settings::settings),
    ("SettingsEdit", settings::edit),
    ("LinkingAttempt", linking::attempt),
    ("LinkingAttemptList", linking::list),
    ("NewLinkingAttempt", linking::new),
    ("QrCode", linking::qr_code),
    ("PairingCode", linking::pairing_code),
    ("PasskeyChallenge", passkey::challenge),
    ("PasskeyConfirmation", passkey::confirmation),
    ("NewPasskeyAssertion", passkey::new_assertion),
    ("PasskeyCredential", passkey::credential),
    ("NewLinkTicket", link_ticket::new),
    ("Brand", link_ticket::brand),
    ("IssuedLinkTicket", link_ticket::issued),
    ("LinkTicket", link_ticket::ticket),
    ("LinkTicketList", link_ticket::list),
    ("IssuedToken", token::issued),
    ("NewToken", token::new),
    ("Token", token::token),
    ("TokenList", token::list),
    ("WebhookEndpoint", webhook_endpoint::endpoint),
    ("WebhookEndpointWithSecret", webhook_endpoint::with_secret),
    ("WebhookEndpointList", webhook_endpoint::list),
    ("NewWebhookEndpoint", webhook_endpoint::new),
    ("WebhookEndpointEdit", webhook_endpoint::edit),
    ("WebhookDelivery", webhook_endpoint::delivery),
    ("WebhookAttempt", webhook_endpoint::attempt),
    ("WebhookDeliveryPage", webhook_endpoint::deliveries),
    ("WebhookReplay", webhook_endpoint::replay),
    ("WebhookReplayed", webhook_endpoint::replayed),
    ("Account", account::account),
    ("AccountName", account::name),
    ("AccountList", account::list),
    ("Act", audit::act),
    ("ActPage", audit::page),
    ("Nothing", nothing),
    ("Problem", problem::problem),
];

/// A number as people write it.
pub(crate) const PHONE: &str = "^ *\\+?[ .()-]*[1-9]([ .()-]*[0-9]){6,14}[ .()-]*$";

/// A phone number that is sent.
fn phone() -> Schema {
    Schema::digits(PHONE, 1_000_000, 999_999_999_999_999).example("15550001111")
}

/// The account that an instance is linked to, without what it is called.
fn linked() -> Schema {
    let device = Schema::number(0, u16::MAX.into()).says("Its number among the account's devices.");
    Schema::object([
        always("phone", Schema::text().says("In international form, digits alone.")),
        always("device", device),
    ])
}

fn next_cursor() -> Schema {
    Schema::text().or_null().says("For the next page; `null` when this is the last.")
}

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
