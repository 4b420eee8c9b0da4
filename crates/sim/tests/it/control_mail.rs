//! A phone's messages over HTTP.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json as value};
use waproto::buffa::Message as _;

use crate::{
    correspondent::said,
    http::{call, fetch, json, serve},
    linking::NUMBER,
    messages::OTHER,
};

/// A sound has no words below it.
const SINGING: &str =
    r#"{"to":"15550001111","media":{"kind":"audio","file":"AQID","caption":"la"}}"#;

#[tokio::test]
async fn a_phone_writes_reads_and_types_over_http() {
    let served = serve().await;
    for number in [NUMBER, OTHER] {
        served.sim.add_phone(number).unwrap();
    }
    let at = served.control.as_str();
    let post = async |deed: &str, body: Value| {
        call(at, &format!("POST /phones/{deed}"), Some(&body.to_string())).await
    };
    let text = value!({ "to": OTHER, "text": "hello" });
    let (status, sent) = post(&format!("{NUMBER}/send"), text).await;
    assert_eq!(status, 200);
    let sent: Value = serde_json::from_str(&sent).unwrap();
    let message = BASE64_STANDARD.encode(said("as protobuf").encode_to_vec());
    let whole = value!({ "to": format!("{OTHER}@s.whatsapp.net"), "message": message });
    assert_eq!(post(&format!("{NUMBER}/send"), whole).await.0, 200);

    let typing = value!({ "to": NUMBER, "state": "recording" });
    assert_eq!(post(&format!("{OTHER}/typing"), typing).await, (204, String::new()));
    let there = value!({ "available": true });
    assert_eq!(post(&format!("{OTHER}/presence"), there).await, (204, String::new()));
    let read = value!({ "id": sent["id"] });
    assert_eq!(post(&format!("{OTHER}/read"), read).await, (204, String::new()));

    let (status, inbox) = json(at, &format!("GET /phones/{NUMBER}/inbox"), None).await;
    assert_eq!((status, &inbox["typing"]), (200, &value!({ OTHER: "recording" })));
    let first = &inbox["messages"][0];
    let receipt = |kind: &str, at: &Value| value!({ "from": OTHER, "device": 0, "kind": kind, "at_unix_s": at });
    let at_unix_s = &first["receipts"][1]["at_unix_s"];
    assert!(at_unix_s.is_u64());
    let expected = value!({
        "id": sent["id"],
        "from": NUMBER,
        "device": 0,
        "to": OTHER,
        "kind": "conversation",
        "text": "hello",
        "media": null,
        "message": BASE64_STANDARD.encode(said("hello").encode_to_vec()),
        "at_unix_s": first["at_unix_s"],
        "receipts": [
            receipt("delivery", &first["receipts"][0]["at_unix_s"]),
            receipt("read", at_unix_s),
        ],
    });
    assert_eq!(*first, expected);
    assert_eq!(inbox["messages"][1]["text"], value!("as protobuf"));
    served.sim.report().is_clean().unwrap();
    served.stop().await;
}

#[tokio::test]
async fn a_file_and_a_message_in_json_go_over_http() {
    let served = serve().await;
    for number in [NUMBER, OTHER] {
        served.sim.add_phone(number).unwrap();
    }
    let at = served.control.as_str();
    let send = async |body: Value| {
        let request = format!("POST /phones/{NUMBER}/send");
        let (status, sent) = json(at, &request, Some(&body.to_string())).await;
        assert_eq!(status, 200, "{sent}");
        sent["id"].as_str().unwrap().to_owned()
    };
    let file: Vec<u8> = (0..=255).collect();
    let media = value!({
        "kind": "document",
        "file": BASE64_STANDARD.encode(&file),
        "mimetype": "text/plain",
        "caption": "look",
        "file_name": "bytes.txt",
    });
    let document = send(value!({ "to": OTHER, "media": media })).await;
    let poll = value!({ "pollCreationMessageV3": { "name": "Tea?", "selectableOptionsCount": 1 } });
    send(value!({ "to": OTHER, "message": poll })).await;

    let (_, inbox) = json(at, &format!("GET /phones/{OTHER}/inbox"), None).await;
    let shown = &inbox["messages"][0];
    let expected = value!({
        "kind": "document",
        "mimetype": "text/plain",
        "bytes": 256,
        "sha256": "40aff2e9d2d8922e47afd4648e6967497158785fbd1da870e7110266bf944880",
    });
    assert_eq!((&shown["kind"], &shown["media"]), (&value!("documentMessage"), &expected));
    assert_eq!(inbox["messages"][1]["kind"], value!("pollCreationMessageV3"));

    let of = |id: &str| format!("GET /phones/{OTHER}/inbox/{id}/media");
    assert_eq!(fetch(at, &of(&document), None).await, (200, file));
    let poll = inbox["messages"][1]["id"].as_str().unwrap();
    for id in [poll, "3EB0"] {
        let (status, problem) = json(at, &of(id), None).await;
        assert_eq!((status, &problem["code"]), (404, &value!("no_such_file")), "{id}");
    }
    served.sim.report().is_clean().unwrap();
    served.stop().await;
}

#[tokio::test]
async fn what_cannot_be_written_or_read_is_said_in_a_code() {
    let served = serve().await;
    let at = served.control.as_str();
    served.sim.add_phone(NUMBER).unwrap();
    let long = format!(r#"{{"to":"{OTHER}","text":"{}"}}"#, "x".repeat(17_000_000));
    let rows: [(&str, &str, u16, &str); 20] = [
        ("send", "{}", 400, "bad_json"),
        ("send", r#"{"to":"15550002222","text":"x","loud":true}"#, 400, "bad_json"),
        ("send", r#"{"to":"15550002222"}"#, 400, "text_message_or_media"),
        (
            "send",
            r#"{"to":"15550001111","text":"x","message":"eA=="}"#,
            400,
            "text_message_or_media",
        ),
        ("send", r#"{"to":"15550001111","message":"?"}"#, 400, "not_a_message"),
        ("send", r#"{"to":"15550001111","message":""}"#, 400, "not_a_message"),
        ("send", r#"{"to":"15550001111","message":{}}"#, 400, "not_a_message"),
        ("send", r#"{"to":"15550001111","message":{"conversation":1}}"#, 400, "not_a_message"),
        ("send", r#"{"to":"15550001111","media":{"kind":"song","file":""}}"#, 400, "bad_json"),
        ("send", r#"{"to":"15550001111","media":{"kind":"image","file":"?"}}"#, 400, "not_base64"),
        ("send", SINGING, 400, "not_of_this_kind"),
        ("send", r#"{"to":"15550002222","text":"x"}"#, 404, "nobody"),
        ("send", &long, 413, "body_not_read"),
        ("read", "{}", 400, "bad_json"),
        ("read", r#"{"id":"3EB0"}"#, 404, "no_such_message"),
        ("typing", r#"{"to":"15550001111","state":"singing"}"#, 400, "bad_json"),
        ("typing", r#"{"to":"15550001111"}"#, 400, "bad_json"),
        ("typing", r#"{"to":"15550002222","state":"paused"}"#, 404, "nobody"),
        ("presence", r#"{"available":"yes"}"#, 400, "bad_json"),
        ("inbox", "{}", 405, "method_not_allowed"),
    ];
    for (deed, body, expected, code) in rows {
        let request = format!("POST /phones/{NUMBER}/{deed}");
        let (status, problem) = json(at, &request, Some(body)).await;
        let shown = body.get(..60).unwrap_or(body);
        assert_eq!((status, &problem["code"]), (expected, &value!(code)), "{deed} {shown}");
    }
    for deed in ["POST /phones/15559999999/send", "GET /phones/15559999999/inbox"] {
        let body = deed.starts_with("POST").then_some("{}");
        let (status, problem) = json(at, deed, body).await;
        assert_eq!((status, &problem["code"]), (404, &value!("no_such_phone")), "{deed}");
    }
    served.stop().await;
}
