//! A message of each kind, as the journal has it.

use waygate_core::message::address::Address;
use waygate_core::message::content::*;
use waygate_core::message::media::{Media, MediaFile, MediaKind};
use waygate_core::message::{Message, MessageId, Quoted};

pub(super) fn address(text: &str) -> Address {
    text.parse().unwrap()
}

pub(super) fn ann() -> Address {
    address("15550002222@s.whatsapp.net")
}

fn id(text: &str) -> MessageId {
    MessageId(text.into())
}

/// From Ann, in a chat of two.
pub(super) fn message(content: Content) -> Message {
    Message {
        id: id("3AA0BB11CC22DD33EE44"),
        chat: ann(),
        sender: ann(),
        sender_hidden: Some(address("98765432101234@lid")),
        sender_name: Some("Ann".into()),
        chat_name: None,
        sent_at_ms: 1_761_000_010_500,
        content,
        quoted: None,
        forwarding_score: 0,
    }
}

/// From Ann, to the group of the team.
pub(super) fn to_team(content: Content) -> Message {
    let chat = address("120363000000000000@g.us");
    Message { chat, chat_name: Some("Team".into()), ..message(content) }
}

pub(super) fn text(body: &str) -> Content {
    Content::Text(Text::plain(body))
}

pub(super) fn quoting(content: Content, quoted: Option<Content>) -> Message {
    let quoted = Quoted {
        id: id("BAE50011223344AA"),
        sender: Some(address("15550001111@s.whatsapp.net")),
        content: quoted.map(Box::new),
    };
    Message { quoted: Some(quoted), ..message(content) }
}

pub(super) fn media(kind: MediaKind, mime: &str) -> Media {
    Media {
        kind,
        mime: mime.into(),
        caption: "a caption".into(),
        file_name: if kind == MediaKind::Document { "plan.pdf".into() } else { "".into() },
        thumbnail: "/9j/".into(),
        bytes: 6,
        seconds: 0,
        animated: kind == MediaKind::Sticker,
        view_once: false,
        file: Some(MediaFile {
            path: "/v/canary".into(),
            key: "canary".into(),
            sha256: "canary".into(),
            encrypted_sha256: "canary".into(),
        }),
    }
}

pub(super) fn location() -> Location {
    Location {
        latitude: 52.5.try_into().unwrap(),
        longitude: (-13.25).try_into().unwrap(),
        name: "Office".into(),
        address: "1 Example Street".into(),
        thumbnail: "/9j/".into(),
        live: false,
    }
}

pub(super) fn contact(name: &str) -> Contact {
    Contact { name: name.into(), vcard: "BEGIN:VCARD\nEND:VCARD".into() }
}

pub(super) fn poll() -> Poll {
    Poll { question: "Lunch?".into(), options: vec!["Yes".into(), "No".into()], several: false }
}

fn preview() -> LinkPreview {
    LinkPreview {
        title: "Example".into(),
        description: "A page".into(),
        thumbnail: "/9j/".into(),
        kind: 0,
    }
}

fn advertisement() -> Advertisement {
    Advertisement {
        title: "Sale".into(),
        body: "Everything".into(),
        media_kind: 1,
        thumbnail: "/9j/".into(),
        thumbnail_url: "https://example.com/a.jpg".into(),
        source_id: "120200".into(),
        source_type: "ad".into(),
        source_url: "https://example.com/ad".into(),
        contains_auto_reply: false,
        shows_attribution: true,
    }
}

fn deed_button(index: u32, text: &str, deed: ButtonDeed) -> TemplateButton {
    TemplateButton { index, text: text.into(), deed }
}

fn deed_buttons() -> Vec<TemplateButton> {
    vec![
        deed_button(1, "Site", ButtonDeed::Open("https://example.com".into())),
        deed_button(2, "Call", ButtonDeed::Call("15550003333".into())),
        deed_button(3, "Yes", ButtonDeed::Reply("yes".into())),
    ]
}

fn interactive(buttons: Vec<TemplateButton>) -> Content {
    Content::InteractiveButtons(InteractiveButtons {
        title: "Title".into(),
        text: "Choose".into(),
        footer: "Footer".into(),
        buttons,
    })
}

fn list() -> List {
    let row = ListRow { id: "1".into(), title: "One".into(), description: "The first".into() };
    List {
        title: "Title".into(),
        text: "Choose".into(),
        footer: "Footer".into(),
        button: "Open".into(),
        sections: vec![ListSection { title: "Part".into(), rows: vec![row] }],
    }
}

/// Each row of the vendor's table of kinds, and what makes it.
pub(super) fn all() -> Vec<(&'static str, Message)> {
    let said = |body: &str, preview, advertisement| {
        Content::Text(Text { body: body.into(), preview, advertisement })
    };
    let file = |kind, mime| message(Content::Media(media(kind, mime)));
    let answered = || Some(id("BAE50011223344AA"));
    let mut rows = vec![
        ("textMessage", message(text("Hello"))),
        ("extendedTextMessage", message(said("https://example.com", Some(preview()), None))),
        (
            "extendedTextMessage of an advertisement",
            message(said("Hi", None, Some(Box::new(advertisement())))),
        ),
        ("quotedMessage", quoting(text("yes, please"), Some(text("Ready?")))),
        ("imageMessage", file(MediaKind::Image, "image/jpeg")),
        ("videoMessage", file(MediaKind::Video, "video/mp4")),
        ("documentMessage", file(MediaKind::Document, "application/pdf")),
        ("audioMessage", file(MediaKind::Voice, "audio/ogg; codecs=opus")),
        ("stickerMessage", file(MediaKind::Sticker, "image/webp")),
        ("locationMessage", message(Content::Location(location()))),
        ("contactMessage", message(Content::Contact(contact("Bob")))),
    ];
    let contacts =
        Contacts { name: "Two".into(), contacts: vec![contact("Bob"), contact("Carol")] };
    let invite = GroupInvite {
        group: address("120363000000000000@g.us"),
        code: "AbCdEf".into(),
        expires_at_s: 1_761_600_000,
        group_name: "Team".into(),
        caption: "Join us".into(),
        thumbnail: "/9j/".into(),
    };
    let reaction = Reaction {
        emoji: "\u{1f44d}".into(),
        to: id("BAE50011223344AA"),
        to_sender: Some(address("15550001111@s.whatsapp.net")),
    };
    let votes = vec![
        OptionVotes { option: "Yes".into(), voters: vec![ann()] },
        OptionVotes { option: "No".into(), voters: vec![] },
    ];
    let vote =
        PollVote { poll: id("BAE50011223344AA"), question: "Lunch?".into(), votes, several: false };
    let edited = |content| Edited { message: id("BAE50011223344AA"), content: Box::new(content) };
    rows.extend([
        ("contactsArrayMessage", message(Content::Contacts(contacts))),
        ("groupInviteMessage", message(Content::GroupInvite(invite))),
        ("reactionMessage", message(Content::Reaction(reaction))),
        ("pollMessage", message(Content::Poll(poll()))),
        ("pollUpdateMessage", message(Content::PollVote(vote))),
        ("editedMessage", message(Content::Edited(edited(text("New words"))))),
        (
            "editedMessage of a file",
            message(Content::Edited(edited(Content::Media(media(MediaKind::Image, "image/jpeg"))))),
        ),
        (
            "deletedMessage",
            message(Content::Deleted(Deleted { message: id("BAE50011223344AA"), sender: None })),
        ),
    ]);
    rows.extend(with_choices(answered));
    rows
}

fn with_choices(answered: impl Fn() -> Option<MessageId>) -> Vec<(&'static str, Message)> {
    let buttons = vec![Button { id: "1".into(), text: "Yes".into() }];
    let menu = ButtonMenu { text: "Choose".into(), footer: "Footer".into(), buttons };
    let template = Template {
        id: "".into(),
        text: "Choose".into(),
        footer: "Footer".into(),
        buttons: deed_buttons(),
    };
    let mut newer = deed_buttons();
    newer.push(deed_button(4, "Copy", ButtonDeed::Copy("CODE".into())));
    let answers_only = vec![deed_button(1, "Yes", ButtonDeed::Reply("yes".into()))];
    let button_reply = ButtonReply { to: answered(), id: "1".into(), text: "Yes".into() };
    let template_reply =
        TemplateReply { to: answered(), index: 3, id: "yes".into(), text: "Yes".into() };
    let newer_reply = InteractiveReply { to: answered(), text: "Yes".into(), id: "yes".into() };
    let list_reply = ListReply { to: answered(), title: "One".into(), id: "1".into() };
    vec![
        ("buttonsMessage", message(Content::Buttons(menu))),
        ("listMessage", message(Content::List(list()))),
        ("templateMessage", message(Content::Template(template))),
        ("interactiveButtons", message(interactive(newer))),
        ("interactiveButtonsReply", message(interactive(answers_only))),
        ("buttonsResponseMessage", message(Content::ButtonReply(button_reply))),
        ("templateButtonReplyMessage", message(Content::TemplateReply(template_reply))),
        (
            "templateButtonReplyMessage of the newer form",
            message(Content::InteractiveReply(newer_reply)),
        ),
        ("listResponseMessage", message(Content::ListReply(list_reply))),
    ]
}
