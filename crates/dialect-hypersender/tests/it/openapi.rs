//! The document that programs read.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use waygate_dialect_hypersender::{Group, ROUTES};

use crate::schema::{check, document};
use crate::server::Server;

/// What of the vendor's own document its clients may rely on (contract, section 3).
const FRAGMENT: &str = include_str!("vendors_fragment.json");

async fn served(server: &Server, path: &str) -> Value {
    let answer = server.answer(Request::get(path).body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, 200, "{answer}");
    answer.json()
}

#[tokio::test(start_paused = true)]
async fn it_is_served_without_a_token_in_both_versions() {
    let server = Server::start().await;
    for version in ["v1", "v2"] {
        let base = format!("/api/whatsapp/{version}");
        let document = served(&server, &format!("{base}/openapi.json")).await;
        assert_eq!(document["openapi"], "3.1.0");
        assert_eq!(document["servers"][0]["url"], base);
    }
    let request = Request::post("/api/whatsapp/v2/openapi.json").body(Body::empty());
    assert_eq!(server.answer(request.unwrap()).await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn it_holds_all_that_the_vendors_own_document_promises() {
    let server = Server::start().await;
    let document = served(&server, "/api/whatsapp/v2/openapi.json").await;
    let fragment = serde_json::from_str(FRAGMENT).unwrap();
    assert_holds(&document, &fragment, "");
}

/// Whether `whole` says all of `part`, and perhaps more.
fn assert_holds(whole: &Value, part: &Value, place: &str) {
    match part {
        Value::Object(fields) => {
            for (name, field) in fields {
                let inside = format!("{place}/{name}");
                let found = whole.get(name).unwrap_or_else(|| panic!("{inside} is missing"));
                // A field that may also be null says more than one that may not.
                let is_wider =
                    name == "type" && found.as_array().is_some_and(|kinds| kinds.contains(field));
                if !is_wider {
                    assert_holds(found, field, &inside);
                }
            }
        }
        Value::Array(items) => {
            let found = whole.as_array().unwrap_or_else(|| panic!("{place} is no list"));
            assert_eq!(found.len(), items.len(), "{place}");
            for (count, (found, item)) in found.iter().zip(items).enumerate() {
                assert_holds(found, item, &format!("{place}/{count}"));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            assert_eq!(whole, part, "{place}");
        }
    }
}

#[test]
fn it_describes_every_route_and_nothing_else() {
    let document = document();
    let mut described = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for verb in operations.as_object().unwrap().keys() {
            described.push(format!("{} {path}", verb.to_uppercase()));
        }
    }
    let mut served: Vec<String> = ROUTES
        .iter()
        .map(|route| {
            let before = match route.group() {
                Group::Account => "",
                Group::Instance => "/{instance}",
            };
            format!("{} {before}/{}", route.verb().as_str(), route.name())
        })
        .collect();
    served.sort_unstable_by_key(|line| line.split(' ').next_back().map(str::to_owned));
    described.sort_unstable_by_key(|line| line.split(' ').next_back().map(str::to_owned));
    assert_eq!(described, served);
}

#[test]
fn its_examples_are_what_it_describes() {
    let document = document();
    let mut seen = 0;
    for operation in document["paths"].as_object().unwrap().values() {
        for described in operation.as_object().unwrap().values() {
            for response in described["responses"].as_object().unwrap().values() {
                let content = &response["content"]["application/json"];
                if let Some(example) = content.get("example") {
                    check(&document, &content["schema"], example).unwrap();
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 10, "{seen}");
}

#[test]
fn the_checks_of_this_suite_find_what_is_wrong() {
    let document = document();
    let schema = json!({ "$ref": "#/components/schemas/InstanceWithQRResponse" });
    let right = json!({
        "id": "x", "name": "x", "phone": null, "service_type": "whatsapp", "status": "WORKING",
        "access_token": null, "created_at": "2026-11-21T09:30:00"
    });
    check(&document, &schema, &right).unwrap();
    for (field, value, problem) in [
        ("status", json!("working"), "status: \"working\" is not one of the enumeration"),
        ("name", json!(5), "name: 5 is no \"string\""),
        ("colour", json!("red"), "`colour` is not documented"),
    ] {
        let mut wrong = right.clone();
        wrong[field] = value;
        assert_eq!(check(&document, &schema, &wrong).unwrap_err(), problem);
    }
    let mut missing = right;
    missing.as_object_mut().unwrap().remove("id");
    assert_eq!(check(&document, &schema, &missing).unwrap_err(), "`id` is missing");
}
