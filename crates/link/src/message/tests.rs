use waygate_core::message::content::{Content, Deleted, Reaction};
use whatsapp_rust::buffa::MessageField;
use whatsapp_rust::wacore::types::message::MessageSource;
use whatsapp_rust::waproto::whatsapp as wa;
use whatsapp_rust::waproto::whatsapp::message as kinds;
use whatsapp_rust::waproto::whatsapp::message::protocol_message::Type as ProtocolType;

use super::samples::*;
use super::*;

/// A message with one field.
macro_rules! with {
    ($field:ident: $value:expr) => {
        wa::Message { $field: MessageField::some($value), ..wa::Message::default() }
    };
}

#[expect(clippy::unnecessary_wraps, reason = "fields are optional")]
fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn who_wrote_what_where_is_told_without_devices() {
    let message = told(text("hello"), from_other()).unwrap();
    assert_eq!(message.id.as_str(), "3AA0BB11CC22DD33EE44");
    assert_eq!(message.chat.to_wire(), OTHER);
    assert_eq!(message.sender.to_wire(), OTHER);
    assert_eq!(message.sender_name.as_deref(), Some("Ann"));
    assert_eq!(message.sent_at_ms, 1_800_000_000_000);
    let message = told(text("hello"), in_group()).unwrap();
    assert_eq!((message.chat.to_wire(), message.sender.to_wire()), (GROUP.into(), OTHER.into()));
    let phone = arrived(&inbound(text("hello"), from_phone()), Some(&own())).unwrap();
    let Arrived::SentElsewhere(message) = phone else { panic!("{phone:?}") };
    assert_eq!((message.chat.to_wire(), message.sender.to_wire()), (OTHER.into(), OWN.into()));
}

#[test]
fn people_are_named_by_number_where_whatsapp_told_it() {
    let hidden = Some(jid(OTHER_HIDDEN));
    let number = Some(jid(OTHER));
    let by_hidden = MessageSource {
        chat: jid(OTHER_HIDDEN),
        sender: jid("98765432101234:3@lid"),
        sender_alt: number.clone(),
        ..MessageSource::default()
    };
    let unknown = MessageSource { sender_alt: None, ..by_hidden.clone() };
    let by_number = MessageSource { sender_alt: hidden, ..from_other() };
    let in_group = MessageSource { chat: jid(GROUP), is_group: true, ..by_hidden.clone() };
    for (source, chat, sender, told_hidden) in [
        (by_hidden, OTHER, OTHER, Some(OTHER_HIDDEN)),
        (by_number, OTHER, OTHER, Some(OTHER_HIDDEN)),
        (in_group, GROUP, OTHER, Some(OTHER_HIDDEN)),
        (unknown, OTHER_HIDDEN, OTHER_HIDDEN, None),
    ] {
        let message = told(text("hello"), source).unwrap();
        assert_eq!(
            (message.chat.to_wire(), message.sender.to_wire()),
            (chat.into(), sender.into())
        );
        assert_eq!(message.sender_hidden.map(|it| it.to_wire()).as_deref(), told_hidden);
    }
    let mut from_phone =
        inbound(text("hello"), MessageSource { chat: jid(OTHER_HIDDEN), ..from_phone() });
    std::sync::Arc::make_mut(&mut from_phone.info).peer_recipient_pn = number;
    let phone = arrived(&from_phone, Some(&own())).unwrap();
    let Arrived::SentElsewhere(message) = phone else { panic!("{phone:?}") };
    assert_eq!(message.chat.to_wire(), OTHER);
}

#[test]
fn a_business_is_called_what_whatsapp_confirmed_where_it_says_nothing_itself() {
    let mut from_business = inbound(text("hello"), from_other());
    let info = std::sync::Arc::make_mut(&mut from_business.info);
    info.push_name = String::new();
    let Some(Arrived::Received(message)) = arrived(&from_business, None) else { panic!("nothing") };
    assert_eq!(message.sender_name, None);
}

#[test]
fn words_are_told_with_what_is_shown_beside_them() {
    let extended = |text: kinds::ExtendedTextMessage| said(with!(extended_text_message: text));
    assert_eq!(said(text("hello")), r#"{"text":{"body":"hello"}}"#);
    let plain = kinds::ExtendedTextMessage { text: some("hi"), ..Default::default() };
    assert_eq!(extended(plain.clone()), r#"{"text":{"body":"hi"}}"#);
    let linked = kinds::ExtendedTextMessage {
        matched_text: some("https://example.com"),
        title: some("Example"),
        description: some("A page"),
        jpeg_thumbnail: Some(vec![1, 2, 3]),
        preview_type: Some(kinds::extended_text_message::PreviewType::IMAGE),
        ..plain.clone()
    };
    assert_eq!(
        extended(linked),
        concat!(
            r#"{"text":{"body":"hi","preview":{"title":"Example","description":"A page","#,
            r#""thumbnail":"AQID","kind":5}}}"#
        )
    );
    let shown = wa::context_info::ExternalAdReplyInfo {
        title: some("Sale"),
        media_type: Some(wa::context_info::external_ad_reply_info::MediaType::IMAGE),
        source_id: some("42"),
        show_ad_attribution: Some(true),
        ..Default::default()
    };
    let context =
        wa::ContextInfo { external_ad_reply: MessageField::some(shown), ..Default::default() };
    let from_ad = kinds::ExtendedTextMessage { context_info: MessageField::some(context), ..plain };
    let told: serde_json::Value = serde_json::from_str(&extended(from_ad)).unwrap();
    let ad = &told["text"]["advertisement"];
    assert_eq!((&ad["title"], &ad["media_kind"]), (&"Sale".into(), &1.into()));
    assert_eq!((&ad["source_id"], &ad["shows_attribution"]), (&"42".into(), &true.into()));
}

fn picture() -> kinds::ImageMessage {
    kinds::ImageMessage {
        mimetype: some("image/jpeg"),
        caption: some("look"),
        file_length: Some(7),
        direct_path: some("/v/t62"),
        media_key: Some(vec![1]),
        file_sha256: Some(vec![2]),
        file_enc_sha256: Some(vec![3]),
        ..Default::default()
    }
}

#[test]
fn every_kind_of_file_is_told_with_what_it_takes_to_read_it() {
    let media = |message| {
        let Content::Media(media) = told(message, from_other()).unwrap().content else { panic!() };
        let kind = serde_json::to_string(&media.kind).unwrap();
        (kind, media.caption.to_string(), media.view_once, media.animated)
    };
    let file = |name: &str, caption: &str| (format!("{name:?}"), caption.to_owned());
    let is = |(kind, caption): (String, String), view_once, animated| {
        (kind, caption, view_once, animated)
    };
    let video = || kinds::VideoMessage {
        caption: some("v"),
        gif_playback: Some(true),
        ..Default::default()
    };
    let sound = |ptt| kinds::AudioMessage { ptt: Some(ptt), ..Default::default() };
    let document = || kinds::DocumentMessage { caption: some("d"), ..Default::default() };
    let sticker = || kinds::StickerMessage { is_animated: Some(true), ..Default::default() };
    for (message, expected) in [
        (with!(image_message: picture()), is(file("image", "look"), false, false)),
        (with!(video_message: video()), is(file("video", "v"), false, true)),
        (with!(ptv_message: video()), is(file("round_video", "v"), false, true)),
        (with!(audio_message: sound(false)), is(file("audio", ""), false, false)),
        (with!(audio_message: sound(true)), is(file("voice", ""), false, false)),
        (with!(document_message: document()), is(file("document", "d"), false, false)),
        (with!(sticker_message: sticker()), is(file("sticker", ""), false, true)),
        (
            wa::Message {
                view_once_message_v2: wrapped(with!(image_message: picture())),
                ..Default::default()
            },
            is(file("image", "look"), true, false),
        ),
        (
            wa::Message {
                ephemeral_message: wrapped(wa::Message {
                    document_with_caption_message: wrapped(with!(document_message: document())),
                    ..Default::default()
                }),
                ..Default::default()
            },
            is(file("document", "d"), false, false),
        ),
    ] {
        assert_eq!(media(message), expected);
    }
    let Content::Media(media) =
        told(with!(image_message: picture()), from_other()).unwrap().content
    else {
        panic!()
    };
    let file = serde_json::to_string(&media.file).unwrap();
    assert_eq!(file, r#"{"path":"/v/t62","key":"AQ==","sha256":"Ag==","encrypted_sha256":"Aw=="}"#);
    let keyless = kinds::ImageMessage { media_key: None, ..picture() };
    let Content::Media(media) = told(with!(image_message: keyless), from_other()).unwrap().content
    else {
        panic!()
    };
    assert!(media.file.is_none());
}

#[test]
fn places_contacts_and_invitations_are_told() {
    let location = kinds::LocationMessage {
        degrees_latitude: Some(-33.5),
        degrees_longitude: Some(f64::NAN),
        name: some("Here"),
        ..Default::default()
    };
    assert_eq!(
        said(with!(location_message: location)),
        concat!(
            r#"{"location":{"latitude":-33.5,"longitude":0.0,"name":"Here","address":"","#,
            r#""thumbnail":"","live":false}}"#
        )
    );
    let moving = kinds::LiveLocationMessage { degrees_latitude: Some(1.0), ..Default::default() };
    assert!(said(with!(live_location_message: moving)).contains(r#""live":true"#));
    let contact = || kinds::ContactMessage {
        display_name: some("Bob"),
        vcard: some("BEGIN:VCARD"),
        ..Default::default()
    };
    let one = r#"{"name":"Bob","vcard":"BEGIN:VCARD"}"#;
    assert_eq!(said(with!(contact_message: contact())), format!(r#"{{"contact":{one}}}"#));
    let several = kinds::ContactsArrayMessage {
        display_name: some("2 contacts"),
        contacts: vec![contact(), contact()],
        ..Default::default()
    };
    assert_eq!(
        said(with!(contacts_array_message: several)),
        format!(r#"{{"contacts":{{"name":"2 contacts","contacts":[{one},{one}]}}}}"#)
    );
    let invite = kinds::GroupInviteMessage {
        group_jid: some(GROUP),
        invite_code: some("abc"),
        invite_expiration: Some(1_800_000_000),
        group_name: some("Team"),
        ..Default::default()
    };
    assert_eq!(
        said(with!(group_invite_message: invite)),
        concat!(
            r#"{"group_invite":{"group":"120363000000000000@g.us","code":"abc","#,
            r#""expires_at_s":1800000000,"group_name":"Team","caption":"","thumbnail":""}}"#
        )
    );
}

#[test]
fn reactions_and_deletions_say_whose_message_it_was() {
    let reaction = |key| with!(reaction_message: kinds::ReactionMessage { key, text: some("+"), ..Default::default() });
    let deletion = |key| with!(protocol_message: kinds::ProtocolMessage { key, r#type: Some(ProtocolType::REVOKE), ..Default::default() });
    let whose = |message, source| {
        let (Content::Reaction(Reaction { to_sender: whose, .. })
        | Content::Deleted(Deleted { sender: whose, .. })) = told(message, source).unwrap().content
        else {
            panic!("neither")
        };
        whose.map(|it| it.to_wire())
    };
    for (from_me, participant, source, expected) in [
        (true, None, from_other(), Some(OTHER)),
        (false, None, from_other(), Some(OWN)),
        (true, None, from_phone(), Some(OWN)),
        (false, None, from_phone(), Some(OTHER)),
        (false, Some(THIRD), in_group(), Some(THIRD)),
        (true, None, in_group(), Some(OTHER)),
        (false, None, in_group(), None),
    ] {
        let key = || key("3AA1", from_me, participant);
        assert_eq!(whose(reaction(key()), source.clone()).as_deref(), expected);
        assert_eq!(whose(deletion(key()), source).as_deref(), expected);
    }
    let taken_back = said(reaction(key("3AA1", true, None)));
    assert_eq!(
        taken_back,
        r#"{"reaction":{"emoji":"+","to":"3AA1","to_sender":"15550002222@s.whatsapp.net"}}"#
    );
}

#[test]
fn an_edit_is_told_with_its_new_words_in_each_of_its_forms() {
    let edit = || kinds::ProtocolMessage {
        key: key("3AA1", true, None),
        r#type: Some(ProtocolType::MESSAGE_EDIT),
        edited_message: MessageField::some(text("better")),
        ..Default::default()
    };
    let expected = r#"{"edited":{"message":"3AA1","content":{"text":{"body":"better"}}}}"#;
    assert_eq!(said(with!(protocol_message: edit())), expected);
    let inner = with!(protocol_message: edit());
    assert_eq!(
        said(wa::Message { edited_message: wrapped(inner), ..Default::default() }),
        expected
    );
    let picture = kinds::ProtocolMessage {
        edited_message: MessageField::some(with!(image_message: picture())),
        ..edit()
    };
    assert!(said(with!(protocol_message: picture)).contains(r#""caption":"look""#));
}

#[test]
fn polls_are_told_in_each_of_their_forms() {
    let option = |name| kinds::poll_creation_message::Option {
        option_name: some(name),
        ..Default::default()
    };
    let poll = |count| kinds::PollCreationMessage {
        name: some("When?"),
        options: vec![option("now"), option("later")],
        selectable_options_count: Some(count),
        ..Default::default()
    };
    let expected = |several: bool| {
        format!(
            r#"{{"poll":{{"question":"When?","options":["now","later"],"several":{several}}}}}"#
        )
    };
    assert_eq!(said(with!(poll_creation_message: poll(0))), expected(true));
    assert_eq!(said(with!(poll_creation_message_v2: poll(2))), expected(true));
    assert_eq!(said(with!(poll_creation_message_v3: poll(1))), expected(false));
    let wrapped = wrapped(with!(poll_creation_message_v3: poll(1)));
    assert_eq!(
        said(wa::Message { poll_creation_message_v4: wrapped, ..Default::default() }),
        expected(false)
    );
    assert_eq!(said(with!(poll_creation_message_v5: poll(1))), expected(false));
    let vote = kinds::PollUpdateMessage {
        poll_creation_message_key: key("3AA1", false, None),
        ..Default::default()
    };
    assert!(said(with!(poll_update_message: vote)).starts_with(r#"{"poll_vote":{"poll":"3AA1""#));
}

#[test]
fn what_is_quoted_is_told_with_what_it_said() {
    let context = wa::ContextInfo {
        stanza_id: some("3AA1"),
        participant: some("15550001111:7@s.whatsapp.net"),
        quoted_message: MessageField::some(text("ready?")),
        forwarding_score: Some(3),
        is_forwarded: Some(true),
        ..Default::default()
    };
    let answer = kinds::ExtendedTextMessage {
        text: some("yes"),
        context_info: MessageField::some(context.clone()),
        ..Default::default()
    };
    let message = told(with!(extended_text_message: answer), from_other()).unwrap();
    let quoted = message.quoted.unwrap();
    assert_eq!((quoted.id.as_str(), message.forwarding_score), ("3AA1", 3));
    assert_eq!(quoted.sender.unwrap().to_wire(), OWN);
    assert_eq!(serde_json::to_string(&quoted.content).unwrap(), r#"{"text":{"body":"ready?"}}"#);
    let passed_on = wa::ContextInfo { is_forwarded: Some(true), ..Default::default() };
    let image = kinds::ImageMessage { context_info: MessageField::some(passed_on), ..picture() };
    let message = told(with!(image_message: image), from_other()).unwrap();
    assert_eq!((message.quoted, message.forwarding_score), (None, 1));
}

#[test]
fn what_is_nobodys_news_is_not_told() {
    let protocol = |kind| with!(protocol_message: kinds::ProtocolMessage { r#type: Some(kind), ..Default::default() });
    for message in [
        wa::Message::default(),
        with!(sender_key_distribution_message: kinds::SenderKeyDistributionMessage::default()),
        with!(message_context_info: wa::MessageContextInfo::default()),
        protocol(ProtocolType::APP_STATE_SYNC_KEY_SHARE),
        protocol(ProtocolType::HISTORY_SYNC_NOTIFICATION),
        protocol(ProtocolType::EPHEMERAL_SETTING),
        protocol(ProtocolType::PEER_DATA_OPERATION_REQUEST_MESSAGE),
    ] {
        assert_eq!(said(message), "");
    }
    let from_bot = MessageSource { chat: jid("1@bot"), sender: jid("1@bot"), ..Default::default() };
    assert_eq!(told(text("hello"), from_bot), None, "no address of ours leads there");
}

#[test]
fn what_is_not_read_is_told_by_its_name() {
    for (message, name) in [
        (with!(event_message: kinds::EventMessage::default()), "eventMessage"),
        (with!(order_message: kinds::OrderMessage::default()), "orderMessage"),
        (
            with!(secret_encrypted_message: kinds::SecretEncryptedMessage::default()),
            "secretEncryptedMessage",
        ),
        (with!(group_invite_message: kinds::GroupInviteMessage::default()), "groupInviteMessage"),
    ] {
        assert_eq!(said(message), format!(r#"{{"other":{{"kind":"{name}"}}}}"#));
    }
}
