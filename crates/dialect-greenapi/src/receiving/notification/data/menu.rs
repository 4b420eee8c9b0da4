//! Messages with something to choose from.

use serde::Serialize;
use waygate_core::message::content::{
    Button, ButtonDeed, ButtonMenu, InteractiveButtons, List, ListRow, ListSection, Template,
    TemplateButton,
};

use super::Forwarded;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ButtonsData<'a> {
    content_text: &'a str,
    footer: &'a str,
    buttons: Vec<ButtonData<'a>>,
    #[serde(flatten)]
    forwarded: Forwarded,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ButtonData<'a> {
    button_id: &'a str,
    button_text: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListData<'a> {
    content_text: &'a str,
    title: &'a str,
    footer: &'a str,
    button_text: &'a str,
    sections: Vec<SectionData<'a>>,
    #[serde(flatten)]
    forwarded: Forwarded,
}

#[derive(Serialize)]
struct SectionData<'a> {
    title: &'a str,
    rows: Vec<RowData<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RowData<'a> {
    title: &'a str,
    row_id: &'a str,
    description: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TemplateData<'a> {
    /// The template's id, where WhatsApp says it.
    #[serde(skip_serializing_if = "str::is_empty")]
    element_name: &'a str,
    content_text: &'a str,
    footer: &'a str,
    buttons: Vec<TemplateButtonData<'a>>,
    #[serde(flatten)]
    forwarded: Forwarded,
}

#[derive(Serialize)]
struct TemplateButtonData<'a> {
    index: u32,
    #[serde(flatten)]
    does: Does<'a>,
}

#[derive(Serialize)]
#[serde(rename_all_fields = "camelCase")]
enum Does<'a> {
    #[serde(rename = "urlButton")]
    Open { display_text: &'a str, url: &'a str },
    #[serde(rename = "callButton")]
    Call { display_text: &'a str, phone_number: &'a str },
    #[serde(rename = "quickReplyButton")]
    Answer { display_text: &'a str, id: &'a str },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct InteractiveData<'a> {
    title_text: &'a str,
    content_text: &'a str,
    footer_text: &'a str,
    buttons: Vec<InteractiveButtonData<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InteractiveButtonData<'a> {
    /// Not of buttons that answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<&'static str>,
    button_id: String,
    button_text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    copy_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
}

/// Whether every button answers: then the vendor has another name for the message.
pub(super) fn answers_only(menu: &InteractiveButtons) -> bool {
    menu.buttons.iter().all(|button| matches!(button.deed, ButtonDeed::Reply(_)))
}

impl<'a> ButtonsData<'a> {
    pub(super) fn of(menu: &'a ButtonMenu, forwarded: Forwarded) -> Self {
        Self {
            content_text: &menu.text,
            footer: &menu.footer,
            buttons: menu.buttons.iter().map(ButtonData::of).collect(),
            forwarded,
        }
    }
}

impl<'a> ButtonData<'a> {
    fn of(button: &'a Button) -> Self {
        Self { button_id: &button.id, button_text: &button.text }
    }
}

impl<'a> ListData<'a> {
    pub(super) fn of(list: &'a List, forwarded: Forwarded) -> Self {
        Self {
            content_text: &list.text,
            title: &list.title,
            footer: &list.footer,
            button_text: &list.button,
            sections: list.sections.iter().map(SectionData::of).collect(),
            forwarded,
        }
    }
}

impl<'a> SectionData<'a> {
    fn of(section: &'a ListSection) -> Self {
        Self { title: &section.title, rows: section.rows.iter().map(RowData::of).collect() }
    }
}

impl<'a> RowData<'a> {
    fn of(row: &'a ListRow) -> Self {
        Self { title: &row.title, row_id: &row.id, description: &row.description }
    }
}

impl<'a> TemplateData<'a> {
    pub(super) fn of(template: &'a Template, forwarded: Forwarded) -> Self {
        Self {
            element_name: &template.id,
            content_text: &template.text,
            footer: &template.footer,
            buttons: template.buttons.iter().map(TemplateButtonData::of).collect(),
            forwarded,
        }
    }
}

impl<'a> TemplateButtonData<'a> {
    fn of(button: &'a TemplateButton) -> Self {
        let display_text = &*button.text;
        let does = match &button.deed {
            ButtonDeed::Open(url) => Does::Open { display_text, url },
            ButtonDeed::Call(phone_number) => Does::Call { display_text, phone_number },
            // Templates have no button that copies, and the vendor no word for one.
            ButtonDeed::Reply(id) | ButtonDeed::Copy(id) => Does::Answer { display_text, id },
        };
        Self { index: button.index, does }
    }
}

impl<'a> InteractiveData<'a> {
    pub(super) fn of(menu: &'a InteractiveButtons) -> Self {
        Self {
            title_text: &menu.title,
            content_text: &menu.text,
            footer_text: &menu.footer,
            buttons: menu.buttons.iter().map(InteractiveButtonData::of).collect(),
        }
    }
}

impl<'a> InteractiveButtonData<'a> {
    fn of(button: &'a TemplateButton) -> Self {
        let data = |r#type, button_id| Self {
            r#type,
            button_id,
            button_text: &button.text,
            copy_code: None,
            phone_number: None,
            url: None,
        };
        let place = || button.index.to_string();
        match &button.deed {
            ButtonDeed::Reply(id) => data(None, id.to_string()),
            ButtonDeed::Open(url) => Self { url: Some(url), ..data(Some("url"), place()) },
            ButtonDeed::Call(number) => {
                Self { phone_number: Some(number), ..data(Some("call"), place()) }
            }
            ButtonDeed::Copy(code) => Self { copy_code: Some(code), ..data(Some("copy"), place()) },
        }
    }
}
