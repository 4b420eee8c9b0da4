use waygate_core::message::SentMessage;
use waygate_core::message::content::{OptionVotes, Text};
use waygate_core::message::media::{Media, MediaKind};

use super::*;

fn address(text: &str) -> Address {
    text.parse().unwrap()
}

fn id(text: &str) -> MessageId {
    MessageId(text.into())
}

/// From Ann, in a chat of two.
fn message(content: Content) -> Message {
    Message {
        id: id("3EB0AA11"),
        chat: address("15550100777@s.whatsapp.net"),
        sender: address("15550100777@s.whatsapp.net"),
        sender_hidden: Some(address("220000000002@lid")),
        sender_name: Some("Ann".into()),
        chat_name: None,
        sent_at_ms: 1_795_253_400_500,
        content,
        quoted: None,
        forwarding_score: 0,
    }
}

fn told(kind: &EventKind) -> Option<String> {
    let telling = Telling {
        account: Some(LinkedAccount { phone: "15550100123".into(), lid: None, device: 3 }),
        hidden_ids: false,
        file: FileAddress::Known("https://gate.example/media/own".into()),
        quoted_file: FileAddress::Unknown,
    };
    let event = message_event(kind, &telling)?;
    Some(format!("{} {}", event.event, serde_json::to_string(&event.payload).unwrap()))
}

fn received(message: Message) -> String {
    told(&EventKind::MessageReceived(Box::new(message))).unwrap()
}

fn text(body: &str) -> Content {
    Content::Text(Text::plain(body))
}

fn picture() -> Content {
    Content::Media(Media {
        kind: MediaKind::Image,
        mime: "image/jpeg".into(),
        caption: "a caption".into(),
        file_name: "".into(),
        thumbnail: "".into(),
        bytes: 6,
        seconds: 0,
        animated: false,
        view_once: false,
        file: None,
    })
}

#[test]
fn every_kind_of_message_has_one_of_the_names_that_the_vendors_receiver_takes() {
    let reaction = Reaction {
        emoji: "\u{1f44d}".into(),
        to: id("3EB0BB22"),
        to_sender: Some(address("15550100123@s.whatsapp.net")),
    };
    let voter = address("15550100777@s.whatsapp.net");
    let vote = PollVote {
        poll: id("3EB0BB22"),
        question: "Colour?".into(),
        votes: vec![
            OptionVotes { option: "Blue".into(), voters: vec![voter] },
            OptionVotes { option: "Red".into(), voters: vec![] },
        ],
        several: false,
    };
    let group = Message { chat: address("120363000000000000@g.us"), ..message(text("Hello")) };
    let quoted = Quoted {
        id: id("3EB0BB22"),
        sender: Some(address("15550100123@s.whatsapp.net")),
        content: Some(Box::new(text("Ready?"))),
    };
    let own = Message {
        sender: address("15550100123@s.whatsapp.net"),
        sender_hidden: None,
        sender_name: None,
        ..message(text("Hello"))
    };
    let sent = SentMessage { origin: Origin::Api, message: own };
    let lines = [
        received(message(text("Hello"))),
        received(group),
        received(Message { quoted: Some(quoted), ..message(text("Yes")) }),
        received(message(picture())),
        told(&EventKind::MessageSent(Box::new(sent))).unwrap(),
        received(message(Content::Reaction(reaction))),
        received(message(Content::PollVote(vote))),
        received(message(Content::Deleted(Deleted { message: id("3EB0BB22"), sender: None }))),
    ];
    insta::assert_snapshot!("messages", lines.join("\n"));
}

#[test]
fn every_status_has_its_number_and_its_name() {
    let told = |status| {
        let chat = address("15550100777@s.whatsapp.net");
        let changed = StatusChanged { id: id("3EB0AA11"), chat, status, by_api: true, by: None };
        told(&EventKind::MessageStatus(changed))
    };
    assert_eq!(told(Status::Reached(Progress::Queued)), None);
    let statuses = [
        Status::Reached(Progress::Sent),
        Status::Reached(Progress::Delivered),
        Status::Reached(Progress::Read),
        Status::Reached(Progress::Played),
        Status::Failed(waygate_core::message::status::SendFailure::NoAccount),
    ];
    let lines = statuses.map(|status| told(status).unwrap());
    insta::assert_snapshot!("statuses", lines.join("\n"));
}

#[test]
fn what_the_vendor_has_no_word_for_is_not_told() {
    assert_eq!(told(&EventKind::NotificationsDropped { count: 1 }), None);
}
