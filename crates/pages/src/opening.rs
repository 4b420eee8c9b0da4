//! Whether a request is a person who opens the page.
//!
//! A ticket is worth something once. Browsers fetch addresses ahead, search bars and messengers draw
//! previews: none of them may have it.

use axum::http::header::HeaderName;
use axum::http::{HeaderMap, Method};

/// Where browsers say that they only ask ahead: today's name and those of old versions.
const PURPOSES: [HeaderName; 4] = [
    HeaderName::from_static("sec-purpose"),
    HeaderName::from_static("purpose"),
    HeaderName::from_static("x-purpose"),
    HeaderName::from_static("x-moz"),
];

/// What the answer is for (Fetch Metadata): a window, and not a frame, a picture or a script.
const DESTINATION: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// Whether the request may trade a ticket.
pub(crate) fn is_by_a_person(method: &Method, headers: &HeaderMap) -> bool {
    let is_ahead = PURPOSES.iter().any(|name| headers.contains_key(name));
    let mut destinations = headers.get_all(DESTINATION).iter();
    *method == Method::GET && !is_ahead && destinations.all(|value| value == "document")
}

/// Whether the browser reached us over TLS, as the proxy in front says.
///
/// Who forges it makes only their own browser keep the cookie from connections without TLS, so
/// anybody may say it.
pub(crate) fn is_over_tls(headers: &HeaderMap) -> bool {
    const SCHEME: HeaderName = HeaderName::from_static("x-forwarded-proto");
    // Proxies in a row write a list; the first one saw the browser.
    let first = |value: &[u8]| value.split(|&byte| byte == b',').next().map(<[u8]>::to_vec);
    headers
        .get(SCHEME)
        .and_then(|value| first(value.as_bytes()))
        .is_some_and(|scheme| scheme.trim_ascii().eq_ignore_ascii_case(b"https"))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        pairs.collect()
    }

    #[test]
    fn a_window_opens_a_ticket() {
        for pairs in [&[][..], &[("sec-fetch-dest", "document"), ("sec-fetch-mode", "navigate")]] {
            assert!(is_by_a_person(&Method::GET, &headers(pairs)), "{pairs:?}");
        }
    }

    #[test]
    fn nothing_else_does() {
        for (name, value) in [
            ("sec-purpose", "prefetch"),
            ("sec-purpose", "prefetch;prerender"),
            ("purpose", "prefetch"),
            ("x-purpose", "preview"),
            ("x-moz", "prefetch"),
            ("sec-fetch-dest", "empty"),
            ("sec-fetch-dest", "iframe"),
            ("sec-fetch-dest", "image"),
            ("sec-fetch-dest", ""),
        ] {
            assert!(!is_by_a_person(&Method::GET, &headers(&[(name, value)])), "{name}: {value}");
        }
        assert!(!is_by_a_person(&Method::HEAD, &headers(&[])));
    }

    #[test]
    fn the_proxy_that_saw_the_browser_says_whether_it_used_tls() {
        for (value, over_tls) in
            [("https", true), ("HTTPS , http", true), ("http", false), ("http, https", false)]
        {
            assert_eq!(is_over_tls(&headers(&[("x-forwarded-proto", value)])), over_tls, "{value}");
        }
        assert!(!is_over_tls(&headers(&[])));
    }
}
