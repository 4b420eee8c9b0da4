//! Faults over HTTP: ordered, shown, lifted, and refused when they are none.

use std::collections::BTreeSet;

use serde_json::{Value, json as value};
use waygate_sim::Fault;

use crate::{
    http::{call, json, serve},
    linking::NUMBER,
};

/// The page that tells of them.
fn page() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/internals/sim.md");
    std::fs::read_to_string(path).unwrap()
}

/// The orders in the page's examples.
fn examples() -> Vec<Value> {
    let page = page();
    let orders = page.split('\'').filter(|text| text.starts_with(r#"{"fault":"#));
    orders.map(|text| serde_json::from_str(text).unwrap_or_else(|_| panic!("{text}"))).collect()
}

/// The names that the code knows, as its parser tells them.
fn names() -> BTreeSet<String> {
    let unknown = serde_json::from_value::<Fault>(value!({ "fault": "?" })).unwrap_err();
    let unknown = unknown.to_string();
    let (_, known) = unknown.split_once("expected one of ").unwrap();
    known.split(", ").map(|name| name.trim_matches('`').to_owned()).collect()
}

#[test]
fn the_page_has_an_example_and_a_row_for_every_fault_and_for_no_other() {
    let example = |order: &Value| order["fault"].as_str().unwrap().to_owned();
    assert_eq!(examples().iter().map(example).collect::<BTreeSet<_>>(), names());
    let page = page();
    let (_, table) = page.split_once("| fault | what happens |").unwrap();
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let named: BTreeSet<String> =
        rows.filter_map(|row| Some(row.split('`').nth(1)?.to_owned())).collect();
    assert_eq!(named, names());
}

#[tokio::test]
async fn every_example_of_the_page_is_taken() {
    let served = serve().await;
    served.sim.add_phone(NUMBER).unwrap();
    for order in examples() {
        let answer = call(&served.control, "POST /faults", Some(&order.to_string())).await;
        assert_eq!(answer, (204, String::new()), "{order}");
    }
    served.stop().await;
}

#[tokio::test]
async fn what_stands_is_shown_counted_and_lifted() {
    let served = serve().await;
    served.sim.add_phone(NUMBER).unwrap();
    let at = served.control.as_str();
    let none = (200, value!({ "faults": [] }));
    assert_eq!(json(at, "GET /faults", None).await, none);
    let orders = [
        value!({ "fault": "refuse_dials", "count": 2, "status": 429 }),
        value!({ "fault": "drop", "direction": "to_client", "stanza": "ack", "number": NUMBER,
            "device": 1, "percent": 50, "for_ms": 60_000 }),
        value!({ "fault": "refuse_logins", "attrs": { "reason": "banana" } }),
        value!({ "fault": "cut_connection", "at": "before_ack" }),
    ];
    for order in &orders {
        assert_eq!(call(at, "POST /faults", Some(&order.to_string())).await.0, 204, "{order}");
    }
    served.sim.dial().unwrap_err();
    let (_, shown) = json(at, "GET /faults", None).await;
    let with = |order: &Value, id: u64, struck: u64| {
        let mut shown = order.clone();
        shown["id"] = value!(id);
        shown["struck"] = value!(struck);
        shown
    };
    let mut first = with(&orders[0], 1, 1);
    first["left"] = value!(1);
    let rest = (1..4_usize).map(|at| with(&orders[at], at as u64 + 1, 0));
    let expected: Vec<Value> = std::iter::once(first).chain(rest).collect();
    assert_eq!(shown["faults"], value!(expected));
    let (_, report) = json(at, "GET /report", None).await;
    assert_eq!(report["faults"], value!({ "refuse_dials": 1 }));

    assert_eq!(call(at, "DELETE /faults/2", None).await, (204, String::new()));
    for gone in ["DELETE /faults/2", "DELETE /faults/all", "DELETE /faults/-1"] {
        let (status, problem) = json(at, gone, None).await;
        assert_eq!((status, &problem["code"]), (404, &value!("no_such_fault")), "{gone}");
    }
    assert_eq!(json(at, "GET /faults", None).await.1["faults"].as_array().unwrap().len(), 3);
    assert_eq!(call(at, "DELETE /faults", None).await, (204, String::new()));
    assert_eq!(json(at, "GET /faults", None).await, none);
    served.sim.dial().unwrap();
    served.stop().await;
}

#[tokio::test]
async fn an_order_that_is_none_is_refused_in_a_code_and_a_sentence() {
    let served = serve().await;
    served.sim.add_phone(NUMBER).unwrap();
    let rows = [
        (value!({ "fault": "flood" }), 400, "bad_json", "flood"),
        (value!([]), 400, "bad_json", "JSON"),
        (value!({ "count": 1 }), 400, "bad_json", "fault"),
        (value!({ "fault": "rotate_leaf", "x": 1 }), 400, "bad_json", "`x`"),
        (value!({ "fault": "hang_dials", "count": -1 }), 400, "bad_json", "count: "),
        (value!({ "fault": "drop", "direction": "up" }), 400, "bad_json", "`to_client`"),
        (value!({ "fault": "drop" }), 400, "bad_json", "direction"),
        (value!({ "fault": "stream_error", "code": "soon" }), 400, "bad_json", "u16"),
        (value!({ "fault": "refuse_logins", "reason": 0 }), 400, "bad_fault", "at least 1"),
        (value!({ "fault": "refuse_registrations", "reason": 0 }), 400, "bad_fault", "at least 1"),
        (value!({ "fault": "refuse_codes", "reason": 0 }), 400, "bad_fault", "at least 1"),
        (value!({ "fault": "refuse_messages", "error": 0 }), 400, "bad_fault", "at least 1"),
        (value!({ "fault": "stream_error", "code": 0 }), 400, "bad_fault", "at least 1"),
        (value!({ "fault": "refuse_dials", "status": 200 }), 400, "bad_fault", "status"),
        (value!({ "fault": "refuse_dials", "percent": 0 }), 400, "bad_fault", "percentage"),
        (value!({ "fault": "refuse_dials", "number": NUMBER }), 400, "bad_fault", "account"),
        (value!({ "fault": "hang_dials", "number": NUMBER }), 400, "bad_fault", "account"),
        (value!({ "fault": "restart_server", "percent": 50 }), 400, "bad_fault", "share"),
        (value!({ "fault": "rotate_leaf", "count": 1 }), 400, "bad_fault", "at once"),
        (value!({ "fault": "go_mute", "for_ms": 1 }), 400, "bad_fault", "at once"),
        (value!({ "fault": "cut_connection", "device": 1 }), 400, "bad_fault", "number"),
        (
            value!({ "fault": "slow_phone", "by_ms": 1, "number": NUMBER, "device": 1 }),
            400,
            "bad_fault",
            "device",
        ),
        (
            value!({ "fault": "cut_connection", "number": "15559999999" }),
            404,
            "no_such_phone",
            "phone",
        ),
    ];
    for (order, expected, code, word) in rows {
        let body = order.to_string();
        let (status, problem) = json(&served.control, "POST /faults", Some(&body)).await;
        assert_eq!((status, &problem["code"]), (expected, &value!(code)), "{order}");
        let sentence = problem["message"].as_str().unwrap();
        assert!(sentence.contains(word) && sentence.ends_with('.'), "{order}: {sentence}");
    }
    assert_eq!(served.sim.faults(), []);
    served.stop().await;
}
