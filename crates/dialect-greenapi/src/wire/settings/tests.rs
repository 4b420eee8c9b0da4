use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn read(sent: &Value) -> Result<Settings, String> {
    let Value::Object(sent) = sent else { panic!("{sent}") };
    match Change::read(sent, &Policy::default()) {
        Ok(change) => {
            let mut settings = Settings::default();
            change.apply(&mut settings);
            Ok(settings)
        }
        Err(Refusal::Told { message, .. }) => {
            Err(message.strip_prefix("Validation failed. Details: ").unwrap().to_owned())
        }
        Err(other) => panic!("{other:?}"),
    }
}

fn shown(settings: &Settings) -> Map<String, Value> {
    let text = serde_json::to_string(&Shown { settings, wid: "" }).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn a_key_stands_for_one_thing() {
    let names: BTreeSet<&str> = KEYS.iter().map(|(name, _)| *name).collect();
    assert_eq!(names.len(), KEYS.len());
    let switches: Vec<Switch> = KEYS
        .iter()
        .filter_map(|(_, meaning)| match meaning {
            Meaning::Switch(switch) => Some(*switch),
            Meaning::Account
            | Meaning::WebhookUrl
            | Meaning::WebhookToken
            | Meaning::SendPause
            | Meaning::TypingLevel
            | Meaning::Text(_)
            | Meaning::YesNo(_) => None,
        })
        .collect();
    assert_eq!(switches.iter().collect::<BTreeSet<_>>().len(), switches.len());
}

#[test]
fn every_switch_is_written_and_read_by_its_key() {
    for (key, meaning) in KEYS {
        let Meaning::Switch(switch) = *meaning else { continue };
        for (value, on) in
            [(json!("yes"), true), (json!("no"), false), (json!(true), true), (json!(false), false)]
        {
            let settings = read(&json!({ *key: value })).unwrap();
            assert_eq!(settings.switches.contains(&switch), on, "{key}");
            assert_eq!(shown(&settings)[*key], word(on), "{key}");
        }
        let refused = read(&json!({ *key: "on" }));
        assert_eq!(refused, Err(format!("'{key}' must be one of [yes, no]")));
    }
}

#[test]
fn what_is_out_of_service_is_read_as_it_was_written() {
    for (key, value) in [
        ("countryInstance", "ru"),
        ("typeAccount", "vip"),
        ("proxyInstance", "192.0.2.1:3128:name:word"),
        ("sharedSession", "yes"),
        ("sendFromUTC", "08:00"),
        ("sendToUTC", ""),
        ("sendToUTC", "no"),
        ("catalogWebhook", "yes"),
        ("incomingMessageStatusWebhook", "no"),
    ] {
        assert_eq!(shown(&read(&json!({ key: value })).unwrap())[key], value);
    }
    for key in ["sendFromUTC", "sendToUTC", "catalogWebhook", "incomingMessageStatusWebhook"] {
        assert!(!shown(&Settings::default()).contains_key(key), "{key} is shown once it was set");
    }
}

#[test]
fn values_that_cannot_be_used_are_told_apart() {
    let long = "x".repeat(513);
    let path = format!("https://example.com/{}", "\u{fc}".repeat(1100));
    for (sent, said) in [
        (
            json!({"delaySendMessagesMilliseconds": 499}),
            "'delaySendMessagesMilliseconds' must be greater than or equal to 500",
        ),
        (
            json!({"delaySendMessagesMilliseconds": 600_001}),
            "'delaySendMessagesMilliseconds' must be less than or equal to 600000",
        ),
        (
            json!({"delaySendMessagesMilliseconds": "fast"}),
            "'delaySendMessagesMilliseconds' must be a number",
        ),
        (json!({"autoTyping": 11}), "'autoTyping' must be less than or equal to 10"),
        (json!({"autoTyping": -1}), "'autoTyping' must be greater than or equal to 0"),
        (json!({"webhookUrl": 5}), "'webhookUrl' must be a string"),
        (
            json!({"webhookUrl": "example.com/hook"}),
            "'webhookUrl' must be a valid uri with a scheme matching the http|https pattern",
        ),
        (
            json!({"webhookUrl": "ftp://example.com/"}),
            "'webhookUrl' must be a valid uri with a scheme matching the http|https pattern",
        ),
        (
            json!({"webhookUrl": "file:///etc/passwd"}),
            "'webhookUrl' must be a valid uri with a scheme matching the http|https pattern",
        ),
        (
            json!({"webhookUrl": "http://2130706433/hook"}),
            "'webhookUrl' must not lead to a local, private or reserved address that \
             `outbound.allow` of the gateway does not name",
        ),
        (
            json!({"webhookUrl": "https://ann@example.com/hook"}),
            "'webhookUrl' must not hold a user name or a password",
        ),
        (
            json!({"webhookUrl": "https://example.com:25/hook"}),
            "'webhookUrl' must not name a port that `outbound.ports` of the gateway does not \
             permit",
        ),
        (
            json!({"webhookUrl": path}),
            "'webhookUrl' length must be less than or equal to 2048 bytes long",
        ),
        (
            json!({"webhookUrlToken": "a\r\nX-Other: b"}),
            "'webhookUrlToken' contains an invalid value",
        ),
        (
            json!({"countryInstance": long}),
            "'countryInstance' length must be less than or equal to 512 characters long",
        ),
        (json!({"stateWebhok": "yes"}), "'stateWebhok' is not allowed"),
    ] {
        assert_eq!(read(&sent), Err(said.to_owned()), "{sent}");
    }
}

#[test]
fn numbers_come_as_digits_and_absent_values_as_null() {
    let settings = read(&json!({
        "delaySendMessagesMilliseconds": "3000",
        "autoTyping": 4,
        "webhookUrl": " https://example.com/hook ",
        "webhookUrlToken": null,
        "wid": "15550001111@c.us",
    }));
    let settings = settings.unwrap();
    assert_eq!((settings.send_pause_ms, settings.typing_level), (3000, 4));
    assert_eq!(settings.webhook_url, "https://example.com/hook");
    assert_eq!(settings.webhook_token, "");
}

#[test]
fn what_was_shown_can_be_sent_back() {
    let changed = read(&json!({"stateWebhook": "yes", "linkPreview": "no", "sendToUTC": "10:00"}));
    let changed = changed.unwrap();
    let sent_back = read(&Value::Object(shown(&changed))).unwrap();
    assert_eq!(shown(&sent_back), shown(&changed));
}

proptest! {
    #[test]
    fn any_text_under_any_key_is_read_without_a_panic(index in 0..KEYS.len(), text in "\\PC{0,40}") {
        let (key, _) = KEYS[index];
        if let Ok(settings) = read(&json!({ key: text })) {
            prop_assert!(settings.webhook_url.len() <= WEBHOOK_URL_BYTES_MAX);
        }
    }
}
