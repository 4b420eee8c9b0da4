//! Messages that change an earlier one.

use serde::Serialize;
use waygate_core::message::content::{Content, Deleted, Edited};

/// What the message says now; for a file, what is said with it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EditedData<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    text_message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    caption: Option<&'a str>,
    stanza_id: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeletedData<'a> {
    stanza_id: &'a str,
}

impl<'a> EditedData<'a> {
    pub(super) fn of(edited: &'a Edited) -> Self {
        let (text_message, caption) = match &*edited.content {
            Content::Text(text) => (Some(&*text.body), None),
            Content::Media(media) => (None, Some(&*media.caption)),
            Content::Location(_)
            | Content::Contact(_)
            | Content::Contacts(_)
            | Content::GroupInvite(_)
            | Content::Reaction(_)
            | Content::Poll(_)
            | Content::PollVote(_)
            | Content::Edited(_)
            | Content::Deleted(_)
            | Content::Buttons(_)
            | Content::List(_)
            | Content::Template(_)
            | Content::ButtonReply(_)
            | Content::TemplateReply(_)
            | Content::ListReply(_)
            | Content::InteractiveButtons(_)
            | Content::InteractiveReply(_)
            | Content::Other { .. } => (Some(super::NO_TEXT), None),
        };
        Self { text_message, caption, stanza_id: edited.message.as_str() }
    }
}

impl<'a> DeletedData<'a> {
    pub(super) fn of(deleted: &'a Deleted) -> Self {
        Self { stanza_id: deleted.message.as_str() }
    }
}
