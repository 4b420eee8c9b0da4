//! Whose number stands behind a hidden id, as far as the account knows.

use waygate_core::message::Message;
use waygate_core::message::address::{Address, AddressKind};
use waygate_core::message::arrival::Arrived;
use waygate_core::message::content::{Content, Deleted, Reaction};
use whatsapp_rust::{Client, Jid};

/// Names people by their numbers where only their hidden ids stand. It looks at what the account has
/// learned, and asks nobody.
pub(crate) async fn name_by_number(client: &Client, arrived: &mut Arrived) {
    match arrived {
        Arrived::Received(message) | Arrived::SentElsewhere(message) => {
            in_message(client, message).await;
        }
        Arrived::Voted(vote) => {
            in_message(client, &mut vote.message).await;
            if let Some(sender) = &mut vote.poll_sender {
                replace(client, sender).await;
            }
        }
        Arrived::StatusSeen(seen) => {
            replace(client, &mut seen.chat).await;
            if let Some(by) = &mut seen.by {
                replace(client, by).await;
            }
        }
        Arrived::CallStepped(call) => {
            replace(client, &mut call.from).await;
        }
    }
}

async fn in_message(client: &Client, message: &mut Message) {
    replace(client, &mut message.chat).await;
    if let Some(hidden) = replace(client, &mut message.sender).await {
        message.sender_hidden = Some(hidden);
    }
    if let Some(sender) = message.quoted.as_mut().and_then(|quoted| quoted.sender.as_mut()) {
        replace(client, sender).await;
    }
    if let Content::Reaction(Reaction { to_sender: Some(other), .. })
    | Content::Deleted(Deleted { sender: Some(other), .. }) = &mut message.content
    {
        replace(client, other).await;
    }
}

/// Puts the number in the place of a hidden id; tells that id, where it did.
async fn replace(client: &Client, address: &mut Address) -> Option<Address> {
    if address.kind() != AddressKind::HiddenPerson {
        return None;
    }
    let entry = client.get_lid_pn_entry(&Jid::lid(address.name())).await.ok().flatten()?;
    let number = Address::person(&entry.phone_number).ok()?;
    Some(std::mem::replace(address, number))
}
