//! The library's addresses in ours: without a device, a person's by number where that is known.

use waygate_core::message::address::{Address, AddressKind};
use whatsapp_rust::{Jid, Server};

/// A person, as far as WhatsApp told.
pub(crate) struct Person {
    /// By number where it told the number.
    pub(crate) address: Address,
    /// By hidden id, where it told both.
    pub(crate) hidden: Option<Address>,
}

/// The person with this address and, perhaps, that other one; `None` where it is nobody's.
pub(crate) fn person(jid: &Jid, other: Option<&Jid>) -> Option<Person> {
    let address = alone(jid).filter(Address::is_person)?;
    let other =
        other.and_then(alone).filter(|other| other.is_person() && other.kind() != address.kind());
    Some(match other {
        None => Person { address, hidden: None },
        Some(other) if other.kind() == AddressKind::Person => {
            Person { address: other, hidden: Some(address) }
        }
        Some(other) => Person { address, hidden: Some(other) },
    })
}

/// What stands for itself; `None` for what has no address here, such as a bot.
pub(crate) fn alone(jid: &Jid) -> Option<Address> {
    let kind = match jid.server {
        Server::Pn | Server::Hosted | Server::Legacy => AddressKind::Person,
        Server::Lid | Server::HostedLid => AddressKind::HiddenPerson,
        Server::Group => AddressKind::Group,
        Server::Newsletter => AddressKind::Channel,
        Server::Broadcast => AddressKind::Broadcast,
        Server::Messenger | Server::Interop | Server::Bot | Server::Call => return None,
    };
    // Old devices stand before a dot or a colon.
    let name = jid.user.split(['.', ':']).next()?;
    Address::new(kind, name).ok()
}

/// An address that stands as text in a message.
pub(super) fn spelt(text: Option<&String>) -> Option<Address> {
    alone(&text?.parse().ok()?)
}
