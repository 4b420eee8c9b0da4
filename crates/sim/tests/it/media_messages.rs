//! Messages with files: written by phones, and by companions that do it right or wrong.

use wacore_binary::Jid;
use waproto::{
    buffa::MessageField,
    whatsapp::{
        Message,
        message::{FutureProofMessage, ImageMessage, StickerMessage, VideoMessage},
    },
};
use waygate_sim::{InboxError, MediaError, MediaKind, MediaToSend, Phone, RefusalKind, SendError};

use crate::{
    correspondent::Correspondent,
    linking::NUMBER,
    messages::{OTHER, two_phones},
};

const KINDS: [MediaKind; 5] =
    [MediaKind::Image, MediaKind::Video, MediaKind::Audio, MediaKind::Document, MediaKind::Sticker];

fn file() -> Vec<u8> {
    (0..1_000).map(|place| u8::try_from(place % 251).unwrap()).collect()
}

/// What a companion gets of an image that the phone of the other account has written.
async fn image(other: &Phone, ada: &mut Correspondent) -> ImageMessage {
    other.send_media(NUMBER, &MediaToSend::new(MediaKind::Image, file())).unwrap();
    let stanza = ada.next_message().await;
    let message = ada.read(&stanza).await;
    ada.tell(&stanza, None).await;
    message.image_message.as_option().unwrap().clone()
}

/// Has a companion write a message; its id.
async fn post(ada: &mut Correspondent, message: &Message) -> String {
    let letter = ada.letter_of(&Jid::pn(OTHER), OTHER, message).await;
    let ack = ada.hand_in(&letter).await;
    assert_eq!(ack.attrs.get("error"), None);
    letter.attrs.get("id").unwrap().to_string()
}

fn of_image(image: ImageMessage) -> Message {
    Message { image_message: MessageField::some(image), ..Message::default() }
}

#[tokio::test(start_paused = true)]
async fn a_file_of_every_kind_goes_from_phone_to_phone() {
    let (sim, phone, other, _ada) = two_phones().await;
    for kind in KINDS {
        let id = phone.send_media(OTHER, &MediaToSend::new(kind, file())).unwrap();
        for phone in [&phone, &other] {
            assert_eq!(phone.media(&id).as_deref(), Ok(&file()[..]), "{kind:?}");
            let shown = phone.inbox().pop().unwrap().media.unwrap();
            assert_eq!((shown.kind, shown.bytes), (kind, 1_000));
        }
    }
    let empty = phone.send_media(OTHER, &MediaToSend::new(MediaKind::Document, "")).unwrap();
    assert_eq!(other.media(&empty).as_deref(), Ok(&[][..]));
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_phone_writes_no_file_that_it_could_not() {
    let (sim, phone, ..) = two_phones().await;
    let plain = MediaToSend::new(MediaKind::Sticker, "x");
    let words = MediaToSend { caption: Some("look".to_owned()), ..plain.clone() };
    let named = MediaToSend { file_name: Some("x.webp".to_owned()), ..plain.clone() };
    for wrong in [words, named] {
        let refused = phone.send_media(OTHER, &wrong).unwrap_err();
        assert_eq!(refused, SendError::Media(MediaError::NotOfThisKind));
    }
    let large = MediaToSend::new(MediaKind::Video, vec![0; 64 * 1024 * 1024]);
    let refused = phone.send_media(OTHER, &large).unwrap_err();
    assert_eq!(refused, SendError::Media(MediaError::TooLarge));
    assert_eq!(phone.send_media("15559999999", &plain), Err(SendError::Nobody));
    assert_eq!(phone.media("3EB0"), Err(InboxError::NoSuchFile));
    assert!(phone.inbox().is_empty());
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_file_that_a_companion_writes_is_opened_by_both_phones() {
    let (sim, phone, other, mut ada) = two_phones().await;
    let image = image(&other, &mut ada).await;
    let wrapped = FutureProofMessage { message: MessageField::some(of_image(image.clone())) };
    let once = Message { view_once_message: MessageField::some(wrapped), ..Message::default() };
    for message in [of_image(image), once] {
        let id = post(&mut ada, &message).await;
        for phone in [&phone, &other] {
            assert_eq!(phone.media(&id).as_deref(), Ok(&file()[..]));
        }
    }
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_not_what_its_message_says_is_put_on_record() {
    let (sim, phone, other, mut ada) = two_phones().await;
    let right = image(&other, &mut ada).await;
    let altered = |alter: fn(&mut ImageMessage)| {
        let mut image = right.clone();
        alter(&mut image);
        of_image(image)
    };
    let video = VideoMessage {
        direct_path: right.direct_path.clone(),
        media_key: right.media_key.clone(),
        ..VideoMessage::default()
    };
    let rows = [
        altered(|it| it.direct_path = None),
        altered(|it| it.direct_path = Some("/v/t62.7118-24/1_2_3_n.enc?oh=01_x&oe=F".to_owned())),
        altered(|it| it.file_enc_sha256 = None),
        altered(|it| it.file_enc_sha256 = Some(vec![0; 32])),
        altered(|it| it.media_key = None),
        altered(|it| it.media_key = Some(vec![0; 31])),
        altered(|it| it.media_key = Some(vec![0; 32])),
        altered(|it| it.file_sha256 = Some(vec![0; 32])),
        altered(|it| it.file_length = Some(999)),
        altered(|it| it.file_length = None),
        Message { video_message: MessageField::some(video), ..Message::default() },
    ];
    for (count, message) in (1_u64..).zip(&rows) {
        let id = post(&mut ada, message).await;
        let report = sim.report();
        // Her own phone opens it too, and the other one.
        assert_eq!(report.refusals.get(&RefusalKind::Media), Some(&(2 * count)), "{count}");
        assert_eq!(report.refusals.len(), 1);
        assert_eq!(phone.media(&id), Err(InboxError::NoSuchFile));
        assert!(other.inbox().iter().any(|it| it.id == id && it.media.is_none()));
    }
    // A sticker has the keys of an image, and is uploaded as one: the fields are the same.
    let sticker = StickerMessage {
        direct_path: right.direct_path.clone(),
        media_key: right.media_key.clone(),
        file_enc_sha256: right.file_enc_sha256.clone(),
        file_sha256: right.file_sha256.clone(),
        file_length: right.file_length,
        ..StickerMessage::default()
    };
    let sticker = Message { sticker_message: MessageField::some(sticker), ..Message::default() };
    let id = post(&mut ada, &sticker).await;
    assert_eq!(phone.media(&id).as_deref(), Ok(&file()[..]));
}

#[tokio::test(start_paused = true)]
async fn a_phone_may_write_of_a_file_that_is_not_there() {
    let (sim, phone, other, _ada) = two_phones().await;
    let json = r#"{"imageMessage":{"caption":"look","directPath":"/v/t62.7118-24/x.enc"}}"#;
    let id = phone.send_json(OTHER, json).unwrap();
    assert_eq!(other.media(&id), Err(InboxError::NoSuchFile));
    sim.report().is_clean().unwrap();
    let unknown = phone.send_json(OTHER, r#"{"conversation":"hello","loud":true}"#);
    assert!(matches!(unknown, Err(SendError::NotJson(_))), "{unknown:?}");
    assert_eq!(phone.send_json(OTHER, "{}"), Err(SendError::NotAMessage));
}
