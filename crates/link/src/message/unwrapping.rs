//! Messages inside messages.

use whatsapp_rust::waproto::whatsapp as wa;

/// Wrappers inside one another; no client of WhatsApp's makes as many.
const DEPTH_MAX: usize = 8;

/// A message without what it was wrapped in.
pub(super) struct Unwrapped<'a> {
    pub(super) message: &'a wa::Message,
    /// Whether one of the wrappers says that it may be looked at once only.
    pub(super) view_once: bool,
}

pub(super) fn unwrapped(message: &wa::Message) -> Unwrapped<'_> {
    let mut inner = Unwrapped { message, view_once: false };
    for _ in 0..DEPTH_MAX {
        let Some((next, view_once)) = once(inner.message) else { break };
        inner = Unwrapped { message: next, view_once: inner.view_once || view_once };
    }
    inner
}

/// What is inside the first wrapper, and whether that is for one look.
fn once(message: &wa::Message) -> Option<(&wa::Message, bool)> {
    if let Some(sent) = message.device_sent_message.as_option() {
        return Some((sent.message.as_option()?, false));
    }
    let for_one_look = [
        &message.view_once_message,
        &message.view_once_message_v2,
        &message.view_once_message_v2_extension,
    ];
    let plain = [
        &message.ephemeral_message,
        &message.document_with_caption_message,
        &message.edited_message,
        &message.group_mentioned_message,
        &message.lottie_sticker_message,
        &message.associated_child_message,
        &message.bot_invoke_message,
        &message.bot_forwarded_message,
        &message.poll_creation_message_v4,
        &message.poll_creation_option_image_message,
        &message.group_status_message,
        &message.group_status_message_v2,
        &message.question_message,
        &message.question_reply_message,
        &message.spoiler_message,
    ];
    let for_one_look = for_one_look.into_iter().map(|wrapper| (wrapper, true));
    let mut all = for_one_look.chain(plain.into_iter().map(|wrapper| (wrapper, false)));
    all.find_map(|(wrapper, view_once)| {
        Some((wrapper.as_option()?.message.as_option()?, view_once))
    })
}
