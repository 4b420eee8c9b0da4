//! Buttons, lists, and what people answer with them.

use whatsapp_rust::buffa::MessageField;
use whatsapp_rust::waproto::whatsapp as wa;
use whatsapp_rust::waproto::whatsapp::hydrated_template_button as template;
use whatsapp_rust::waproto::whatsapp::message as kinds;

use super::samples::said;

macro_rules! with {
    ($field:ident: $value:expr) => {
        wa::Message { $field: MessageField::some($value), ..wa::Message::default() }
    };
}

#[expect(clippy::unnecessary_wraps, reason = "fields are optional")]
fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// What an answer says of the message that it answers.
fn answering() -> MessageField<wa::ContextInfo> {
    MessageField::some(wa::ContextInfo { stanza_id: some("3AA1"), ..Default::default() })
}

#[test]
fn buttons_and_lists_are_told_in_their_order() {
    let button = kinds::buttons_message::Button {
        button_id: some("1"),
        button_text: MessageField::some(kinds::buttons_message::button::ButtonText {
            display_text: some("Yes"),
        }),
        ..Default::default()
    };
    let buttons = kinds::ButtonsMessage {
        content_text: some("Sure?"),
        footer_text: some("shop"),
        buttons: vec![button],
        ..Default::default()
    };
    assert_eq!(
        said(with!(buttons_message: buttons)),
        r#"{"buttons":{"text":"Sure?","footer":"shop","buttons":[{"id":"1","text":"Yes"}]}}"#
    );
    let row = kinds::list_message::Row {
        title: some("Red"),
        row_id: some("r"),
        description: some("warm"),
    };
    let section = kinds::list_message::Section { title: some("Colours"), rows: vec![row] };
    let list = kinds::ListMessage {
        title: some("T"),
        description: some("Choose"),
        button_text: some("Open"),
        sections: vec![section],
        ..Default::default()
    };
    assert_eq!(
        said(with!(list_message: list)),
        concat!(
            r#"{"list":{"title":"T","text":"Choose","footer":"","button":"Open","sections":[{"#,
            r#""title":"Colours","rows":[{"id":"r","title":"Red","description":"warm"}]}]}}"#
        )
    );
}

#[test]
fn a_template_is_told_with_what_its_buttons_do() {
    let numbered = |index, button| wa::HydratedTemplateButton {
        index: Some(index),
        hydrated_button: Some(button),
    };
    let reply = template::HydratedQuickReplyButton { display_text: some("A"), id: some("a") };
    let open = template::HydratedURLButton {
        display_text: some("B"),
        url: some("https://example.com"),
        ..Default::default()
    };
    let call = template::HydratedCallButton {
        display_text: some("C"),
        phone_number: some("+15550002222"),
    };
    let rows = kinds::template_message::HydratedFourRowTemplate {
        hydrated_content_text: some("Hi"),
        hydrated_buttons: vec![
            numbered(1, template::HydratedButton::QuickReplyButton(reply.into())),
            numbered(2, template::HydratedButton::UrlButton(open.into())),
            numbered(3, template::HydratedButton::CallButton(call.into())),
        ],
        template_id: some("7"),
        ..Default::default()
    };
    let expected = concat!(
        r#"{"template":{"id":"7","text":"Hi","footer":"","buttons":["#,
        r#"{"index":1,"text":"A","deed":{"reply":"a"}},"#,
        r#"{"index":2,"text":"B","deed":{"open":"https://example.com"}},"#,
        r#"{"index":3,"text":"C","deed":{"call":"+15550002222"}}]}}"#
    );
    let hydrated = MessageField::some(rows.clone());
    let newer = kinds::TemplateMessage { hydrated_template: hydrated, ..Default::default() };
    assert_eq!(said(with!(template_message: newer)), expected);
    let format = kinds::template_message::Format::HydratedFourRowTemplate(rows.into());
    let older = kinds::TemplateMessage { format: Some(format), ..Default::default() };
    assert_eq!(said(with!(template_message: older)), expected);
    let empty = kinds::TemplateMessage::default();
    assert_eq!(said(with!(template_message: empty)), r#"{"other":{"kind":"templateMessage"}}"#);
}

#[test]
fn buttons_of_the_newer_form_are_read_from_what_programs_wrote() {
    use kinds::interactive_message as shown;
    let button = |name: &str, params: &str| shown::native_flow_message::NativeFlowButton {
        name: some(name),
        button_params_json: some(params),
    };
    let flow = shown::NativeFlowMessage {
        buttons: vec![
            button("quick_reply", r#"{"display_text":"A","id":"a"}"#),
            button("single_select", r#"{"title":"B"}"#),
            button("cta_copy", r#"{"display_text":"C","copy_code":"42"}"#),
            button("cta_url", "not JSON"),
        ],
        ..Default::default()
    };
    let body = shown::Body { text: some("Hi") };
    let message = kinds::InteractiveMessage {
        body: MessageField::some(body),
        interactive_message: Some(shown::InteractiveMessage::NativeFlowMessage(flow.into())),
        ..Default::default()
    };
    assert_eq!(
        said(with!(interactive_message: message)),
        concat!(
            r#"{"interactive_buttons":{"title":"","text":"Hi","footer":"","buttons":["#,
            r#"{"index":0,"text":"A","deed":{"reply":"a"}},"#,
            r#"{"index":2,"text":"C","deed":{"copy":"42"}},"#,
            r#"{"index":3,"text":"","deed":{"open":""}}]}}"#
        )
    );
}

#[test]
fn answers_say_which_message_and_which_button() {
    let button = kinds::ButtonsResponseMessage {
        selected_button_id: some("1"),
        context_info: answering(),
        response: Some(kinds::buttons_response_message::Response::SelectedDisplayText(
            "Yes".into(),
        )),
        ..Default::default()
    };
    assert_eq!(
        said(with!(buttons_response_message: button)),
        r#"{"button_reply":{"to":"3AA1","id":"1","text":"Yes"}}"#
    );
    let template = kinds::TemplateButtonReplyMessage {
        selected_id: some("a"),
        selected_display_text: some("A"),
        context_info: answering(),
        selected_index: Some(2),
        ..Default::default()
    };
    assert_eq!(
        said(with!(template_button_reply_message: template)),
        r#"{"template_reply":{"to":"3AA1","index":2,"id":"a","text":"A"}}"#
    );
    let chosen = kinds::list_response_message::SingleSelectReply { selected_row_id: some("r") };
    let list = kinds::ListResponseMessage {
        title: some("Red"),
        single_select_reply: MessageField::some(chosen),
        context_info: answering(),
        ..Default::default()
    };
    assert_eq!(
        said(with!(list_response_message: list)),
        r#"{"list_reply":{"to":"3AA1","title":"Red","id":"r"}}"#
    );
    let flow = kinds::interactive_response_message::NativeFlowResponseMessage {
        params_json: some(r#"{"id":"a"}"#),
        ..Default::default()
    };
    let body = kinds::interactive_response_message::Body { text: some("A"), ..Default::default() };
    let interactive = kinds::InteractiveResponseMessage {
        body: MessageField::some(body),
        context_info: answering(),
        interactive_response_message: Some(
            kinds::interactive_response_message::InteractiveResponseMessage::NativeFlowResponseMessage(flow.into()),
        ),
    };
    assert_eq!(
        said(with!(interactive_response_message: interactive)),
        r#"{"interactive_reply":{"to":"3AA1","text":"A","id":"a"}}"#
    );
}
