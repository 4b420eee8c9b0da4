//! Answers against the OpenAPI document that is served. The part of JSON Schema that it uses is small,
//! and stricter here than the standard: an answer has no field that the document does not name.

use serde_json::{Map, Value};

use crate::server::Answer;

const DOCUMENT: &str = include_str!("../../src/openapi.json");

pub(crate) fn document() -> Value {
    serde_json::from_str(DOCUMENT).unwrap()
}

/// What an answer to this request may be, by the document; nothing where the request is none of it.
pub(crate) fn assert_documented(verb: &str, path: &str, answer: &Answer) {
    let document = document();
    let Some(operation) = operation(&document, verb, path) else { return };
    // Of every route: a fault of the server, and a body that does not come or breaks off.
    if [408, 500].contains(&answer.status) && operation["responses"].get("500").is_none() {
        return;
    }
    let response = operation["responses"].get(answer.status.to_string());
    let response = response.unwrap_or_else(|| panic!("{verb} {path}: {answer} is not documented"));
    if let Some(headers) = response["headers"].as_object() {
        // Answers tell of no rate where there is none.
        for name in headers.keys().filter(|_| answer.header("x-ratelimit-limit").is_some()) {
            assert!(answer.header(name).is_some(), "{verb} {path}: {answer} has no {name}");
        }
    }
    if verb == "HEAD" {
        return;
    }
    assert_eq!(answer.header("content-type"), Some("application/json"), "{verb} {path}");
    let schema = &response["content"]["application/json"]["schema"];
    if let Err(problem) = check(&document, schema, &answer.json()) {
        panic!("{verb} {path}: {problem} in {answer}");
    }
}

fn operation<'a>(document: &'a Value, verb: &str, path: &str) -> Option<&'a Value> {
    let (version, path) = path.strip_prefix("/api/whatsapp/")?.split_once('/')?;
    if !["v1", "v2"].contains(&version) {
        return None;
    }
    let template = match path.split_once('/') {
        Some((_instance, name)) => format!("/{{instance}}/{name}"),
        None => format!("/{path}"),
    };
    let verb = if verb == "HEAD" { "get".to_owned() } else { verb.to_lowercase() };
    document["paths"].get(&template)?.get(verb)
}

/// The properties of a schema and of all that it consists of.
fn properties<'a>(document: &'a Value, schema: &'a Value) -> Map<String, Value> {
    let schema = resolved(document, schema);
    let mut all = schema["properties"].as_object().cloned().unwrap_or_default();
    for part in schema["allOf"].as_array().into_iter().flatten() {
        all.extend(properties(document, part));
    }
    all
}

fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(pointer) => document.pointer(pointer.trim_start_matches('#')).expect("it leads there"),
        None => schema,
    }
}

pub(crate) fn check(document: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    let schema = resolved(document, schema);
    if let Some(named) = schema.get("type") {
        let kind = kind(value);
        let fits =
            named == kind || named.as_array().is_some_and(|kinds| kinds.contains(&kind.into()));
        if !fits {
            return Err(format!("{value} is no {named}"));
        }
    }
    if let Some(values) = schema["enum"].as_array()
        && !values.contains(value)
    {
        return Err(format!("{value} is not one of the enumeration"));
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        check_required(document, part, value)?;
    }
    check_required(document, schema, value)?;
    for item in value.as_array().into_iter().flatten() {
        check(document, &schema["items"], item)?;
    }
    let known = properties(document, schema);
    for (name, inside) in value.as_object().into_iter().flatten() {
        let schema = known.get(name).or_else(|| schema.get("additionalProperties"));
        let schema = schema.ok_or_else(|| format!("`{name}` is not documented"))?;
        check(document, schema, inside).map_err(|problem| format!("{name}: {problem}"))?;
    }
    Ok(())
}

fn check_required(document: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    let required = resolved(document, schema)["required"].as_array().into_iter().flatten();
    let missing = required.filter_map(Value::as_str).find(|name| value.get(name).is_none());
    missing.map_or(Ok(()), |name| Err(format!("`{name}` is missing")))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
