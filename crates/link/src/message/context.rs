//! What a message says of others: the one that it answers, and how often it was passed on.

use waygate_core::message::{MessageId, Quoted};
use whatsapp_rust::waproto::whatsapp as wa;

use super::address::spelt;
use super::{Scene, content};

pub(super) fn of(context: Option<&wa::ContextInfo>, scene: Scene<'_>) -> (Option<Quoted>, u32) {
    let Some(context) = context else { return (None, 0) };
    // A client may say that a message was passed on without saying how often.
    let at_least = u32::from(context.is_forwarded.unwrap_or_default());
    (quoted(context, scene), context.forwarding_score.unwrap_or_default().max(at_least))
}

fn quoted(context: &wa::ContextInfo, scene: Scene<'_>) -> Option<Quoted> {
    let id = context.stanza_id.as_deref().filter(|id| !id.is_empty())?;
    // What the quoted message says of others was left out by its sender's device.
    let content = context.quoted_message.as_option().and_then(|it| content::read(it, scene));
    Some(Quoted {
        id: MessageId(id.into()),
        sender: spelt(context.participant.as_ref()),
        content: content.map(|read| Box::new(read.content)),
    })
}
