//! Polls, and what people choose in them.

use waygate_core::message::MessageId;
use waygate_core::message::content::{Content, Poll, PollVote};
use whatsapp_rust::waproto::whatsapp as wa;

use super::content::Read;
use super::words;

pub(super) fn read(message: &wa::Message) -> Option<Read<'_>> {
    if let Some(poll) = creation(message) {
        let content = Content::Poll(Poll {
            question: words(poll.name.as_ref()),
            options: poll.options.iter().map(|option| words(option.option_name.as_ref())).collect(),
            // None said, or zero: as many as one likes.
            several: poll.selectable_options_count != Some(1),
        });
        return Some(Read::within(content, poll.context_info.as_option()));
    }
    let update = message.poll_update_message.as_option()?;
    let key = update.poll_creation_message_key.as_option()?;
    // What was chosen is encrypted for those who know the poll.
    Some(Read::alone(Content::PollVote(PollVote {
        poll: MessageId(key.id.as_deref()?.into()),
        question: Box::default(),
        votes: Vec::new(),
        several: false,
    })))
}

/// The fourth is a wrapper, and gone by now.
pub(super) fn creation(message: &wa::Message) -> Option<&wa::message::PollCreationMessage> {
    [
        &message.poll_creation_message,
        &message.poll_creation_message_v2,
        &message.poll_creation_message_v3,
        &message.poll_creation_message_v5,
        &message.poll_creation_message_v6,
    ]
    .into_iter()
    .find_map(|poll| poll.as_option())
}
