use serde_json::Value;
use waygate_core::message::call::{CallStep, CallStepped};
use waygate_core::message::content::Content;
use waygate_core::message::media::MediaKind;
use waygate_core::message::status::{Progress, SendFailure, Status, StatusChanged};
use waygate_core::message::{Message, MessageId, Origin, SentMessage};

use super::rows::{self, address, ann, contact, location, media, message, poll, quoting, text};
use super::*;

/// The rows of the contract's table of kinds (5.4).
const KINDS: [&str; 25] = [
    "audioMessage",
    "buttonsMessage",
    "buttonsResponseMessage",
    "contactMessage",
    "contactsArrayMessage",
    "deletedMessage",
    "documentMessage",
    "editedMessage",
    "extendedTextMessage",
    "groupInviteMessage",
    "imageMessage",
    "interactiveButtons",
    "interactiveButtonsReply",
    "listMessage",
    "listResponseMessage",
    "locationMessage",
    "pollMessage",
    "pollUpdateMessage",
    "quotedMessage",
    "reactionMessage",
    "stickerMessage",
    "templateButtonReplyMessage",
    "templateMessage",
    "textMessage",
    "videoMessage",
];

fn received(message: Message) -> String {
    told(Switch::IncomingMessages, EventKind::MessageReceived(Box::new(message)))
}

fn sent(origin: Origin, message: Message) -> String {
    let sent = SentMessage { origin, message };
    told(Switch::ApiMessages, EventKind::MessageSent(Box::new(sent)))
}

/// What stands under this name, in the order in which it stands there.
fn part(told: &str, name: &str) -> String {
    let (_, rest) = told.split_once(&format!(r#""{name}":"#)).unwrap();
    let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
    values.next().unwrap().unwrap();
    rest.get(..values.byte_offset()).unwrap().to_owned()
}

#[test]
fn every_kind_is_told_field_by_field_as_the_vendor_does() {
    let lines: Vec<String> = rows::all()
        .into_iter()
        .map(|(row, message)| {
            let data = part(&received(message), "messageData");
            let kind: Value = serde_json::from_str(&data).unwrap();
            let named = row.split_once(" of ").map_or(row, |(kind, _)| kind);
            assert_eq!(kind["typeMessage"], named);
            format!("{row}\n  {data}")
        })
        .collect();
    insta::assert_snapshot!("every_kind", lines.join("\n"));
}

#[test]
fn no_kind_of_the_contract_is_left_out() {
    let mut told: Vec<String> = rows::all()
        .into_iter()
        .map(|(row, _)| row.split_once(" of ").map_or(row, |(kind, _)| kind).to_owned())
        .collect();
    told.sort_unstable();
    told.dedup();
    let mut kinds = KINDS.to_vec();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(told, kinds);
}

#[test]
fn a_message_is_told_whole() {
    let mut answer = quoting(text("yes, please"), Some(text("Ready?")));
    answer.chat = address("120363000000000000@g.us");
    answer.chat_name = Some("Team".into());
    insta::assert_snapshot!(received(answer));
}

#[test]
fn what_went_is_told_as_what_came_with_this_account_as_its_sender() {
    let went = |content| Message {
        sender: address("15550001111@s.whatsapp.net"),
        sender_hidden: None,
        sender_name: None,
        ..message(content)
    };
    insta::assert_snapshot!(
        "what_went",
        [
            sent(Origin::Phone, went(text("Hello"))),
            // The vendor tells of a text that an API sent in the longer form.
            sent(Origin::Api, went(text("Hello"))),
        ]
        .join("\n")
    );
}

#[test]
fn each_kind_that_is_answered_is_repeated_beside_the_answer() {
    let file = |kind, mime| Content::Media(media(kind, mime));
    let quoted = [
        Some(text("Ready?")),
        Some(file(MediaKind::Image, "image/jpeg")),
        Some(file(MediaKind::Sticker, "image/webp")),
        Some(Content::Contact(contact("Bob"))),
        Some(Content::Location(location())),
        Some(Content::Poll(poll())),
        Some(Content::Other { kind: "eventMessage".into() }),
        None,
    ];
    let lines = quoted.map(|it| part(&received(quoting(text("yes"), it)), "quotedMessage"));
    insta::assert_snapshot!("quoted", lines.join("\n"));
    let picture = quoting(file(MediaKind::Image, "image/jpeg"), Some(text("Ready?")));
    let data = part(&received(picture), "messageData");
    assert!(data.starts_with(r#"{"typeMessage":"imageMessage","fileMessageData":{"#), "{data}");
    assert!(data.contains(r#","quotedMessage":{"stanzaId":"BAE50011223344AA","#), "{data}");
}

#[test]
fn a_choice_says_from_what_it_was_made_and_repeats_nothing_of_it() {
    let choices = ["buttonsResponseMessage", "templateButtonReplyMessage", "listResponseMessage"];
    let rows =
        rows::all().into_iter().filter(|(row, _)| choices.iter().any(|it| row.starts_with(it)));
    let mut count = 0;
    for (row, choice) in rows {
        let data = part(&received(choice.clone()), "messageData");
        assert!(data.contains(r#""stanzaId":"BAE50011223344AA""#), "{row}");
        let of_menu = Message { quoted: quoting(text(""), Some(text("Choose"))).quoted, ..choice };
        assert_eq!(part(&received(of_menu), "messageData"), data, "{row}");
        count += 1;
    }
    assert_eq!(count, 4);
}

#[test]
fn what_was_passed_on_says_how_often() {
    let passed_on = Message { forwarding_score: 4, ..message(text("Hello")) };
    insta::assert_snapshot!(
        part(&received(passed_on), "messageData"),
        @r#"{"typeMessage":"extendedTextMessage","extendedTextMessageData":{"text":"Hello","description":"","title":"","jpegThumbnail":"","isForwarded":true,"forwardingScore":4}}"#
    );
}

#[test]
fn a_kind_that_nobody_can_read_is_told_as_a_text_that_is_not_there() {
    let other = message(Content::Other { kind: "eventMessage".into() });
    insta::assert_snapshot!(
        part(&received(other), "messageData"),
        @r#"{"typeMessage":"textMessage","textMessageData":{"textMessage":"{{SWE001}}"}}"#
    );
}

#[test]
fn a_file_without_an_address_is_told_without_one() {
    let told = |file| {
        let telling = Telling { file, ..telling() };
        let picture = message(Content::Media(media(MediaKind::Image, "image/jpeg")));
        let kind = EventKind::MessageReceived(Box::new(picture));
        part(&told_beside(Switch::IncomingMessages, kind, &telling), "downloadUrl")
    };
    assert_eq!(told(FileAddress::TooLarge), r#""{{SWE002}}""#);
    assert_eq!(told(FileAddress::Unknown), r#""""#);
}

#[test]
fn with_what_a_file_is_opened_is_nobodys_business() {
    for (row, message) in rows::all() {
        assert!(!received(message).contains("canary"), "{row}");
    }
}

#[test]
fn people_are_named_by_their_hidden_ids_where_the_settings_want_it() {
    let senders = |message: Message, hidden_ids| {
        let telling = Telling { hidden_ids, ..telling() };
        let kind = EventKind::MessageReceived(Box::new(message));
        part(&told_beside(Switch::IncomingMessages, kind, &telling), "senderData")
    };
    let lines = [
        senders(message(text("Hello")), false),
        senders(message(text("Hello")), true),
        senders(rows::to_team(text("Hello")), true),
        // Where WhatsApp did not tell the number, or not the id, there is nothing to choose.
        senders(Message { sender_hidden: None, ..message(text("Hello")) }, true),
        senders(
            Message {
                chat: address("98765432101234@lid"),
                sender: address("98765432101234@lid"),
                sender_hidden: None,
                sender_name: None,
                ..message(text("Hello"))
            },
            false,
        ),
    ];
    insta::assert_snapshot!("senders", lines.join("\n"));
}

#[test]
fn every_status_has_its_word() {
    let told = |status| {
        let id = MessageId("BAE50011223344AA".into());
        let changed = StatusChanged { id, chat: ann(), status, by_api: true, by: None };
        told(Switch::OutgoingStatus, EventKind::MessageStatus(changed))
    };
    insta::assert_snapshot!(told(Status::Reached(Progress::Delivered)), @r#"{"typeWebhook":"outgoingMessageStatus","chatId":"15550002222@c.us","instanceData":{"idInstance":1105600123,"wid":"15550001111@c.us","typeInstance":"whatsapp"},"timestamp":1761000000,"idMessage":"BAE50011223344AA","status":"delivered","sendByApi":true}"#);
    assert_eq!(told(Status::Reached(Progress::Queued)), "null");
    let statuses = [
        Status::Reached(Progress::Sent),
        Status::Reached(Progress::Delivered),
        Status::Reached(Progress::Read),
        Status::Reached(Progress::Played),
        Status::Failed(SendFailure::NoAccount),
        Status::Failed(SendFailure::NotInGroup),
        Status::Failed(SendFailure::Restricted),
        Status::Failed(SendFailure::Expired),
        Status::Failed(SendFailure::Cleared),
        Status::Failed(SendFailure::Refused(Some(479))),
        Status::Failed(SendFailure::Fault),
    ];
    let words = statuses.map(|status| {
        let told = told(status);
        told.split_once(r#""status":"#).unwrap().1.to_owned()
    });
    insta::assert_snapshot!("statuses", words.join("\n"));
}

#[test]
fn every_step_of_a_call_has_its_word() {
    let told = |step| {
        let call = CallStepped {
            id: "7C00112233445566778899AABBCCDD00".into(),
            from: ann(),
            group: None,
            video: false,
            step,
        };
        told(Switch::IncomingCalls, EventKind::Call(call))
    };
    insta::assert_snapshot!(told(CallStep::Offered), @r#"{"from":"15550002222@c.us","typeWebhook":"incomingCall","instanceData":{"idInstance":1105600123,"wid":"15550001111@c.us","typeInstance":"whatsapp"},"status":"offer","timestamp":1761000000,"idMessage":"7C00112233445566778899AABBCCDD00"}"#);
    let steps = [
        CallStep::Offered,
        CallStep::Accepted,
        CallStep::Declined,
        CallStep::Missed,
        CallStep::Ended,
    ];
    let words = steps.map(|step| part(&told(step), "status"));
    insta::assert_snapshot!(words.join(" "), @r#""offer" "pickUp" "declined" "missed" "hangUp""#);
}
