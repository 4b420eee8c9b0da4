//! What people answer with buttons and lists.

use waygate_core::message::MessageId;
use waygate_core::message::content::{
    ButtonReply, Content, InteractiveReply, ListReply, TemplateReply,
};
use whatsapp_rust::waproto::whatsapp as wa;
use whatsapp_rust::waproto::whatsapp::message::buttons_response_message::Response;
use whatsapp_rust::waproto::whatsapp::message::interactive_response_message::InteractiveResponseMessage as Flow;

use super::content::Read;
use super::words;
use super::written::Written;

pub(super) fn read(message: &wa::Message) -> Option<Read<'_>> {
    button(message)
        .or_else(|| template(message))
        .or_else(|| list(message))
        .or_else(|| interactive(message))
}

/// The message that was answered.
fn answered(context: Option<&wa::ContextInfo>) -> Option<MessageId> {
    Some(MessageId(context?.stanza_id.as_deref()?.into()))
}

fn button(message: &wa::Message) -> Option<Read<'_>> {
    let said = message.buttons_response_message.as_option()?;
    let context = said.context_info.as_option();
    let text = said.response.as_ref().map(|Response::SelectedDisplayText(text)| text);
    let content = Content::ButtonReply(ButtonReply {
        to: answered(context),
        id: words(said.selected_button_id.as_ref()),
        text: words(text),
    });
    Some(Read::within(content, context))
}

fn template(message: &wa::Message) -> Option<Read<'_>> {
    let said = message.template_button_reply_message.as_option()?;
    let context = said.context_info.as_option();
    let content = Content::TemplateReply(TemplateReply {
        to: answered(context),
        index: said.selected_index.unwrap_or_default(),
        id: words(said.selected_id.as_ref()),
        text: words(said.selected_display_text.as_ref()),
    });
    Some(Read::within(content, context))
}

fn list(message: &wa::Message) -> Option<Read<'_>> {
    let said = message.list_response_message.as_option()?;
    let context = said.context_info.as_option();
    let content = Content::ListReply(ListReply {
        to: answered(context),
        title: words(said.title.as_ref()),
        id: words(said.single_select_reply.selected_row_id.as_ref()),
    });
    Some(Read::within(content, context))
}

fn interactive(message: &wa::Message) -> Option<Read<'_>> {
    let said = message.interactive_response_message.as_option()?;
    let context = said.context_info.as_option();
    let written = said
        .interactive_response_message
        .as_ref()
        .map(|Flow::NativeFlowResponseMessage(flow)| Written::of(flow.params_json.as_deref()));
    let content = Content::InteractiveReply(InteractiveReply {
        to: answered(context),
        text: words(said.body.text.as_ref()),
        id: written.map(|written| written.word("id")).unwrap_or_default(),
    });
    Some(Read::within(content, context))
}
