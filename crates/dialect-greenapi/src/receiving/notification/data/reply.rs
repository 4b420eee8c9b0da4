//! Something was chosen.

use serde::Serialize;
use waygate_core::message::MessageId;
use waygate_core::message::content::{ButtonReply, InteractiveReply, ListReply, TemplateReply};

/// WhatsApp's number of a list from which one thing is chosen.
const SINGLE_SELECT: u8 = 1;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ButtonReplyData<'a> {
    stanza_id: &'a str,
    selected_button_id: &'a str,
    selected_button_text: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TemplateReplyData<'a> {
    stanza_id: &'a str,
    selected_index: u32,
    selected_id: &'a str,
    selected_display_text: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListReplyData<'a> {
    stanza_id: &'a str,
    title: &'a str,
    list_type: u8,
    single_select_reply: &'a str,
}

/// The message with what was chosen from; empty where nobody says.
fn stanza_id(to: Option<&MessageId>) -> &str {
    to.map(MessageId::as_str).unwrap_or_default()
}

impl<'a> ButtonReplyData<'a> {
    pub(super) fn of(reply: &'a ButtonReply) -> Self {
        Self {
            stanza_id: stanza_id(reply.to.as_ref()),
            selected_button_id: &reply.id,
            selected_button_text: &reply.text,
        }
    }
}

impl<'a> TemplateReplyData<'a> {
    pub(super) fn of_template(reply: &'a TemplateReply) -> Self {
        Self {
            stanza_id: stanza_id(reply.to.as_ref()),
            selected_index: reply.index,
            selected_id: &reply.id,
            selected_display_text: &reply.text,
        }
    }

    /// Buttons of the newer form have no place.
    pub(super) fn of_interactive(reply: &'a InteractiveReply) -> Self {
        Self {
            stanza_id: stanza_id(reply.to.as_ref()),
            selected_index: 0,
            selected_id: &reply.id,
            selected_display_text: &reply.text,
        }
    }
}

impl<'a> ListReplyData<'a> {
    pub(super) fn of(reply: &'a ListReply) -> Self {
        Self {
            stanza_id: stanza_id(reply.to.as_ref()),
            title: &reply.title,
            list_type: SINGLE_SELECT,
            single_select_reply: &reply.id,
        }
    }
}
