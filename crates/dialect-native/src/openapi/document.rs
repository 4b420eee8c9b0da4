//! The document, put together: what the table of routes says, and what is said of each route.

use serde_json::{Map, Value, json};

use super::operation::{Content, Operation};
use super::operations::TAGS;
use super::{parameters, refusals};
use crate::problem::Code;
use crate::route::Verb;

/// What it says of the whole.
pub(crate) const DESCRIPTION: &str = "Waygate's own API. JSON in UTF-8 goes in and comes out.\n\n\
    A client must not mind fields that it does not know: more will come. Waygate is strict in the \
    other direction. A field or a parameter that a route does not know, or one that is sent twice, \
    is refused by its name. `null` is the same as no field, except where a `PATCH` takes something \
    away with it.\n\n\
    Errors are problem details (RFC 9457). Programs test `code`; `detail` is for people and may \
    change. Pages of other origins cannot read this API.";

/// How a token is sent.
pub(crate) const BEARER: &str = "A token of kind `native`, which begins with `wg_`. It opens what \
    belongs to its account, as far as its scopes go, and nothing of others; one with the scope \
    `admin` opens every account. Each operation names the scope that it needs. \
    `waygate token create --kind native` makes a token.";

/// The version of the contract, as in its paths. Waygate's own is another matter.
const VERSION: &str = "1";

/// The headers of answers, by their names.
const HEADERS: [(&str, &str); 9] = [
    (
        IDEMPOTENCY_REPLAYED,
        "`true` where this was answered before, to the first request with this `Idempotency-Key`.",
    ),
    ("Location", "Where what was made can be found from now on."),
    (
        RATE_LIMIT,
        "What is left of the limits that this request was counted for, as a list of structured \
         fields: `r` requests, and all of them again in `t` seconds. `usual` and `costly` are a \
         token's, `new-codes` an instance's.",
    ),
    (RATE_LIMIT_POLICY, "These limits: `q` requests in `w` seconds."),
    ("Retry-After", "In how many seconds to come back."),
    ("Sec-WebSocket-Version", "The version of websockets that is spoken here."),
    ("Upgrade", "What the connection can be made into: a websocket."),
    ("WWW-Authenticate", "How to authenticate."),
    ("X-Request-Id", "What Waygate's log calls this request."),
];

/// The headers that an answer may also be without.
const NOT_ALWAYS: [&str; 3] = [IDEMPOTENCY_REPLAYED, RATE_LIMIT, RATE_LIMIT_POLICY];

const IDEMPOTENCY_REPLAYED: &str = "Idempotency-Replayed";

const RATE_LIMIT: &str = "RateLimit";

const RATE_LIMIT_POLICY: &str = "RateLimit-Policy";

/// The description of this API, in OpenAPI 3.1.
pub fn document() -> Value {
    let tags = TAGS.iter().map(|tag| json!({"name": tag.name, "description": tag.says}));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Waygate",
            "version": VERSION,
            "description": DESCRIPTION,
            "license": {"name": "AGPL-3.0-only", "identifier": "AGPL-3.0-only"}
        },
        "servers": [{"url": "/", "description": "Where this document is."}],
        "tags": tags.collect::<Vec<_>>(),
        "paths": paths(),
        "components": {
            "schemas": schemas(),
            "headers": headers(),
            "responses": responses(),
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": BEARER}
            }
        }
    })
}

fn paths() -> Value {
    let mut paths = Map::new();
    for tag in TAGS {
        for operation in tag.operations {
            let path = paths.entry(operation.template).or_insert_with(|| json!({}));
            path[operation.verb.as_str().to_ascii_lowercase()] = described(operation, tag.name);
        }
    }
    paths.into()
}

fn described(operation: &Operation, tag: &str) -> Value {
    let mut told = json!({
        "operationId": operation.id,
        "tags": [tag],
        "summary": operation.summary,
        "security": [{"key": [operation.scope()]}],
        "responses": answers(operation)
    });
    if !operation.description.is_empty() {
        told["description"] = operation.description.into();
    }
    let parameters = parameters_of(operation);
    if !parameters.is_empty() {
        told["parameters"] = parameters.into();
    }
    if let Some(body) = &operation.body {
        told["requestBody"] = json!({
            "required": body.is_required,
            "content": {"application/json": {"schema": reference("schemas", body.schema)}}
        });
    }
    told
}

fn parameters_of(operation: &Operation) -> Vec<Value> {
    let in_path = operation.path_parameters().map(|name| ("path", name, parameters::in_path(name)));
    let names = operation.route().map(|route| route.parameters).unwrap_or_default();
    let in_query = names.iter().map(|&name| ("query", name, parameters::in_query(name)));
    let in_header = parameters::header_of(operation.verb);
    let in_header = in_header.map(|name| ("header", name, parameters::in_header(name)));
    in_path
        .chain(in_query)
        .chain(in_header)
        .filter_map(|(place, name, schema)| {
            let mut schema = schema?;
            let description = schema.description.take();
            Some(json!({
                "name": name,
                "in": place,
                "required": place == "path",
                "description": description,
                "schema": schema
            }))
        })
        .collect()
}

fn answers(operation: &Operation) -> Value {
    let done = &operation.done;
    let mut headers = of_all();
    if operation.verb == Verb::Post {
        headers[IDEMPOTENCY_REPLAYED] = reference("headers", IDEMPOTENCY_REPLAYED);
    }
    if done.is_at_location {
        headers["Location"] = reference("headers", "Location");
    }
    let mut told = json!({"description": done.says, "headers": headers});
    if !done.content.is_empty() {
        told["content"] = done.content.iter().map(|content| content_entry(*content)).collect();
    }
    let mut answers = Map::from_iter([(done.status.to_string(), told)]);
    for refusals in operation.refusals().chunk_by(|one, other| one.0.status() == other.0.status()) {
        let Some((code, _when)) = refusals.first() else { continue };
        answers.insert(code.status().as_u16().to_string(), refusal(refusals));
    }
    answers.into()
}

/// The headers of every answer to whoever was let in.
fn of_all() -> Value {
    let names = [RATE_LIMIT, RATE_LIMIT_POLICY, "X-Request-Id"];
    names.into_iter().map(|name| (name.to_owned(), reference("headers", name))).collect()
}

fn content_entry(content: Content) -> (String, Value) {
    let entry = match content {
        Content::Json(name) => json!({"schema": reference("schemas", name)}),
        Content::Text(says) => json!({"schema": {"type": "string", "description": says}}),
        // No schema: a picture is no JSON, and a stream is more than one.
        Content::Png | Content::Svg | Content::Events | Content::File(_) => json!({}),
    };
    (content.media_type().to_owned(), entry)
}

/// The answer of one status: shared with other operations where nothing is special about it.
fn refusal(refusals: &[(Code, &'static str)]) -> Value {
    match refusals {
        [(code, when)] if *when == refusals::meaning(*code) => {
            reference("responses", code.as_str())
        }
        several => problem(several),
    }
}

/// An answer that is one of these refusals.
fn problem(refusals: &[(Code, &'static str)]) -> Value {
    let mut headers = of_all();
    let mut says = Vec::new();
    for (code, when) in refusals {
        says.push(format!("`{}`: {when}", code.as_str()));
        // Those that come with every refusal of this status.
        let always = |name: &&&str| {
            refusals.iter().all(|(other, _when)| refusals::headers(*other).contains(*name))
        };
        for name in refusals::headers(*code).iter().filter(always) {
            headers[*name] = reference("headers", name);
        }
    }
    let codes: Vec<&str> = refusals.iter().map(|(code, _when)| code.as_str()).collect();
    let status = refusals.first().map(|(code, _when)| code.status().as_u16());
    json!({
        "description": says.join("\n\n"),
        "headers": headers,
        "content": {"application/problem+json": {"schema": {"allOf": [
            reference("schemas", "Problem"),
            {"properties": {"status": {"const": status}, "code": {"enum": codes}}}
        ]}}}
    })
}

fn schemas() -> Map<String, Value> {
    super::schemas::all().map(|(name, schema)| (name.to_owned(), json!(schema))).collect()
}

fn responses() -> Map<String, Value> {
    let used = |code: &&Code| {
        let is_it = |told: &(Code, &str)| *told == (**code, refusals::meaning(**code));
        super::operations::all().any(|operation| operation.refusals().iter().any(is_it))
    };
    let codes = refusals::ALL.iter().filter(used);
    codes
        .map(|code| (code.as_str().to_owned(), problem(&[(*code, refusals::meaning(*code))])))
        .collect()
}

fn headers() -> Map<String, Value> {
    let header = |(name, says): (&str, &str)| {
        let r#type = if name == "Retry-After" { "integer" } else { "string" };
        let required = !NOT_ALWAYS.contains(&name);
        let schema = json!({"type": r#type});
        (name.to_owned(), json!({"description": says, "required": required, "schema": schema}))
    };
    HEADERS.into_iter().map(header).collect()
}

fn reference(kind: &str, name: &str) -> Value {
    json!({"$ref": format!("#/components/{kind}/{name}")})
}
