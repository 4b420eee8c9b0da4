//! The calls of the page that a link ticket opens, kept to that page.
//!
//! A browser sends the page's cookie along whoever makes it call. It says in `Origin` whose page
//! does, and asks first before it lets a foreign one send JSON, which nobody here answers with yes.

use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use waygate_http::origin::Origins;

use crate::problem::{Code, Problem};
use crate::route::Verb;

/// Refuses what a foreign page could have made a browser send.
pub(crate) fn check(verb: Verb, headers: &HeaderMap) -> Result<(), Problem> {
    match verb {
        Verb::Get => return Ok(()),
        Verb::Post | Verb::Patch | Verb::Delete => {}
    }
    if !Origins::Same.allow(headers) {
        return Err(Problem::new(Code::Forbidden, "another page cannot do this"));
    }
    if verb == Verb::Post && !is_json(headers) {
        return Err(Problem::invalid("the Content-Type must be application/json"));
    }
    Ok(())
}

fn is_json(headers: &HeaderMap) -> bool {
    let sent = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let name = sent.and_then(|value| value.split(';').next()).unwrap_or_default();
    name.trim().eq_ignore_ascii_case("application/json")
}

#[cfg(test)]
mod tests {
    use axum::http::header::{HOST, ORIGIN};
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn headers(sent: &[(HeaderName, &str)]) -> HeaderMap {
        let value = |text: &str| HeaderValue::from_str(text).unwrap();
        sent.iter().map(|(name, text)| (name.clone(), value(text))).collect()
    }

    #[test]
    fn a_foreign_page_changes_nothing() {
        let json = (CONTENT_TYPE, "application/json");
        for (origin, is_own) in
            [("https://gate.example", true), ("https://evil.example", false), ("null", false)]
        {
            let sent = headers(&[(HOST, "gate.example"), (ORIGIN, origin), json.clone()]);
            for verb in [Verb::Post, Verb::Delete] {
                assert_eq!(check(verb, &sent).is_ok(), is_own, "{verb:?} {origin}");
            }
            check(Verb::Get, &sent).unwrap();
        }
        check(Verb::Post, &headers(&[(HOST, "gate.example"), json])).unwrap();
    }

    #[test]
    fn json_is_what_says_so() {
        for (sent, is) in [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("application/json-patch+json", false),
            ("text/plain", false),
            ("application/x-www-form-urlencoded; application/json", false),
        ] {
            assert_eq!(is_json(&headers(&[(CONTENT_TYPE, sent)])), is, "{sent}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }
}
