//! Addresses as this vendor writes them.

use waygate_core::message::address::{Address, AddressKind};

/// A person, a group, a channel or a list as a chat: `15550002222@c.us`, `98765432101234@lid`,
/// `120363000000000000@g.us`.
pub(crate) fn chat_id(address: &Address) -> String {
    format!("{}@{}", address.name(), server(address.kind()))
}

/// The address that is written so; `None` when nothing can be.
pub(crate) fn read(chat_id: &str) -> Option<Address> {
    const KINDS: [AddressKind; 5] = [
        AddressKind::Person,
        AddressKind::HiddenPerson,
        AddressKind::Group,
        AddressKind::Channel,
        AddressKind::Broadcast,
    ];
    let (name, written) = chat_id.split_once('@')?;
    let kind = KINDS.into_iter().find(|kind| server(*kind) == written)?;
    Address::new(kind, name).ok()
}

fn server(kind: AddressKind) -> &'static str {
    match kind {
        AddressKind::Person => "c.us",
        AddressKind::HiddenPerson => "lid",
        AddressKind::Group => "g.us",
        AddressKind::Channel => "newsletter",
        AddressKind::Broadcast => "broadcast",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chat_reads_as_it_was_written() {
        for (written, stored) in [
            ("15550002222@c.us", "15550002222@s.whatsapp.net"),
            ("98765432101234@lid", "98765432101234@lid"),
            ("120363000000000000@g.us", "120363000000000000@g.us"),
            ("15550001111-1581234048@g.us", "15550001111-1581234048@g.us"),
            ("120363000000000000@newsletter", "120363000000000000@newsletter"),
            ("status@broadcast", "status@broadcast"),
        ] {
            let address = read(written).unwrap();
            assert_eq!(address.to_wire(), stored);
            assert_eq!(chat_id(&address), written);
        }
        for nobody in ["", "15550002222", "15550002222@s.whatsapp.net", "ann@c.us", "@g.us"] {
            assert!(read(nobody).is_none(), "{nobody}");
        }
    }
}
