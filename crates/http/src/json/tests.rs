use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::json;

use super::*;

fn refusal(text: &str) -> JsonError {
    object(text.as_bytes()).unwrap_err()
}

fn unexpected(character: char, offset: usize) -> JsonError {
    JsonError::Unexpected { character: Some(character), offset }
}

#[test]
fn an_object_is_read() {
    let read = object(br#" {"a": [1, -2, 3.5, null, true], "b": {"c": "\u00e9"}} "#).unwrap();
    assert_eq!(
        Value::Object(read),
        json!({ "a": [1, -2, 3.5, null, true], "b": { "c": "\u{e9}" } })
    );
}

#[test]
fn nothing_is_not_an_object_but_has_an_error_of_its_own() {
    for text in ["", " ", "\r\n\t ", "\u{feff}", "\u{feff} "] {
        assert_eq!(refusal(text), JsonError::Empty, "{text:?}");
    }
}

#[test]
fn an_error_names_the_first_character_that_cannot_stand_there() {
    for (text, character, offset) in [
        ("x", 'x', 0),
        ("{a:1}", 'a', 1),
        ("{'a':1}", '\'', 1),
        (r#"{"a":1,}"#, '}', 7),
        (r#"{"a" 1}"#, '1', 5),
        (r#"{"a":tru}"#, '}', 8),
        (r#"{"a":01}"#, '1', 6),
        (r#"{"a":-x}"#, 'x', 6),
        (r#"{"a":1.x}"#, 'x', 7),
        (r#"{"a":1ex}"#, 'x', 7),
        (r#"{"a":[1,]}"#, ']', 8),
        (r#"{"a":[1}"#, '}', 7),
        (r#"{"a":"\q"}"#, 'q', 7),
        (r#"{"a":1} x"#, 'x', 8),
        (r#"{"a":1}{"#, '{', 7),
        ("{\"a\":\u{e9}}", '\u{e9}', 5),
        ("{\n\"a\":1,\n\n  y}", 'y', 12),
        ("\u{feff}{z", 'z', 4),
    ] {
        assert_eq!(refusal(text), unexpected(character, offset), "{text:?}");
    }
}

#[test]
fn a_character_that_cannot_be_printed_is_not_repeated() {
    for (text, offset) in [("{\"a\":\"\n\"}", 6), ("{\"a\":\u{1}}", 5), ("{\"a\":\u{202e}}", 5)] {
        assert_eq!(refusal(text), JsonError::Unexpected { character: None, offset }, "{text:?}");
    }
}

#[test]
fn a_text_that_stops_is_told_from_one_that_goes_wrong() {
    for text in ["{", r#"{"a"#, r#"{"a""#, r#"{"a":"#, r#"{"a":1"#, r#"{"a":1,"#, r#"{"a":["#] {
        assert_eq!(refusal(text), JsonError::UnexpectedEnd, "{text:?}");
    }
}

#[test]
fn bytes_that_are_not_text_are_refused_with_their_place() {
    assert_eq!(object(b"{\"a\":\"\xff\"}").unwrap_err(), JsonError::NotUtf8 { offset: 6 });
    assert_eq!(object(b"\xef\xbb\xbf{\xc3}").unwrap_err(), JsonError::NotUtf8 { offset: 4 });
}

#[test]
fn a_key_that_occurs_twice_is_refused_wherever_it_is() {
    for text in [
        r#"{"a":1,"a":1}"#,
        r#"{"a":1,"b":2,"\u0061":3}"#,
        r#"{"a":{"b":1,"b":2}}"#,
        r#"{"a":[{"b":1,"b":2}]}"#,
    ] {
        assert_eq!(refusal(text), JsonError::DuplicateKey, "{text}");
    }
    object(br#"{"a":{"b":1},"b":{"b":2}}"#).expect("one key in two objects is not twice");
}

#[test]
fn other_values_are_not_objects_and_are_told_by_where_they_begin() {
    for (text, offset) in [
        ("null", 0),
        ("true", 0),
        ("1", 0),
        (r#""a""#, 0),
        ("[]", 0),
        (r#" [{"a":1}]"#, 1),
        ("\r\n\t []", 4),
        ("\u{feff}[]", 3),
        ("\u{feff} null ", 4),
    ] {
        assert_eq!(refusal(text), JsonError::NotAnObject { offset }, "{text:?}");
    }
}

#[test]
fn a_number_that_no_float_holds_is_refused() {
    assert!(matches!(refusal(r#"{"a":1e999}"#), JsonError::Unexpected { .. }));
    let large = format!(r#"{{"a":{}}}"#, "9".repeat(400));
    assert!(matches!(refusal(&large), JsonError::Unexpected { .. }));
}

#[test]
fn sixty_four_levels_are_read_and_no_more() {
    let nested = |levels: usize| {
        let (open, close) = ("[".repeat(levels - 1), "]".repeat(levels - 1));
        format!(r#"{{"a":{open}{close}}}"#)
    };
    object(nested(NESTING_MAX).as_bytes()).unwrap();
    assert_eq!(refusal(&nested(NESTING_MAX + 1)), JsonError::TooDeep);
    assert_eq!(refusal(&nested(200_000)), JsonError::TooDeep, "a million levels cost no stack");
    assert_eq!(refusal(&r#"{"a":"#.repeat(100_000)), JsonError::TooDeep);
}

#[test]
fn an_error_holds_no_more_of_the_text_than_a_character() {
    let shown = format!("{:?}", refusal(r#"{"token":"canary"#));
    assert!(!shown.contains("canary"));
    assert_eq!(refusal("{x").to_string(), "the text is not JSON at byte 1");
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 8, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..8).prop_map(Value::from),
            btree_map(any::<String>(), inner, 0..8)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>) {
        drop(object(&bytes));
    }

    #[test]
    fn no_text_that_looks_like_json_makes_it_panic(text in r#"[{}\[\]":,0-9eE+\-.a-f\\u\n \u{e9}]{0,40}"#) {
        match object(text.as_bytes()) {
            // Where serde_json keeps the last of two keys, we refuse; else both read the same.
            Ok(read) => prop_assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), Value::Object(read)),
            Err(JsonError::Unexpected { offset, .. }) => prop_assert!(offset <= text.len()),
            Err(_) => {}
        }
    }

    #[test]
    fn what_serde_json_writes_is_read_alike(entries in btree_map(any::<String>(), values(), 0..8)) {
        let written = Value::Object(entries.into_iter().collect());
        for text in [written.to_string(), serde_json::to_string_pretty(&written).unwrap()] {
            let expected: Value = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(Value::Object(object(text.as_bytes()).unwrap()), expected);
        }
    }
}
