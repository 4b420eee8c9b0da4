//! The control API over real sockets.

use serde_json::{Value, json as value};

use crate::{
    companion::Companion,
    http::{call, json, serve},
    linking::NUMBER,
};

#[tokio::test]
async fn a_phone_is_made_shown_and_used_over_http() {
    let served = serve().await;
    let at = served.control.as_str();
    let new = value!({ "number": NUMBER }).to_string();
    let (status, phone) = json(at, "POST /phones", Some(&new)).await;
    assert_eq!((status, &phone["number"], &phone["devices"]), (201, &value!(NUMBER), &value!([])));
    assert_eq!(json(at, "POST /phones", Some(&new)).await, (200, phone.clone()));
    assert_eq!(json(at, "GET /phones", None).await, (200, value!({ "phones": [phone] })));

    let mut device = Companion::new(1);
    let (mut stream, refs) = device.register(&served.sim).await;
    let scan = value!({ "qr": device.qr(&refs[0]) }).to_string();
    let request = format!("POST /phones/{NUMBER}/scan");
    let ((status, linked), ()) = tokio::join!(json(at, &request, Some(&scan)), async {
        let signed = device.countersign(&mut stream).await;
        stream.send(&signed.answer()).await;
    });
    assert_eq!(
        (status, &linked["device"], &linked["platform"]),
        (200, &value!(1), &value!("CHROME"))
    );
    let (_, shown) = json(at, &format!("GET /phones/{NUMBER}"), None).await;
    assert_eq!(shown["devices"][0]["online"], value!(false));
    let (status, used) = json(at, &request, Some(&scan)).await;
    assert_eq!((status, &used["code"]), (409, &value!("used_ref")));

    let (status, answer) = json(at, &format!("POST /phones/{NUMBER}/unlink"), None).await;
    assert_eq!((status, answer), (200, value!({ "unlinked": 1 })));
    let one = value!({ "device": 1 }).to_string();
    let (status, answer) = json(at, &format!("POST /phones/{NUMBER}/unlink"), Some(&one)).await;
    assert_eq!((status, &answer["code"]), (404, &value!("no_such_device")));

    let (status, report) = json(at, "GET /report", None).await;
    assert_eq!(
        (status, &report["links"], &report["refusals"]["used_ref"]),
        (200, &value!(1), &value!(1))
    );
    let (_, oracle) = json(at, "GET /oracle", None).await;
    assert_eq!(oracle["violations"].as_array().map(Vec::len), Some(1));
    let (status, key) = call(at, "GET /root-key", None).await;
    assert_eq!((status, key), (200, hex::encode(served.sim.root_key())));
    served.stop().await;
}

#[tokio::test]
async fn what_cannot_be_done_is_said_in_a_code_and_a_sentence() {
    let served = serve().await;
    let at = served.control.as_str();
    served.sim.add_phone(NUMBER).unwrap();
    let scan = format!("POST /phones/{NUMBER}/scan");
    let code = format!("POST /phones/{NUMBER}/enter-code");
    let long = format!("{{\"number\":\"{}\"}}", "1".repeat(20_000));
    let rows: [(&str, Option<&str>, u16, &str); 16] = [
        ("POST /phones", Some("{"), 400, "bad_json"),
        ("POST /phones", None, 400, "bad_json"),
        ("POST /phones", Some("[]"), 400, "bad_json"),
        ("POST /phones", Some(r#"{"number":15550001111}"#), 400, "bad_json"),
        ("POST /phones", Some(r#"{"number":"1","x":1}"#), 400, "bad_json"),
        ("POST /phones", Some(r#"{"number":"+15550001111"}"#), 400, "invalid_number"),
        ("POST /phones", Some(r#"{"number":"05550001111"}"#), 400, "invalid_number"),
        ("POST /phones", Some(&long), 413, "body_not_read"),
        ("GET /phones/15559999999", None, 404, "no_such_phone"),
        ("POST /phones/15559999999/unlink", None, 404, "no_such_phone"),
        (&scan, Some(r#"{"qr":"nonsense"}"#), 400, "malformed_text"),
        (&scan, Some(r#"{"code":"ABCD1234"}"#), 400, "bad_json"),
        (&code, Some(r#"{"code":"ABC"}"#), 400, "malformed_code"),
        (&code, Some(r#"{"code":"ABCD-1234"}"#), 404, "nothing_pending"),
        ("POST /phones/15550001111/call", Some("{}"), 404, "no_such_route"),
        ("DELETE /phones", None, 405, "method_not_allowed"),
    ];
    for (request, body, expected, code) in rows {
        let (status, problem) = json(at, request, body).await;
        assert_eq!((status, &problem["code"]), (expected, &value!(code)), "{request} {body:?}");
        let sentence = problem["message"].as_str().unwrap();
        assert!(sentence.ends_with('.') && sentence.len() > 15, "{sentence}");
    }
    let unheard = Companion::new(1).qr("2@unheard-of");
    let body = value!({ "qr": unheard }).to_string();
    let (status, problem): (u16, Value) = json(at, &scan, Some(&body)).await;
    assert_eq!((status, &problem["code"]), (404, &value!("unknown_ref")));
    served.stop().await;
}
