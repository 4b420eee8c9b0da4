//! The passkey gate over the control API: a person with curl plays the browser and the user.

use serde_json::{Value, json as value};

use crate::{
    gate::{AtGate, shown},
    http::{Served, call, json, serve},
    linking::NUMBER,
};

async fn gated() -> Served {
    let served = serve().await;
    let new = value!({ "number": NUMBER, "passkey": true }).to_string();
    let (status, phone) = json(&served.control, "POST /phones", Some(&new)).await;
    assert_eq!(
        (status, &phone["passkey"], &phone["multi_device"]),
        (201, &value!(true), &value!(true))
    );
    assert_eq!(phone["passkey_code"], Value::Null);
    served
}

async fn show(served: &Served) -> Value {
    json(&served.control, &format!("GET /phones/{NUMBER}"), None).await.1
}

#[tokio::test]
async fn a_device_passes_the_gate_by_requests_to_the_control_api() {
    let served = gated().await;
    let at = served.control.as_str();
    let (device, stream, qr) = shown(&served.sim, 1).await;
    let scan = value!({ "qr": qr }).to_string();
    let scan_at = format!("POST /phones/{NUMBER}/scan");
    let ((status, linked), ()) = tokio::join!(json(at, &scan_at, Some(&scan)), async {
        let mut gate = AtGate::arrive(device, stream).await;
        gate.ask_ref().await;
        let ask = format!("POST /phones/{NUMBER}/passkey-assertion");
        let (status, credential) = call(at, &ask, Some(&gate.options)).await;
        assert_eq!(status, 200);
        let prologue = gate.prologue_of(&credential);
        gate.begin(prologue).await;
        let code = gate.reveal().await;
        served.sim.phone(NUMBER).unwrap().passkey_code_shown().await;
        assert_eq!(show(&served).await["passkey_code"], value!(code));
        let answer = format!("POST /phones/{NUMBER}/passkey-code");
        assert_eq!(call(at, &answer, Some(r#"{"same":true}"#)).await, (204, String::new()));
        gate.confirm().await;
        gate.countersign().await;
    });
    assert_eq!((status, &linked["device"]), (200, &value!(1)));
    assert_eq!(show(&served).await["passkey_code"], Value::Null);
    served.sim.report().is_clean().unwrap();
    served.stop().await;
}

#[tokio::test]
async fn a_user_who_sees_another_code_says_so_by_the_control_api() {
    let served = gated().await;
    let at = served.control.as_str();
    let (device, stream, qr) = shown(&served.sim, 1).await;
    let scan = value!({ "qr": qr }).to_string();
    let scan_at = format!("POST /phones/{NUMBER}/scan");
    let phone = served.sim.phone(NUMBER).unwrap();
    let ((status, problem), _gate) = tokio::join!(json(at, &scan_at, Some(&scan)), async {
        let mut gate = AtGate::arrive(device, stream).await;
        gate.open(&phone).await;
        gate.reveal().await;
        phone.passkey_code_shown().await;
        let answer = format!("POST /phones/{NUMBER}/passkey-code");
        assert_eq!(call(at, &answer, Some(r#"{"same":false}"#)).await, (204, String::new()));
        gate
    });
    assert_eq!((status, &problem["code"]), (409, &value!("code_rejected")));
    served.stop().await;
}

#[tokio::test]
async fn a_wrong_request_about_passkeys_is_answered_with_a_code_and_a_sentence() {
    let served = gated().await;
    let at = served.control.as_str();
    served.sim.add_phone("15550002222").unwrap();
    let assertion = format!("POST /phones/{NUMBER}/passkey-assertion");
    let without = "POST /phones/15550002222/passkey-assertion".to_owned();
    let code = format!("POST /phones/{NUMBER}/passkey-code");
    let nobody = "POST /phones/15559999999/passkey-code".to_owned();
    let right = r#"{"challenge":"AAAA","rpId":"whatsapp.com"}"#;
    let rows = [
        (&assertion, r#"{"challenge":"AAAA","rpId":"example.org"}"#, 403, "foreign_site"),
        (&assertion, r#"{"challenge":"AAAA"}"#, 404, "no_passkey"),
        (&assertion, r#"{"challenge":"?"}"#, 400, "malformed_challenge"),
        (&assertion, "{}", 400, "malformed_challenge"),
        (&assertion, "[]", 400, "bad_json"),
        (&without, right, 404, "no_passkey"),
        (&code, r#"{"same":true}"#, 409, "no_code"),
        (&code, "{}", 400, "bad_json"),
        (&nobody, r#"{"same":true}"#, 404, "no_such_phone"),
    ];
    for (request, body, expected, code) in rows {
        let (status, problem) = json(at, request, Some(body)).await;
        assert_eq!((status, &problem["code"]), (expected, &value!(code)), "{request} {body}");
        assert!(problem["message"].as_str().unwrap().ends_with('.'), "{problem}");
    }
    assert_eq!(call(at, &assertion, Some(right)).await.0, 200);
    served.stop().await;
}

#[tokio::test]
async fn a_phone_loses_and_gets_back_its_gate_and_its_multi_device() {
    let served = gated().await;
    let change = value!({ "number": NUMBER, "passkey": false, "multi_device": false }).to_string();
    let (status, phone) = json(&served.control, "POST /phones", Some(&change)).await;
    assert_eq!(
        (status, &phone["passkey"], &phone["multi_device"]),
        (200, &value!(false), &value!(false))
    );
    let (_device, _stream, qr) = shown(&served.sim, 1).await;
    let scan = value!({ "qr": qr }).to_string();
    let scan_at = format!("POST /phones/{NUMBER}/scan");
    let (status, problem) = json(&served.control, &scan_at, Some(&scan)).await;
    assert_eq!((status, &problem["code"]), (409, &value!("no_multi_device")));
    let only = value!({ "number": NUMBER, "multi_device": true }).to_string();
    let (_, phone) = json(&served.control, "POST /phones", Some(&only)).await;
    assert_eq!((&phone["passkey"], &phone["multi_device"]), (&value!(false), &value!(true)));
    served.stop().await;
}
