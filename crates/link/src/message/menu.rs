//! Messages with buttons, and lists.

use waygate_core::message::content::{
    Button, ButtonDeed, ButtonMenu, Content, InteractiveButtons, List, ListRow, ListSection,
    Template, TemplateButton,
};
use whatsapp_rust::waproto::whatsapp as wa;
use whatsapp_rust::waproto::whatsapp::hydrated_template_button::HydratedButton;
use whatsapp_rust::waproto::whatsapp::message::interactive_message::InteractiveMessage as Shown;
use whatsapp_rust::waproto::whatsapp::message::interactive_message::native_flow_message::NativeFlowButton;
use whatsapp_rust::waproto::whatsapp::message::template_message::Format;
use whatsapp_rust::waproto::whatsapp::message::template_message::HydratedFourRowTemplate;

use super::content::Read;
use super::words;
use super::written::Written;

pub(super) fn read(message: &wa::Message) -> Option<Read<'_>> {
    buttons(message)
        .or_else(|| list(message))
        .or_else(|| template(message))
        .or_else(|| interactive(message.interactive_message.as_option()?))
}

fn buttons(message: &wa::Message) -> Option<Read<'_>> {
    let said = message.buttons_message.as_option()?;
    let button = |button: &wa::message::buttons_message::Button| Button {
        id: words(button.button_id.as_ref()),
        text: words(button.button_text.display_text.as_ref()),
    };
    let content = Content::Buttons(ButtonMenu {
        text: words(said.content_text.as_ref()),
        footer: words(said.footer_text.as_ref()),
        buttons: said.buttons.iter().map(button).collect(),
    });
    Some(Read::within(content, said.context_info.as_option()))
}

fn list(message: &wa::Message) -> Option<Read<'_>> {
    let said = message.list_message.as_option()?;
    let row = |row: &wa::message::list_message::Row| ListRow {
        id: words(row.row_id.as_ref()),
        title: words(row.title.as_ref()),
        description: words(row.description.as_ref()),
    };
    let section = |section: &wa::message::list_message::Section| ListSection {
        title: words(section.title.as_ref()),
        rows: section.rows.iter().map(row).collect(),
    };
    let content = Content::List(List {
        title: words(said.title.as_ref()),
        text: words(said.description.as_ref()),
        footer: words(said.footer_text.as_ref()),
        button: words(said.button_text.as_ref()),
        sections: said.sections.iter().map(section).collect(),
    });
    Some(Read::within(content, said.context_info.as_option()))
}

fn template(message: &wa::Message) -> Option<Read<'_>> {
    let said = message.template_message.as_option()?;
    let rows: &HydratedFourRowTemplate = match (said.hydrated_template.as_option(), &said.format) {
        (Some(rows), _) => rows,
        (None, Some(Format::HydratedFourRowTemplate(rows))) => rows,
        (None, Some(Format::InteractiveMessageTemplate(newer))) => return interactive(newer),
        // Words in a language that is to be chosen by the receiver: nobody sends these any more.
        (None, Some(Format::FourRowTemplate(_)) | None) => return None,
    };
    let id = said.template_id.as_ref().or(rows.template_id.as_ref());
    let content = Content::Template(Template {
        id: words(id),
        text: words(rows.hydrated_content_text.as_ref()),
        footer: words(rows.hydrated_footer_text.as_ref()),
        buttons: rows.hydrated_buttons.iter().filter_map(template_button).collect(),
    });
    Some(Read::within(content, said.context_info.as_option()))
}

fn template_button(button: &wa::HydratedTemplateButton) -> Option<TemplateButton> {
    let (text, deed) = match button.hydrated_button.as_ref()? {
        HydratedButton::QuickReplyButton(it) => {
            (&it.display_text, ButtonDeed::Reply(words(it.id.as_ref())))
        }
        HydratedButton::UrlButton(it) => {
            (&it.display_text, ButtonDeed::Open(words(it.url.as_ref())))
        }
        HydratedButton::CallButton(it) => {
            (&it.display_text, ButtonDeed::Call(words(it.phone_number.as_ref())))
        }
    };
    let index = button.index.unwrap_or_default();
    Some(TemplateButton { index, text: words(text.as_ref()), deed })
}

fn interactive(said: &wa::message::InteractiveMessage) -> Option<Read<'_>> {
    let Some(Shown::NativeFlowMessage(flow)) = &said.interactive_message else { return None };
    let buttons = (0..).zip(&flow.buttons).filter_map(|(index, it)| flow_button(index, it));
    let content = Content::InteractiveButtons(InteractiveButtons {
        title: words(said.header.title.as_ref()),
        text: words(said.body.text.as_ref()),
        footer: words(said.footer.text.as_ref()),
        buttons: buttons.collect(),
    });
    Some(Read::within(content, said.context_info.as_option()))
}

/// What the button does is written in JSON, by whatever program sent it. One that does something else,
/// such as opening a list of its own, is left out.
fn flow_button(index: u32, button: &NativeFlowButton) -> Option<TemplateButton> {
    let written = Written::of(button.button_params_json.as_deref());
    let deed = match button.name.as_deref()? {
        "quick_reply" => ButtonDeed::Reply(written.word("id")),
        "cta_url" => ButtonDeed::Open(written.word("url")),
        "cta_call" => ButtonDeed::Call(written.word("phone_number")),
        "cta_copy" => ButtonDeed::Copy(written.word("copy_code")),
        _ => return None,
    };
    Some(TemplateButton { index, text: written.word("display_text"), deed })
}
