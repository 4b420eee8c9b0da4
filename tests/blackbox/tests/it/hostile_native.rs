//! Requests of strangers to the native API: wrong keys, ids, verbs, bodies and parameters.
//!
//! As for GREEN-API, each kind of mistake is a row of a table, and is made with every route.
#![expect(clippy::unwrap_used, reason = "test code")]

use serde_json::{Value, json};

use crate::attacked_server::Attacked;
use crate::raw_client::{Reply, Request};

/// One route: its verb, its address with names in braces, and the other verbs of that address.
#[derive(Debug, Clone, Copy)]
struct Route {
    verb: &'static str,
    template: &'static str,
    allow: &'static str,
}

const fn route(verb: &'static str, template: &'static str, allow: &'static str) -> Route {
    Route { verb, template, allow }
}

const ROUTES: [Route; 44] = [
    route("POST", "/instances", "POST, GET, HEAD"),
    route("GET", "/instances", "POST, GET, HEAD"),
    route("GET", "/instances/{instance}", "GET, HEAD, PATCH, DELETE"),
    route("PATCH", "/instances/{instance}", "GET, HEAD, PATCH, DELETE"),
    route("DELETE", "/instances/{instance}", "GET, HEAD, PATCH, DELETE"),
    route("GET", "/instances/{instance}/state-history", "GET, HEAD"),
    route("GET", "/instances/{instance}/notification-queue", "GET, HEAD"),
    route("GET", "/instances/{instance}/events", "GET, HEAD"),
    route("GET", "/instances/{instance}/events/stream", "GET, HEAD"),
    route("GET", "/instances/{instance}/events/{event}/media", "GET, HEAD"),
    route("POST", "/instances/{instance}/messages", "POST"),
    route("GET", "/instances/{instance}/messages/queue", "GET, HEAD, DELETE"),
    route("DELETE", "/instances/{instance}/messages/queue", "GET, HEAD, DELETE"),
    route("GET", "/instances/{instance}/messages/{message}", "GET, HEAD"),
    route("GET", "/instances/{instance}/settings", "GET, HEAD, PATCH"),
    route("PATCH", "/instances/{instance}/settings", "GET, HEAD, PATCH"),
    route("POST", "/instances/{instance}/logout", "POST"),
    route("POST", "/instances/{instance}/restart", "POST"),
    route("POST", "/instances/{instance}/start", "POST"),
    route("POST", "/instances/{instance}/stop", "POST"),
    route("POST", "/instances/{instance}/linking-attempts", "POST, GET, HEAD"),
    route("GET", "/instances/{instance}/linking-attempts", "POST, GET, HEAD"),
    route("GET", "/instances/{instance}/linking-attempts/{attempt}", "GET, HEAD, DELETE"),
    route("DELETE", "/instances/{instance}/linking-attempts/{attempt}", "GET, HEAD, DELETE"),
    route("GET", "/instances/{instance}/linking-attempts/{attempt}/qr", "GET, HEAD"),
    route("GET", "/instances/{instance}/linking-attempts/{attempt}/qr.png", "GET, HEAD"),
    route("GET", "/instances/{instance}/linking-attempts/{attempt}/qr.svg", "GET, HEAD"),
    route("GET", "/instances/{instance}/linking-attempts/{attempt}/qr.ansi", "GET, HEAD"),
    route("GET", "/instances/{instance}/linking-attempts/{attempt}/qr.txt", "GET, HEAD"),
    route("POST", "/instances/{instance}/link-tickets", "POST, GET, HEAD"),
    route("GET", "/instances/{instance}/link-tickets", "POST, GET, HEAD"),
    route("DELETE", "/instances/{instance}/link-tickets/{link_ticket}", "DELETE"),
    route("POST", "/webhook-endpoints", "POST, GET, HEAD"),
    route("GET", "/webhook-endpoints", "POST, GET, HEAD"),
    route("GET", "/webhook-endpoints/{webhook_endpoint}", "GET, HEAD, PATCH, DELETE"),
    route("PATCH", "/webhook-endpoints/{webhook_endpoint}", "GET, HEAD, PATCH, DELETE"),
    route("DELETE", "/webhook-endpoints/{webhook_endpoint}", "GET, HEAD, PATCH, DELETE"),
    route("POST", "/webhook-endpoints/{webhook_endpoint}/rotate-secret", "POST"),
    route("GET", "/webhook-endpoints/{webhook_endpoint}/deliveries", "GET, HEAD"),
    route("POST", "/webhook-endpoints/{webhook_endpoint}/replay", "POST"),
    route("GET", "/audit", "GET, HEAD"),
    route("POST", "/tokens", "POST, GET, HEAD"),
    route("GET", "/tokens/{token}", "GET, HEAD, DELETE"),
    route("DELETE", "/tokens/{token}", "GET, HEAD, DELETE"),
];

/// The longest body in bytes.
const BODY_BYTES_MAX: usize = 256 * 1024;

/// A UUID of nothing.
const NOBODY: &str = "67e55044-10b1-426f-9247-bb680e5fe0c8";

const NO_INSTANCE: &str = "there is no such instance";
const NO_PATH: &str = "there is nothing at this address";

impl Route {
    fn path(self, attacked: &Attacked) -> String {
        self.path_of(&attacked.shop.number.to_string())
    }

    fn path_of(self, instance: &str) -> String {
        let rest = self.template.replace("{instance}", instance);
        let rest = rest.replace("{attempt}", NOBODY).replace("{link_ticket}", NOBODY);
        let rest = rest.replace("{webhook_endpoint}", NOBODY).replace("{message}", NOBODY);
        let rest = rest.replace("{event}", "7");
        format!("/api/v1{}", rest.replace("{token}", NOBODY))
    }

    /// What is told where nobody has what the address names, and it names no instance.
    fn no_such_thing(self) -> &'static str {
        if self.template.contains("{webhook_endpoint}") {
            "there is no such webhook endpoint"
        } else {
            "there is no such token"
        }
    }

    fn request(self, attacked: &Attacked, path: &str) -> Request {
        keyed(self.verb, path, attacked.key())
    }
}

fn keyed(verb: &str, path: &str, key: &str) -> Request {
    Request::new(verb, path).header("Authorization", &format!("Bearer {key}"))
}

/// A problem as it is told.
fn problem(status: u16, title: &str, code: &str, detail: &str) -> String {
    let detail = json!(detail);
    format!(
        r#"{status} {{"type":"about:blank","title":"{title}","status":{status},"code":"{code}","detail":{detail}}}"#
    )
}

fn unauthorized(detail: &str) -> String {
    problem(401, "Unauthorized", "unauthorized", detail)
}

fn not_found(detail: &str) -> String {
    problem(404, "Not Found", "not_found", detail)
}

fn invalid(detail: &str) -> String {
    problem(400, "Bad Request", "invalid", detail)
}

fn assert_problem(reply: &Reply, told: &str, case: &str) {
    assert_eq!(reply.told(), told, "{case}");
    assert_eq!(reply.header("content-type"), Some("application/problem+json"), "{case}");
    let asks = (reply.status == 401).then_some("Bearer");
    assert_eq!(reply.header("www-authenticate"), asks, "{case}");
    assert_eq!(reply.header("access-control-allow-origin"), None, "{case}");
}

/// With so many keys that none is used too often; their rates are nobody's to lift.
async fn attacked() -> Attacked {
    Attacked::start_with_keys(20).await
}

const MALFORMED: &str = "the Authorization header holds no single bearer token";
const UNKNOWN: &str = "the token is unknown, revoked or of another kind";
const MISSING: &str = "a bearer token is needed";

/// What stands in `Authorization`, and what it is told.
const NO_KEYS: [(&str, &str); 12] = [
    ("", MISSING),
    ("Basic d2c6d2c=", MISSING),
    ("Bearer", MALFORMED),
    ("Bearer a b", MALFORMED),
    ("Bearer \u{e9}", MALFORMED),
    ("Bearer ..", UNKNOWN),
    ("Bearer %77%67", UNKNOWN),
    ("Bearer wg_0123456789abcdef0123456789abcdef0123456789abcdef01a5b9c3d7", UNKNOWN),
    ("Bearer wg_", UNKNOWN),
    ("Bearer null", UNKNOWN),
    ("Bearer {partner}", UNKNOWN),
    ("Bearer {instance}", UNKNOWN),
];

#[tokio::test]
async fn a_wrong_key_opens_no_route_and_nothing_else_is_said() {
    let attacked = attacked().await;
    let revoked = revoked_key(&attacked).await;
    for route in ROUTES {
        let path = route.path(&attacked);
        let mut wrong: Vec<(Request, &str)> = vec![(Request::new(route.verb, &path), MISSING)];
        for (sent, told) in NO_KEYS {
            let sent = sent.replace("{partner}", &attacked.partner);
            let sent = sent.replace("{instance}", &attacked.shop.token);
            wrong.push((Request::new(route.verb, &path).header("Authorization", &sent), told));
        }
        let (cut, doubled) = (&attacked.keys[0].split_at(60).0, attacked.keys[0].repeat(2));
        wrong.push((keyed(route.verb, &path, cut), UNKNOWN));
        wrong.push((keyed(route.verb, &path, &doubled), UNKNOWN));
        wrong.push((keyed(route.verb, &path, &"x".repeat(20_000)), MALFORMED));
        wrong.push((keyed(route.verb, &path, &revoked), UNKNOWN));
        let right = keyed(route.verb, &path, &attacked.keys[0]);
        wrong.push((right.header("Authorization", "Basic d2c6d2c="), MALFORMED));
        wrong.push((keyed("PIGEON", &path, "wg_"), UNKNOWN));
        wrong.push((keyed("POST", &path, "wg_").body("{"), UNKNOWN));
        for (request, told) in wrong {
            let reply = attacked.refuses(&request).await;
            assert_problem(&reply, &unauthorized(told), &path);
        }
    }
    attacked.survives().await;
}

/// A key that was good.
async fn revoked_key(attacked: &Attacked) -> String {
    let body = r#"{"kind":"native"}"#;
    let issue = keyed("POST", "/api/v1/tokens", &attacked.keys[0]).body(body);
    let reply = attacked.ask(&issue).await;
    assert_eq!(reply.status, 201);
    let issued: Value = serde_json::from_str(&reply.body).unwrap();
    let [key, id] = ["token", "id"].map(|it| issued[it].as_str().unwrap().to_owned());
    let revoke = keyed("DELETE", &format!("/api/v1/tokens/{id}"), &key);
    assert_eq!(attacked.ask(&revoke).await.status, 204);
    key
}

/// What is nobody's id, in the place of an instance's, an attempt's or a token's.
const NO_IDS: [&str; 12] = [
    NOBODY,
    "00000000-0000-0000-0000-000000000000",
    "67e55044",
    "4242424242",
    "0",
    "-1",
    "111111111111111111111111111111",
    "%31%32",
    "%ff",
    "..",
    "null",
    "{instance}",
];

#[tokio::test]
async fn an_id_of_nothing_is_not_found_however_it_is_written() {
    let attacked = attacked().await;
    let mut ids: Vec<String> = NO_IDS.map(str::to_owned).to_vec();
    ids.push(attacked.deleted.number.to_string());
    ids.push(format!("{}x", attacked.shop.number));
    ids.push("7".repeat(20_000));
    for route in ROUTES.into_iter().filter(|route| route.template.contains('{')) {
        for id in &ids {
            let (path, told) = if route.template.contains("{instance}") {
                (route.path_of(id), NO_INSTANCE)
            } else {
                (route.path(&attacked).replace(NOBODY, id), route.no_such_thing())
            };
            let reply = attacked.refuses(&route.request(&attacked, &path)).await;
            let case = format!("{} {path:.200}", route.verb);
            assert_problem(&reply, &not_found(told), &case);
        }
    }
    for route in ROUTES.into_iter().filter(|route| route.template.contains("{attempt}")) {
        for id in &ids {
            let path = route.path(&attacked).replace(NOBODY, id);
            let reply = attacked.refuses(&route.request(&attacked, &path)).await;
            assert_problem(&reply, &not_found("there is no such linking attempt"), route.template);
        }
    }
    attacked.survives().await;
}

/// Addresses of nothing.
const NO_PATHS: [&str; 13] = [
    "/api/v1",
    "/api/v1/",
    "/api/v1/nothing",
    "/api/v1/Instances",
    "/api/v1/instances/",
    "/api/v1/instances/1/2/3/4/5/6",
    "/api/v1/instances/../instances",
    "/api/v1/%69nstances",
    "/api/v1/instances%2f1",
    "/api/v1/instances;x=1",
    "/api/v1/.env",
    "/api/v1/..%2f..%2fetc%2fpasswd",
    "/api/v1/%ff%fe",
];

#[tokio::test]
async fn a_wrong_verb_is_told_the_right_ones_and_a_wrong_path_is_told_nothing() {
    let attacked = attacked().await;
    for route in ROUTES {
        let path = route.path(&attacked);
        for verb in ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PIGEON", "get"] {
            if route.allow.split(", ").any(|allowed| allowed == verb) {
                continue;
            }
            let reply = attacked.refuses(&keyed(verb, &path, attacked.key()).body("{")).await;
            let told = "the address does not know this method";
            let told = problem(405, "Method Not Allowed", "method_not_allowed", told);
            assert_problem(&reply, &told, &format!("{verb} {path}"));
            assert_eq!(reply.header("allow"), Some(route.allow), "{verb} {path}");
        }
    }
    for path in NO_PATHS {
        for request in [keyed("GET", path, attacked.key()), Request::new("PIGEON", path)] {
            let reply = attacked.refuses(&request.body("{")).await;
            assert_problem(&reply, &not_found(NO_PATH), path);
        }
    }
    for path in [
        "/console",
        "/api",
        "/api/v2/instances",
        "/API/v1/instances",
        "/.git/config",
        "/wp-login.php",
    ] {
        let reply = attacked.refuses(&keyed("GET", path, attacked.key())).await;
        assert_eq!(reply.told(), r#"404 {"message":"Not Found"}"#, "{path}");
    }
    attacked.survives().await;
}

/// What a body is told that no route can read; which field is unknown differs.
fn no_json() -> Vec<(Vec<u8>, &'static str)> {
    let row = |body: &[u8], detail| (body.to_vec(), detail);
    vec![
        row(b"{\"name\":", "the body cannot be read: the text ends too early"),
        row(b"[]", "the body cannot be read: the text is not a JSON object"),
        row(b"null", "the body cannot be read: the text is not a JSON object"),
        row(b"\xef\xbb\xbf\"x\"", "the body cannot be read: the text is not a JSON object"),
        row(b"{\"name\":NaN}", "the body cannot be read: the text is not JSON at byte 8"),
        row(b"name=shop", "the body cannot be read: the text is not JSON at byte 1"),
        row(b"{\"a\":1,\"a\":1}", "the body cannot be read: a key occurs twice"),
        row(b"{\"name\":\"\xff\"}", "the body cannot be read: the text is not UTF-8 at byte 9"),
        row(
            "[".repeat(10_000).as_bytes(),
            "the body cannot be read: the text is nested too deeply",
        ),
        row(
            "{\"a\":".repeat(9000).as_bytes(),
            "the body cannot be read: the text is nested too deeply",
        ),
        row(b"{\"pigeon\":1}", "there is no field `pigeon`"),
        row(b"{\"account\":\"main\"}", "there is no field `account`"),
        row(b"{\"__proto__\":{}}", "there is no field `__proto__`"),
        row(
            format!("{{\"{}\":1}}", "k".repeat(100_000)).as_bytes(),
            "there is no field `kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk...`",
        ),
    ]
}

/// Where a field has the wrong type or no sense: the place of the route, the body, and what it is told.
const WRONG_FIELDS: [(&str, &str, &str); 17] = [
    ("/instances", r#"{"name":5}"#, "`name` must be a string"),
    ("/instances", r#"{"name":["shop"]}"#, "`name` must be a string"),
    ("/instances", r#"{"green_id":1.5}"#, "`green_id` must be a string or an integer"),
    (
        "/instances",
        r#"{"green_id":true,"green_token":"x"}"#,
        "`green_id` must be a string or an integer",
    ),
    (
        "/instances",
        r#"{"green_id":7103}"#,
        "`green_id` and `green_token` come together or not at all",
    ),
    (
        "/instances",
        r#"{"green_token":"x"}"#,
        "`green_id` and `green_token` come together or not at all",
    ),
    (
        "/instances",
        r#"{"green_id":"111111111111111111111111111111","green_token":"0123456789abcdef"}"#,
        "`green_id` cannot be used: an instance's number has 1 to 12 digits and does not begin with 0",
    ),
    ("/instances/{instance}/linking-attempts", "", "`method` must be `qr` or `code`"),
    ("/instances/{instance}/linking-attempts", r#"{"method":5}"#, "`method` must be a string"),
    (
        "/instances/{instance}/linking-attempts",
        r#"{"method":"pigeon"}"#,
        "`method` must be `qr` or `code`",
    ),
    (
        "/instances/{instance}/linking-attempts",
        r#"{"method":"qr","fresh":"yes"}"#,
        "`fresh` must be true or false",
    ),
    (
        "/instances/{instance}/linking-attempts",
        r#"{"method":"code"}"#,
        "`phone` is needed for the method `code`",
    ),
    (
        "/instances/{instance}/linking-attempts",
        r#"{"method":"code","phone":"1555\u0000"}"#,
        "`phone` cannot be used: a phone number has 7 to 15 digits and begins with the country's code",
    ),
    ("/tokens", "", "`kind` must be `native`, `partner` or `hypersender`"),
    ("/tokens", r#"{"kind":5}"#, "`kind` must be a string"),
    ("/tokens", r#"{"kind":"instance"}"#, "`kind` must be `native`, `partner` or `hypersender`"),
    ("/tokens", r#"{"kind":"operator"}"#, "`kind` must be `native`, `partner` or `hypersender`"),
];

/// Behind which path a parameter is refused, and why.
const WRONG_PARAMETERS: [(&str, &str); 9] = [
    ("/api/v1/instances?limit=0", "`limit` must be a whole number from 1 to 500"),
    ("/api/v1/instances?limit=501", "`limit` must be a whole number from 1 to 500"),
    (
        "/api/v1/instances?limit=111111111111111111111",
        "`limit` must be a whole number from 1 to 500",
    ),
    ("/api/v1/instances?limit=%ff", "`limit` must be a whole number from 1 to 500"),
    ("/api/v1/instances?limit=1&limit=1", "`limit` occurs twice"),
    ("/api/v1/instances?cursor=..", "`cursor` is not one that this list gave"),
    (
        "/api/v1/instances?cursor=67e55044-10b1-426f-9247-bb680e5fe0c8",
        "`cursor` is not one that this list gave",
    ),
    ("/api/v1/instances?pigeon=1", "there is no parameter `pigeon`"),
    ("/api/v1/instances?=", "there is no parameter ``"),
];

#[tokio::test]
async fn a_body_or_a_parameter_that_cannot_be_used_is_told_why() {
    let attacked = attacked().await;
    for route in ROUTES.into_iter().filter(|route| route.verb == "POST") {
        let path = route.path(&attacked);
        for (body, detail) in no_json() {
            let case = format!("{path} {:?}", String::from_utf8_lossy(&body[..body.len().min(40)]));
            // Whatever type it is said to be, it is read as JSON.
            let said = ["application/json", "text/plain", "multipart/form-data"][body.len() % 3];
            let request = route.request(&attacked, &path).header("Content-Type", said);
            let reply = attacked.refuses(&request.body(body)).await;
            assert_problem(&reply, &invalid(detail), &case);
        }
    }
    for (template, body, detail) in WRONG_FIELDS {
        let route = route("POST", template, "");
        let request = route.request(&attacked, &route.path(&attacked)).body(body);
        let reply = attacked.refuses(&request).await;
        assert_problem(&reply, &invalid(detail), &format!("{template} {body}"));
    }
    for (path, detail) in WRONG_PARAMETERS {
        let reply = attacked.refuses(&keyed("GET", path, attacked.key())).await;
        assert_problem(&reply, &invalid(detail), path);
    }
    attacked.survives().await;
}

#[tokio::test]
async fn a_body_may_have_exactly_the_limit_of_every_route_and_not_a_byte_more() {
    let attacked = attacked().await;
    let told = "the body is larger than 256 KiB";
    let told = problem(413, "Payload Too Large", "too_large", told);
    for route in ROUTES {
        let path = route.path(&attacked);
        let request = route.request(&attacked, &path);
        let body = vec![b' '; BODY_BYTES_MAX + 1];
        for request in [
            request.clone().body(&*body),
            request.clone().chunked(&body),
            request.clone().header("Content-Length", "1000000000000"),
            request.header("Expect", "100-continue").header("Content-Length", "262145"),
        ] {
            assert_problem(&attacked.refuses(&request).await, &told, &path);
        }
    }
    let list = keyed("GET", "/api/v1/instances", attacked.key());
    let create = keyed("POST", "/api/v1/instances", attacked.key());
    let body = vec![b' '; BODY_BYTES_MAX];
    assert_eq!(attacked.ask(&list.body(&*body)).await.status, 200);
    assert_eq!(attacked.ask(&create.clone().body(&*body)).await.status, 201);
    assert_eq!(attacked.ask(&create.chunked(&body)).await.status, 201);
    attacked.survives().await;
}
