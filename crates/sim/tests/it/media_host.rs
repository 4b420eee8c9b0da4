//! The media host, by HTTP as clients speak it: what it takes, gives and refuses.

use std::time::Duration;

use axum::http::{Request, Response, StatusCode};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use bytes::Bytes;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use wacore_binary::{Node, builder::NodeBuilder};
use waygate_sim::{RefusalKind, Report, Sim};

use crate::{
    companion::Companion,
    http::{send, serve},
    linking::world,
    stream::{Stream, error_code, text},
};

const ORIGIN: &str = "https://web.whatsapp.com";

/// How long a token is good, as `media_conn` tells.
const AUTH_TTL: Duration = Duration::from_hours(6);

/// How long an address is good after its token is not any more.
const ADDRESS_REST: Duration = Duration::from_hours(14 * 24 - 6);

/// What nobody can tell from an encrypted file: blocks of 16 bytes, and 10 for the MAC.
fn sealed(fill: u8) -> Vec<u8> {
    vec![fill; 32 * 16 + 10]
}

fn token(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(bytes))
}

/// Asks for the media host.
async fn media_conn(stream: &mut Stream) -> Node {
    let child = NodeBuilder::new("media_conn").build();
    let answer = stream.request("set", "w:m", Some(child)).await;
    assert_eq!(error_code(&answer), 0);
    answer.get_optional_child("media_conn").unwrap().clone()
}

/// A simulator, a linked device's stream, and its token.
async fn host() -> (Sim, Stream, String) {
    let (sim, phone) = world();
    let mut device = Companion::new(1);
    device.link(&sim, &phone).await;
    let mut stream = device.log_in(&sim).await;
    let auth = text(&media_conn(&mut stream).await, "auth");
    (sim, stream, auth)
}

async fn ask(sim: &Sim, method: &str, path: &str, body: &[u8]) -> Response<Bytes> {
    let request = Request::builder().method(method).uri(path).header("Origin", ORIGIN);
    sim.answer(request.body(Bytes::copy_from_slice(body)).unwrap()).await
}

async fn upload(sim: &Sim, auth: &str, kind: &str, bytes: &[u8]) -> Value {
    let token = token(bytes);
    let path = format!("/mms/{kind}/{token}?auth={auth}&token={token}");
    let answer = ask(sim, "POST", &path, bytes).await;
    assert_eq!(answer.status(), 200);
    serde_json::from_slice(answer.body()).unwrap()
}

fn media_refusals(report: &Report) -> u64 {
    let others = report.refusals.keys().filter(|kind| **kind != RefusalKind::Media).count();
    assert_eq!(others, 0, "{:?}", report.refusal_log);
    report.refusals.get(&RefusalKind::Media).copied().unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn a_device_is_told_of_the_host_and_gets_a_token_of_its_own() {
    let (sim, mut stream, _) = host().await;
    let told = media_conn(&mut stream).await;
    let attrs = ["ttl", "auth_ttl", "max_buckets"].map(|name| text(&told, name));
    assert_eq!(attrs, ["300", "21600", "12"]);
    let [host] = told.children().unwrap() else { panic!("not one host") };
    assert_eq!(["hostname", "type"].map(|name| text(host, name)), ["media.invalid", "primary"]);
    let can: Vec<_> = host.children().unwrap().iter().map(|node| node.tag.to_string()).collect();
    assert_eq!(can, ["upload", "download"]);
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_file_is_uploaded_and_fetched_whole_and_in_parts() {
    let (sim, _stream, auth) = host().await;
    let bytes: Vec<u8> = (0..42).collect();
    let uploaded = upload(&sim, &auth, "image", &bytes).await;
    let path = uploaded["direct_path"].as_str().unwrap();
    assert!(path.starts_with("/v/t62.7118-24/"), "{path}");
    assert_eq!(uploaded["url"], format!("https://media.invalid{path}&mms3=true"));
    assert_eq!(uploaded.get("resume"), None);

    let token = token(&bytes);
    let ways = [
        path.to_owned(),
        format!("{path}&mms3=true"),
        format!("{path}&hash={token}&mms-type=image&__wa-mms="),
        format!("{path}&hash={token}%3D&mms-type=image"),
        // As whatsapp-rust 0.7.0 has it: a second question mark, and what is behind it is lost.
        format!("{path}?auth={auth}&token={token}"),
    ];
    for way in ways {
        let answer = ask(&sim, "GET", &way, b"").await;
        assert_eq!((answer.status(), &answer.body()[..]), (StatusCode::OK, &bytes[..]), "{way}");
    }
    let parts: [(&str, &str, &[u8]); 4] = [
        ("bytes=0-0", "bytes 0-0/42", &bytes[..1]),
        ("bytes=16-31", "bytes 16-31/42", &bytes[16..32]),
        ("bytes=32-", "bytes 32-41/42", &bytes[32..]),
        ("bytes=-10", "bytes 32-41/42", &bytes[32..]),
    ];
    for (range, said, part) in parts {
        let request = Request::builder().uri(path).header("Range", range);
        let answer = sim.answer(request.body(Bytes::new()).unwrap()).await;
        assert_eq!((answer.status(), &answer.body()[..]), (StatusCode::PARTIAL_CONTENT, part));
        assert_eq!(answer.headers()["Content-Range"], said);
    }
    sim.report().is_clean().unwrap();
    assert_eq!(sim.report().requests["mms/image/upload"], 1);
    assert_eq!(sim.report().requests["mms/image/download"], 9);
}

#[tokio::test(start_paused = true)]
async fn a_client_is_told_whether_an_upload_is_there_already() {
    let (sim, _stream, auth) = host().await;
    let bytes = sealed(1);
    let token = token(&bytes);
    let question = format!("/mms/video/{token}?auth={auth}&token={token}&resume=1");
    let answer = ask(&sim, "POST", &question, b"").await;
    assert_eq!(&answer.body()[..], br#"{"resume":"0"}"#);
    let uploaded = upload(&sim, &auth, "video", &bytes).await;
    let answer = ask(&sim, "POST", &question, b"").await;
    let told: Value = serde_json::from_slice(answer.body()).unwrap();
    assert_eq!(told["resume"], "complete");
    assert_eq!((&told["url"], &told["direct_path"]), (&uploaded["url"], &uploaded["direct_path"]));
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_upload_against_the_rules_is_refused() {
    let (sim, _stream, auth) = host().await;
    let bytes = sealed(1);
    let right = token(&bytes);
    let other = token(b"another file");
    let forged = format!("{auth}x");
    let query = |auth: &str, token: &str| format!("auth={auth}&token={token}");
    let whole = query(&auth, &right);
    let rows: [(&str, String, &[u8], u16); 14] = [
        ("no such kind", format!("/mms/song/{right}?{whole}"), &bytes, 404),
        ("a kind that is not encrypted", format!("/mms/ppic/{right}?{whole}"), &bytes, 404),
        ("no token of the host", format!("/mms/image/{right}?token={right}"), &bytes, 401),
        ("a forged one", format!("/mms/image/{right}?{}", query(&forged, &right)), &bytes, 401),
        ("no hash", format!("/mms/image/{right}?auth={auth}"), &bytes, 400),
        ("two hashes", format!("/mms/image/{right}?{}", query(&auth, &other)), &bytes, 400),
        ("a hash that is none", format!("/mms/image/abc?{}", query(&auth, "abc")), &bytes, 400),
        ("another hash", format!("/mms/image/{other}?{}", query(&auth, &other)), &bytes, 400),
        ("another file", format!("/mms/image/{right}?{whole}"), &sealed(2), 400),
        ("no file", format!("/mms/image/{right}?{whole}"), b"", 400),
        ("a MAC alone", format!("/mms/image/{right}?{whole}"), &bytes[..10], 400),
        ("half a block", format!("/mms/image/{right}?{whole}"), &bytes[..10 + 24], 400),
        ("the rest", format!("/mms/image/{right}?{whole}&file_offset=16"), &bytes[16..], 501),
        ("a question about no hash", format!("/mms/image/x?{whole}&resume=1"), b"", 400),
    ];
    for (count, (row, path, body, status)) in (1..).zip(rows) {
        assert_eq!(ask(&sim, "POST", &path, body).await.status(), status, "{row}");
        assert_eq!(media_refusals(&sim.report()), count, "{row}");
    }
    let request = Request::builder().method("POST").uri(format!("/mms/image/{right}?{whole}"));
    let strange = request.header("Origin", "https://example.com").body(bytes.clone().into());
    assert_eq!(sim.answer(strange.unwrap()).await.status(), 403);
    upload(&sim, &auth, "image", &bytes).await;
}

#[tokio::test(start_paused = true)]
async fn a_file_larger_than_any_is_refused() {
    let (sim, _stream, auth) = host().await;
    let bytes = vec![0; 64 * 1024 * 1024 + 10];
    let token = token(&bytes);
    let path = format!("/mms/video/{token}?auth={auth}&token={token}");
    assert_eq!(ask(&sim, "POST", &path, &bytes).await.status(), 413);
    assert_eq!(media_refusals(&sim.report()), 1);
}

#[tokio::test(start_paused = true)]
async fn a_download_against_the_rules_is_refused() {
    let (sim, _stream, auth) = host().await;
    let bytes = sealed(1);
    let uploaded = upload(&sim, &auth, "image", &bytes).await;
    let path = uploaded["direct_path"].as_str().unwrap();
    let bare = path.split('?').next().unwrap();
    let rows = [
        ("an address without its signature", bare.to_owned(), 403),
        ("another signature", path.replace("oh=01_", "oh=01_x"), 403),
        ("another end", path.replace("oe=", "oe=F"), 403),
        ("another file under its signature", path.replacen("24/", "24/1", 1), 403),
        ("another hash", format!("{path}&hash={}", token(b"x")), 400),
        ("another kind", format!("{path}&mms-type=video"), 400),
        ("a forged token", format!("{path}&auth=x"), 401),
    ];
    for (count, (row, path, status)) in (1..).zip(rows) {
        assert_eq!(ask(&sim, "GET", &path, b"").await.status(), status, "{row}");
        assert_eq!(media_refusals(&sim.report()), count, "{row}");
    }
    for (count, range) in (8..).zip(["bytes=900-", "bytes=0-1,4-5", "lines=1-2", "bytes=9-8"]) {
        let request = Request::builder().uri(path).header("Range", range);
        let answer = sim.answer(request.body(Bytes::new()).unwrap()).await;
        assert_eq!(answer.status(), 416, "{range}");
        assert_eq!(media_refusals(&sim.report()), count, "{range}");
    }
}

#[tokio::test(start_paused = true)]
async fn tokens_and_addresses_end_with_their_time() {
    let (sim, stream, auth) = host().await;
    stream.hang_up();
    let uploaded = upload(&sim, &auth, "audio", &sealed(1)).await;
    let path = uploaded["direct_path"].as_str().unwrap();
    tokio::time::advance(AUTH_TTL.saturating_sub(Duration::from_secs(1))).await;
    upload(&sim, &auth, "audio", &sealed(2)).await;
    tokio::time::advance(Duration::from_secs(1)).await;
    let token = token(&sealed(3));
    let again = format!("/mms/audio/{token}?auth={auth}&token={token}");
    assert_eq!(ask(&sim, "POST", &again, &sealed(3)).await.status(), 401);
    assert_eq!(media_refusals(&sim.report()), 1);
    assert_eq!(ask(&sim, "GET", path, b"").await.status(), 200);
    tokio::time::advance(ADDRESS_REST).await;
    assert_eq!(ask(&sim, "GET", path, b"").await.status(), 403);
    assert_eq!(media_refusals(&sim.report()), 2);
}

#[tokio::test(start_paused = true)]
async fn the_token_of_a_device_ends_with_its_link() {
    let (sim, _stream, auth) = host().await;
    upload(&sim, &auth, "image", &sealed(1)).await;
    let phone = sim.phones().remove(0);
    assert_eq!(phone.unlink(None).await, Ok(1));
    let token = token(&sealed(2));
    let path = format!("/mms/image/{token}?auth={auth}&token={token}");
    assert_eq!(ask(&sim, "POST", &path, &sealed(2)).await.status(), 401);
    assert_eq!(media_refusals(&sim.report()), 1);
}

#[tokio::test]
async fn over_sockets_the_host_is_the_listener_itself() {
    let served = serve().await;
    let phone = served.sim.add_phone(crate::linking::NUMBER).unwrap();
    let mut device = Companion::new(1);
    device.link(&served.sim, &phone).await;
    let told = media_conn(&mut device.log_in(&served.sim).await).await;
    assert_eq!(text(&told.children().unwrap()[0], "hostname"), served.chat);
    let bytes = "x".repeat(26);
    let (auth, token) = (text(&told, "auth"), token(bytes.as_bytes()));
    let upload = format!("POST /mms/document/{token}?auth={auth}&token={token}");
    let origin = format!("Origin: {ORIGIN}\r\n");
    let (status, body) = send(&served.chat, &upload, &origin, &bytes).await;
    assert_eq!(status, 200);
    let uploaded: Value = serde_json::from_slice(&body).unwrap();
    let path = uploaded["direct_path"].as_str().unwrap();
    let fetched = send(&served.chat, &format!("GET {path}"), "", "").await;
    assert_eq!(fetched, (200, bytes.into_bytes()));
    served.sim.report().is_clean().unwrap();
    served.stop().await;
}
