//! Whom or what a message is addressed to.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::phone::PhoneNumber;

/// The longest name before the `@`.
const NAME_MAX: usize = 64;

/// A person, a group, a channel or a list, as WhatsApp writes it: `15550002222@s.whatsapp.net`,
/// `98765432101234@lid`, `120363000000000000@g.us`, `120363000000000000@newsletter`,
/// `status@broadcast`. It names no device.
///
/// It is personal data: it does not print itself.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address {
    kind: AddressKind,
    name: Box<str>,
}

/// What an address names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AddressKind {
    /// A person, by phone number.
    Person,
    /// A person, by the id that hides the number (`LID`).
    HiddenPerson,
    /// A group.
    Group,
    /// A channel.
    Channel,
    /// A broadcast list, or the statuses of all contacts.
    Broadcast,
}

impl AddressKind {
    const ALL: [Self; 5] =
        [Self::Person, Self::HiddenPerson, Self::Group, Self::Channel, Self::Broadcast];

    fn server(self) -> &'static str {
        match self {
            Self::Person => "s.whatsapp.net",
            Self::HiddenPerson => "lid",
            Self::Group => "g.us",
            Self::Channel => "newsletter",
            Self::Broadcast => "broadcast",
        }
    }
}

/// The text is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no address of a person, a group, a channel or a list")]
pub struct InvalidAddress;

impl Address {
    /// The address of this name and kind.
    ///
    /// # Errors
    ///
    /// When no such thing can have this name: a person's is digits alone, a group's digits with at
    /// most one dash between them.
    pub fn new(kind: AddressKind, name: &str) -> Result<Self, InvalidAddress> {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
        let fits = match kind {
            AddressKind::Person | AddressKind::HiddenPerson | AddressKind::Channel => digits(name),
            AddressKind::Group => match name.split_once('-') {
                Some((owner, made)) => digits(owner) && digits(made),
                None => digits(name),
            },
            AddressKind::Broadcast => digits(name) || name == "status",
        };
        let fits = fits && name.len() <= NAME_MAX;
        if fits { Ok(Self { kind, name: name.into() }) } else { Err(InvalidAddress) }
    }

    /// The person with this number: digits, the country's code first.
    ///
    /// # Errors
    ///
    /// When there is anything but digits.
    pub fn person(digits: &str) -> Result<Self, InvalidAddress> {
        Self::new(AddressKind::Person, digits)
    }

    /// What it names.
    pub fn kind(&self) -> AddressKind {
        self.kind
    }

    /// What stands before the `@`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The number of the person, where it names one by number.
    pub fn phone(&self) -> Option<PhoneNumber> {
        (self.kind == AddressKind::Person).then(|| self.name.parse().ok()).flatten()
    }

    /// Whether it names one person.
    pub fn is_person(&self) -> bool {
        matches!(self.kind, AddressKind::Person | AddressKind::HiddenPerson)
    }

    /// The whole of it, as WhatsApp writes it.
    pub fn to_wire(&self) -> String {
        format!("{}@{}", self.name, self.kind.server())
    }
}

prints_nothing!(Address);

impl From<&PhoneNumber> for Address {
    fn from(phone: &PhoneNumber) -> Self {
        Self { kind: AddressKind::Person, name: phone.digits().into() }
    }
}

impl FromStr for Address {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, server) = text.split_once('@').ok_or(InvalidAddress)?;
        let kind = AddressKind::ALL.into_iter().find(|kind| kind.server() == server);
        Self::new(kind.ok_or(InvalidAddress)?, name)
    }
}

impl TryFrom<String> for Address {
    type Error = InvalidAddress;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.to_wire()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_reads_what_it_wrote() {
        for text in [
            "15550002222@s.whatsapp.net",
            "98765432101234@lid",
            "120363000000000000@g.us",
            "15550001111-1600000000@g.us",
            "120363000000000000@newsletter",
            "status@broadcast",
        ] {
            assert_eq!(text.parse::<Address>().unwrap().to_wire(), text);
        }
    }

    #[test]
    fn what_names_nothing_is_no_address() {
        for text in [
            "",
            "15550002222",
            "@lid",
            "15550002222@c.us",
            "15550002222:3@s.whatsapp.net",
            "+15550002222@s.whatsapp.net",
            "status@s.whatsapp.net",
            "1-2-3@g.us",
            "-1600000000@g.us",
            "1@2@g.us",
        ] {
            assert_eq!(text.parse::<Address>(), Err(InvalidAddress), "{text}");
        }
    }

    #[test]
    fn an_address_does_not_print_itself() {
        let address: Address = "15550002222@s.whatsapp.net".parse().unwrap();
        assert_eq!(format!("{address:?}"), "Address(hidden)");
        assert_eq!(address.phone().unwrap().digits(), "15550002222");
    }
}
