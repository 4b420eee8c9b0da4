//! What receipts say of the account's messages.

use waygate_core::message::MessageId;
use waygate_core::message::address::Address;
use waygate_core::message::arrival::StatusSeen;
use waygate_core::message::status::Progress;
use whatsapp_rust::types::events::Receipt;
use whatsapp_rust::wacore::types::presence::ReceiptType;

use crate::message::address::{alone, person};

/// `None` for what tells nothing of a message of this account: what its own devices tell one another,
/// and requests to send something again.
pub(crate) fn seen(receipt: &Receipt, own: Option<&Address>) -> Option<StatusSeen> {
    let progress = progress(&receipt.r#type)?;
    let source = &receipt.source;
    let chat = alone(&source.chat)?;
    let by = person(&source.sender, source.sender_alt.as_ref())?.address;
    if own == Some(&by) {
        return None;
    }
    let ids = receipt.message_ids.iter().filter(|id| !id.is_empty());
    let ids: Vec<MessageId> = ids.map(|id| MessageId(id.as_str().into())).collect();
    let by = (!chat.is_person()).then_some(by);
    (!ids.is_empty()).then_some(StatusSeen { chat, ids, progress, by })
}

fn progress(kind: &ReceiptType) -> Option<Progress> {
    // Beside these are what the own devices say, what is not the receiver's word, and what may come.
    let known = [
        (ReceiptType::Delivered, Progress::Delivered),
        (ReceiptType::Read, Progress::Read),
        (ReceiptType::Played, Progress::Played),
    ];
    known.into_iter().find_map(|(word, progress)| (*kind == word).then_some(progress))
}

#[cfg(test)]
mod tests {
    use whatsapp_rust::wacore::types::message::MessageSource;

    use super::*;

    const OWN: &str = "15550001111@s.whatsapp.net";
    const OTHER: &str = "15550002222@s.whatsapp.net";
    const GROUP: &str = "120363000000000000@g.us";

    fn told(kind: ReceiptType, chat: &str, sender: &str) -> Option<(Progress, Option<String>)> {
        let source = MessageSource {
            chat: chat.parse().unwrap(),
            sender: sender.parse().unwrap(),
            ..MessageSource::default()
        };
        let receipt = Receipt::builder()
            .source(source)
            .message_ids(vec!["A".into(), "B".into()])
            .timestamp(whatsapp_rust::chrono::DateTime::UNIX_EPOCH)
            .r#type(kind)
            .offline(false)
            .build();
        let seen = seen(&receipt, Some(&OWN.parse().unwrap()))?;
        assert_eq!(seen.ids.len(), 2);
        Some((seen.progress, seen.by.map(|by| by.to_wire())))
    }

    #[test]
    fn what_the_receiver_says_is_told_and_what_devices_say_among_themselves_is_not() {
        let other = "15550002222:7@s.whatsapp.net";
        for (kind, chat, sender, expected) in [
            (ReceiptType::Delivered, OTHER, other, Some((Progress::Delivered, None))),
            (ReceiptType::Read, OTHER, OTHER, Some((Progress::Read, None))),
            (ReceiptType::Played, OTHER, OTHER, Some((Progress::Played, None))),
            (ReceiptType::Read, GROUP, other, Some((Progress::Read, Some(OTHER.into())))),
            (ReceiptType::Delivered, OWN, "15550001111:7@s.whatsapp.net", None),
            (ReceiptType::ReadSelf, OTHER, OWN, None),
            (ReceiptType::Sender, OTHER, OTHER, None),
            (ReceiptType::Retry, OTHER, OTHER, None),
            (ReceiptType::Sent, OTHER, OTHER, None),
        ] {
            assert_eq!(told(kind.clone(), chat, sender), expected, "{kind:?}");
        }
    }
}
