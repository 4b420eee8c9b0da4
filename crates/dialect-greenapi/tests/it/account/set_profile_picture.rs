//! `setProfilePicture`: a form with one JPEG.

use axum::body::Body;
use axum::http::Request;
use waygate_core::error::Kind;
use waygate_core::instance::state::StateName;
use waygate_core::port::link::LinkEvent;
use waygate_core::reason::EndReason;
use waygate_played::link::Pictures;

use crate::server::{Answer, Instance, Server};

const JPEG: &[u8] = b"\xff\xd8\xff\xe0 a picture";

async fn send(server: &Server, instance: &Instance, file: &[u8]) -> Answer {
    let mut body = b"--X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.jpg\"\r\n\
        Content-Type: image/jpeg\r\n\r\n"
        .to_vec();
    body.extend_from_slice(file);
    body.extend_from_slice(b"\r\n--X--\r\n");
    let request = Request::post(instance.path("setProfilePicture"))
        .header("content-type", "multipart/form-data; boundary=X")
        .body(Body::from(body))
        .unwrap();
    server.answer(request).await
}

#[tokio::test(start_paused = true)]
async fn a_picture_is_set_and_its_address_told() {
    let server = Server::start().await;
    let instance = server.online().await;
    insta::assert_snapshot!(
        send(&server, &instance, JPEG).await,
        @r#"200 {"setProfilePicture":true,"urlAvatar":"https://pps.example/ann.jpg","reason":null}"#
    );
    assert_eq!(server.link.pictures_taken(), [JPEG]);
}

#[tokio::test(start_paused = true)]
async fn a_picture_of_five_megabytes_is_read() {
    let server = Server::start().await;
    let instance = server.online().await;
    let mut picture = JPEG.to_vec();
    picture.resize(5_000_000, 0);
    assert_eq!(send(&server, &instance, &picture).await.json()["setProfilePicture"], true);
    assert_eq!(server.link.pictures_taken(), [picture]);
}

#[tokio::test(start_paused = true)]
async fn a_picture_that_is_not_taken_has_a_reason() {
    let server = Server::start().await;
    let instance = server.online().await;
    insta::assert_snapshot!(
        send(&server, &instance, b"\x89PNG").await,
        @r#"200 {"setProfilePicture":false,"urlAvatar":"","reason":"the picture is not a JPEG"}"#
    );
    for kind in [Kind::Invalid, Kind::Unreachable] {
        server.link.play_pictures(Pictures::Refused(kind));
        let answer = send(&server, &instance, JPEG).await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(
                answer,
                @r#"200 {"setProfilePicture":false,"urlAvatar":"","reason":"WhatsApp refused the picture"}"#
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_is_not_online_says_so() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let answer = send(&server, &instance, JPEG).await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.json()["message"], "instance is starting or not authorized");

    let instance = server.online().await;
    server.link.tell(instance.id, LinkEvent::Ended(EndReason::Closed)).await;
    server.settle(instance.id, StateName::Offline).await;
    insta::assert_snapshot!(
        send(&server, &instance, JPEG).await,
        @r#"200 {"setProfilePicture":false,"urlAvatar":"","reason":"the instance is not online"}"#
    );
}

#[tokio::test(start_paused = true)]
async fn a_form_without_a_file_is_refused() {
    let server = Server::start().await;
    let instance = server.online().await;
    let answer = server.post(&instance, "setProfilePicture", "{}").await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.json()["message"], "Validation failed. Details: 'file' is required");
}
