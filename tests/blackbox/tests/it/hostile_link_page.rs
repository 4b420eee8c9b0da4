//! Strangers at the link page: tickets that are none, and what a browser with a good one, or the page
//! of somebody else in it, can send.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "test code")]

use serde_json::{Value, json};

use crate::attacked_server::Attacked;
use crate::raw_client::{Reply, Request, is_like};

/// The form of a ticket, and nobody's.
const NOBODY: &str = "0123456789abcdef0123456789abcdef0123456789abcdef01";

/// What a page may load, which is nothing of anybody else's.
const POLICY: &str = "default-src 'none'; script-src 'self'; *frame-ancestors 'none'; *";

/// A browser in which a ticket of an instance of its own was opened.
#[derive(Debug)]
struct Browser {
    /// The page's address.
    page: String,
    cookie: String,
}

impl Browser {
    async fn open(attacked: &Attacked) -> Self {
        let instance = attacked.create().await.number;
        let path = format!("/api/v1/instances/{instance}/link-tickets");
        let key = format!("Bearer {}", attacked.key());
        let issue = Request::new("POST", &path).header("Authorization", &key).body("");
        let issued: Value = serde_json::from_str(&attacked.ask(&issue).await.body).unwrap();
        let page = issued["path"].as_str().expect("an address").to_owned();
        let opened = attacked.ask(&Request::new("GET", &page)).await;
        assert_eq!(opened.status, 200, "{opened:?}");
        let set = opened.header("set-cookie").expect("a cookie");
        let cookie = set.split(';').next().unwrap_or_default().to_owned();
        Self { page, cookie }
    }

    /// A request of its own page.
    fn request(&self, verb: &str, below: &str) -> Request {
        let path = format!("{}{below}", self.page);
        Request::new(verb, &path)
            .header("Cookie", &self.cookie)
            .header("Origin", "http://gate.example")
            .header("Content-Type", "application/json")
    }
}

fn problem(status: u16, title: &str, code: &str, detail: &str) -> String {
    let detail = json!(detail);
    format!(
        r#"{status} {{"type":"about:blank","title":"{title}","status":{status},"code":"{code}","detail":{detail}}}"#
    )
}

fn no_pass() -> String {
    let detail = "this link is not open in this browser, or is no longer valid";
    problem(401, "Unauthorized", "unauthorized", detail)
}

fn nothing_there() -> String {
    problem(404, "Not Found", "not_found", "there is nothing at this address")
}

fn assert_problem(reply: &Reply, told: &str, case: &str) {
    assert_eq!(reply.told(), told, "{case}");
    assert_eq!(reply.header("content-type"), Some("application/problem+json"), "{case}");
    assert_eq!(reply.header("access-control-allow-origin"), None, "{case}");
    assert_eq!(reply.header("set-cookie"), None, "{case}");
}

/// In the place of a ticket.
const NO_TICKETS: [&str; 10] = [
    NOBODY,
    "0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF01",
    "0123456789abcdef0123456789abcdef0123456789abcdef0",
    "0123456789abcdef0123456789abcdef0123456789abcdef012",
    "0123456789abcdef0123456789abcdef0123456789abcdef0g",
    "short",
    "%30%31%32%33%34%35%36%37%38%39",
    "%ff",
    "..",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
];

/// Below a ticket, with the verbs that are known there.
const BELOW: [(&str, &str); 6] = [
    ("/instance", "GET, HEAD"),
    ("/brand.css", "GET, HEAD"),
    ("/logo", "GET, HEAD"),
    ("/linking-attempts", "POST"),
    ("/linking-attempts/67e55044-10b1-426f-9247-bb680e5fe0c8", "GET, HEAD, DELETE"),
    ("/linking-attempts/67e55044-10b1-426f-9247-bb680e5fe0c8/qr.png", "GET, HEAD"),
];

const VERBS: [&str; 9] =
    ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PIGEON", "get"];

#[tokio::test]
async fn a_ticket_that_is_none_opens_nothing_and_is_not_repeated() {
    let attacked = Attacked::start_with_keys(1).await;
    let browser = Browser::open(&attacked).await;
    let spent = browser.page.strip_prefix("/link/").expect("a ticket");
    for ticket in NO_TICKETS.into_iter().chain([spent]) {
        let page = format!("/link/{ticket}");
        let reply = attacked.refuses(&Request::new("GET", &page)).await;
        assert_eq!(reply.status, 404, "{page}");
        assert_eq!(reply.header("content-type"), Some("text/html; charset=utf-8"), "{page}");
        let policy = reply.header("content-security-policy").unwrap_or_default();
        assert!(is_like(policy, POLICY), "{page}: {policy}");
        assert_eq!(reply.header("set-cookie"), None, "{page}");
        assert!(ticket.len() < 8 || !reply.body.contains(ticket), "{page}");
        for verb in VERBS.into_iter().filter(|verb| *verb != "GET") {
            let reply = attacked.refuses(&Request::new(verb, &page).body("{")).await;
            assert_eq!(reply.told(), "405 ", "{verb} {page}");
            assert_eq!(reply.header("allow"), Some("GET, HEAD"), "{verb} {page}");
        }
        for (below, _verbs) in BELOW {
            for verb in VERBS {
                // Another cookie is none here, nor is one that only begins rightly.
                let request = Request::new(verb, &format!("{page}{below}"));
                let request = request.header("Cookie", &format!("{}0", browser.cookie));
                let reply = attacked.refuses(&request.body("{")).await;
                assert_problem(&reply, &no_pass(), &format!("{verb} {page}{below}"));
            }
        }
    }
    attacked.survives().await;
}

/// Addresses that look like the page's, and who answers.
const NO_PATHS: [(&str, &str); 12] = [
    ("/link", r#"404 {"message":"Not Found"}"#),
    ("/link/", r#"404 {"message":"Not Found"}"#),
    ("/link/assets", r#"404 {"message":"Not Found"}"#),
    ("/LINK/0123456789abcdef0123456789abcdef0123456789abcdef01", r#"404 {"message":"Not Found"}"#),
    ("/link/assets/", "404 There is no such file.\n"),
    ("/link/assets/link.mjs", "404 There is no such file.\n"),
    ("/link/assets/../../../etc/passwd", "404 There is no such file.\n"),
    ("/link/assets/%2e%2e/%2e%2e/etc/passwd", "404 There is no such file.\n"),
    ("/link/assets/0123456789abcdef/link.mjs", "404 There is no such file.\n"),
    ("/link/assets/%ff%00", "404 There is no such file.\n"),
    ("/link/{ticket}/nothing", ""),
    ("/link/{ticket}/linking-attempts/1/2/3/4", ""),
];

#[tokio::test]
async fn around_a_ticket_there_is_nothing_to_find() {
    let attacked = Attacked::start_with_keys(1).await;
    let browser = Browser::open(&attacked).await;
    for (path, told) in NO_PATHS {
        let path = path.replace("/link/{ticket}", &browser.page);
        let told = if told.is_empty() { nothing_there() } else { told.to_owned() };
        let request = Request::new("GET", &path).header("Cookie", &browser.cookie);
        let reply = attacked.refuses(&request.body("{")).await;
        assert_eq!(reply.told(), told, "{path}");
        assert_eq!(reply.header("set-cookie"), None, "{path}");
    }
    for (below, allow) in BELOW {
        for verb in VERBS.into_iter().filter(|verb| !allow.split(", ").any(|it| it == *verb)) {
            let reply = attacked.refuses(&browser.request(verb, below).body("{")).await;
            let told = "the address does not know this method";
            let told = problem(405, "Method Not Allowed", "method_not_allowed", told);
            assert_problem(&reply, &told, &format!("{verb} {below}"));
            assert_eq!(reply.header("allow"), Some(allow), "{verb} {below}");
        }
    }
    for below in ["/x", "/%ff", "/67e55044", "/..", "/67e55044-10b1-426f-9247-bb680e5fe0c8"] {
        let below = format!("/linking-attempts{below}");
        let reply = attacked.refuses(&browser.request("GET", &below)).await;
        let told = problem(404, "Not Found", "not_found", "there is no such linking attempt");
        assert_problem(&reply, &told, &below);
    }
    attacked.survives().await;
}

/// What a page in the right browser sends for a new attempt that does not begin: a header that it has
/// instead of the right one, the body, and what it is told.
const NO_ATTEMPTS: [(&str, &str, &str, &str); 14] = [
    ("Origin", "http://evil.example", r#"{"method":"qr"}"#, "another page cannot do this"),
    ("Origin", "null", r#"{"method":"qr"}"#, "another page cannot do this"),
    ("Origin", "http://gate.example:8080", r#"{"method":"qr"}"#, "another page cannot do this"),
    (
        "Content-Type",
        "text/plain",
        r#"{"method":"qr"}"#,
        "the Content-Type must be application/json",
    ),
    (
        "Content-Type",
        "application/x-www-form-urlencoded",
        "method=qr",
        "the Content-Type must be application/json",
    ),
    ("Content-Type", "", r#"{"method":"qr"}"#, "the Content-Type must be application/json"),
    ("", "", "{\"method\":", "the body cannot be read: the text ends too early"),
    ("", "", "[]", "the body cannot be read: the text is not a JSON object"),
    ("", "", "{\"method\":NaN}", "the body cannot be read: the text is not JSON at byte 10"),
    ("", "", r#"{"method":"qr","method":"qr"}"#, "the body cannot be read: a key occurs twice"),
    ("", "", r#"{"method":["qr"]}"#, "`method` must be a string"),
    ("", "", r#"{"method":"code","phone":{}}"#, "`phone` must be a string or an integer"),
    ("", "", r#"{"method":"qr","account":"main"}"#, "there is no field `account`"),
    ("", "", "", "`method` must be `qr` or `code`"),
];

#[tokio::test]
async fn a_page_that_is_not_ours_or_sends_nonsense_begins_no_attempt() {
    let attacked = Attacked::start_with_keys(20).await;
    for (name, value, body, detail) in NO_ATTEMPTS {
        let browser = Browser::open(&attacked).await;
        let right = String::from_utf8(browser.request("POST", "/linking-attempts").head()).unwrap();
        let mut request = Request::new("POST", &format!("{}/linking-attempts", browser.page));
        for line in right.lines().skip(2) {
            let Some((key, right)) = line.split_once(": ") else { continue };
            request = request.header(key, if key == name { value } else { right });
        }
        let told = if name == "Origin" {
            problem(403, "Forbidden", "forbidden", detail)
        } else {
            problem(400, "Bad Request", "invalid", detail)
        };
        let case = format!("{name}: {value} {body}");
        assert_problem(&attacked.refuses(&request.body(body)).await, &told, &case);
    }
    let browser = Browser::open(&attacked).await;
    let told = problem(413, "Payload Too Large", "too_large", "the body is larger than 256 KiB");
    for request in [
        browser.request("POST", "/linking-attempts").body(vec![b' '; 256 * 1024 + 1]),
        browser.request("POST", "/linking-attempts").chunked(&vec![b' '; 256 * 1024 + 1]),
        browser.request("GET", "/instance").body(vec![b' '; 256 * 1024 + 1]),
    ] {
        assert_problem(&attacked.refuses(&request).await, &told, "too much");
    }
    let huge = browser.request("GET", "").header("Content-Length", "1000000000000");
    assert_eq!(attacked.ask(&huge).await.status, 200, "the page reads no body");
    assert_eq!(attacked.dials().await, 0);
    attacked.survives().await;
}
