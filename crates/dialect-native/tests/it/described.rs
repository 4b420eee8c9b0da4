//! Every answer that a test sees, held against what the API says of itself.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex};

use jsonschema::Validator;
use serde_json::{Value, json};
use waygate_dialect_native::document;

use crate::server::Answer;

/// The document, with one rule more than clients have: what is not described is not answered.
static DESCRIPTION: LazyLock<Value> = LazyLock::new(|| {
    let mut document = document();
    for schema in document["components"]["schemas"].as_object_mut().unwrap().values_mut() {
        close(schema);
    }
    document
});

fn close(schema: &mut Value) {
    if schema["type"] == "object" || schema["type"] == json!(["object", "null"]) {
        schema["additionalProperties"] = false.into();
    }
    match schema {
        Value::Object(map) => map.values_mut().for_each(close),
        Value::Array(list) => list.iter_mut().for_each(close),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The operation of a request; `None` for what is not described, such as the calls of the link page.
fn operation(verb: &str, path: &str) -> Option<&'static Value> {
    let path = path.split('?').next()?;
    let fits = |template: &str| {
        let (sent, expected) = (path.split('/'), template.split('/'));
        sent.clone().count() == expected.clone().count()
            && sent.zip(expected).all(|(sent, expected)| {
                sent == expected || (expected.starts_with('{') && !sent.is_empty())
            })
    };
    let paths = DESCRIPTION["paths"].as_object()?;
    let (_template, operations) = paths.iter().find(|(template, _)| fits(template))?;
    let verb = if verb == "HEAD" { "GET" } else { verb };
    operations.get(verb.to_ascii_lowercase())
}

fn resolved(value: &'static Value) -> &'static Value {
    match value["$ref"].as_str() {
        Some(path) => DESCRIPTION.pointer(path.strip_prefix('#').unwrap()).unwrap(),
        None => value,
    }
}

/// What checks a value against this schema. Making one takes longer than most tests do.
fn validator(schema: &Value) -> Arc<Validator> {
    static MADE: Mutex<BTreeMap<String, Arc<Validator>>> = Mutex::new(BTreeMap::new());
    let mut made = MADE.lock().unwrap();
    let known = made.entry(schema.to_string()).or_insert_with(|| {
        let whole = json!({"allOf": [schema], "components": DESCRIPTION["components"]});
        Arc::new(jsonschema::options().should_validate_formats(true).build(&whole).unwrap())
    });
    Arc::clone(known)
}

/// Fails when the answer is none that is described: its status, its headers, its type, its body.
pub(crate) fn check(verb: &str, path: &str, answer: &Answer) {
    let Some(operation) = operation(verb, path) else { return };
    let name = &operation["operationId"];
    let told = operation["responses"].get(answer.status.to_string());
    let told = resolved(told.unwrap_or_else(|| panic!("{name}: nobody told of {answer}")));
    for (header, told) in told["headers"].as_object().unwrap() {
        let is_there = answer.header(header).is_some() || resolved(told)["required"] == false;
        assert!(is_there, "{name}: no {header} in {answer}");
    }
    let sent = answer.header("content-type").map(|it| it.split(';').next().unwrap());
    let Some(content) = told.get("content").and_then(Value::as_object) else {
        assert_eq!(sent, None, "{name}: {answer}");
        return;
    };
    let form = content.get(sent.unwrap_or_default());
    let form = form.unwrap_or_else(|| panic!("{name}: nobody told of {sent:?}"));
    if let Some(schema) = form.get("schema").filter(|_| verb != "HEAD") {
        let body = if sent == Some("text/plain") { answer.body().into() } else { answer.json() };
        let validator = validator(schema);
        let wrong: Vec<_> = validator.iter_errors(&body).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{name}: {wrong:?} in {answer}");
    }
}
