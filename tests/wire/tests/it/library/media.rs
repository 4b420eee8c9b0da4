//! Files in messages of the library's, to a phone and back.
#![expect(clippy::expect_used, reason = "test code")]

use std::time::Duration;

use wa::message::{DocumentMessage, ImageMessage};
use waygate_sim::{Latency, MediaKind, MediaToSend};
use waygate_testkit::world::{PHONE, SOON, World};
use whatsapp_rust::download::MediaType;
use whatsapp_rust::prelude::{MessageField, wa};
use whatsapp_rust::upload::{UploadOptions, UploadResponse};
use whatsapp_rust::{Client, Jid};

use super::client::Library;

const OTHER: &str = "15550002222";

/// The library asks whether an upload is there already when it has 5 MiB.
const LARGE: usize = 5 * 1024 * 1024;

/// Longer than the 300 s for which `media_conn` is to be kept, and with the 6 h of its token.
const TOKEN_TTL: Duration = Duration::from_hours(6);

fn file(length: usize) -> Vec<u8> {
    (0_u8..251).cycle().take(length).collect()
}

async fn upload(client: &Client, file: Vec<u8>, kind: MediaType) -> UploadResponse {
    client.upload(file, kind, UploadOptions::new()).await.expect("it is uploaded")
}

fn image(it: UploadResponse) -> wa::Message {
    let image = ImageMessage {
        url: Some(it.url),
        direct_path: Some(it.direct_path),
        mimetype: Some("image/jpeg".to_owned()),
        media_key: Some(it.media_key.to_vec()),
        media_key_timestamp: Some(it.media_key_timestamp),
        file_enc_sha256: Some(it.file_enc_sha256.to_vec()),
        file_sha256: Some(it.file_sha256.to_vec()),
        file_length: Some(it.file_length),
        ..ImageMessage::default()
    };
    wa::Message { image_message: MessageField::some(image), ..wa::Message::default() }
}

#[tokio::test(start_paused = true)]
async fn a_file_goes_to_a_phone_and_back_byte_by_byte() {
    let world = World::new(Latency::FortyMillis);
    let (phone, other) = (world.phone(), world.sim.add_phone(OTHER).expect("a phone"));
    let mut ada = Library::linked(&world.sim, &phone).await;
    let client = ada.client();
    let uploaded = upload(&client, file(1_000), MediaType::Image).await;
    let sent = client.send_message(Jid::pn(OTHER), image(uploaded)).await.expect("it is sent");
    for phone in [&phone, &other] {
        let shown = phone.inbox_has(|inbox| {
            let shown = inbox.iter().find(|it| it.id == *sent.message_id)?;
            shown.media.clone()
        });
        let shown = tokio::time::timeout(SOON, shown).await.expect("it shows the file");
        assert_eq!((shown.kind, shown.bytes), (MediaKind::Image, 1_000));
        assert_eq!(phone.media(&sent.message_id).as_deref(), Ok(&file(1_000)[..]));
    }

    let document = MediaToSend {
        file_name: Some("numbers.bin".to_owned()),
        ..MediaToSend::new(MediaKind::Document, file(2_000))
    };
    let id = other.send_media(PHONE, &document).expect("it is sent");
    let message = ada.message(&id).await.message;
    let told: &DocumentMessage = message.document_message.as_option().expect("a document");
    assert_eq!(told.file_name.as_deref(), Some("numbers.bin"));
    assert_eq!(client.download(told).await.expect("it is there"), file(2_000));
    ada.close().await;
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn a_large_file_is_uploaded_once_and_a_token_is_asked_for_anew() {
    let world = World::new(Latency::None);
    let mut ada = Library::linked(&world.sim, &world.phone()).await;
    let client = ada.client();
    let key = UploadOptions::new().with_media_key([7; 32]);
    for _ in 0..2 {
        let sent = client.upload(file(LARGE), MediaType::Video, key.clone()).await;
        assert_eq!(sent.expect("it is uploaded").file_length, 5 * 1024 * 1024);
    }
    assert_eq!(world.sim.report().requests["mms/video/upload"], 1, "the second is there already");
    world.pass(TOKEN_TTL).await;
    upload(&client, file(10), MediaType::Image).await;
    assert_eq!(world.sim.report().requests["w:m/set/media_conn"], 2);
    ada.close().await;
    world.end_clean().await;
}
