//! Which pages may make a browser ask for something.
//!
//! A browser lets every page open a websocket to everywhere, or send what a form could; it sends its
//! cookies along, and says in `Origin` whose page it is (RFC 6455, 10.2). Nothing else asks a server
//! before.

use std::fmt;
use std::str::FromStr;

use axum::http::HeaderMap;
use axum::http::header::{HOST, ORIGIN};
use axum::http::uri::Authority;

/// Which pages may ask. Who sends no `Origin` is no browser, and no policy is about him.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origins {
    /// Every page. Right where the secret stands in the path or in the first message and no cookie is
    /// looked at: a foreign page then knows no more than a stranger without a browser, and there is
    /// nothing that the browser would add for it.
    Any,
    /// Pages of the host that the request itself is for (`Host`), on the same port. The scheme may
    /// differ, since a proxy may have taken TLS away; a port that is not written is the one of the
    /// page's scheme. Against a name that an attacker points to this machine it does not help: its
    /// page and its request name the same host.
    Same,
    /// Pages of these origins.
    Listed(Vec<Origin>),
}

/// Whose page it is: scheme, host and port (RFC 6454, 4). Compared without regard to case.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Origin {
    scheme: String,
    host: String,
    /// `None` for a scheme without a port that everybody knows.
    port: Option<u16>,
}

/// The text is no origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an origin is a scheme, a host and maybe a port, such as https://example.org")]
pub struct InvalidOrigin;

impl FromStr for Origin {
    type Err = InvalidOrigin;

    /// Reads it as a browser writes it (RFC 6454, 6.2). `null`, which a page without an origin
    /// sends, is none.
    fn from_str(text: &str) -> Result<Self, InvalidOrigin> {
        let (scheme, authority) = text.split_once("://").ok_or(InvalidOrigin)?;
        let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
        if !is_scheme {
            return Err(InvalidOrigin);
        }
        let scheme = scheme.to_ascii_lowercase();
        let (host, port) = host_and_port(authority).ok_or(InvalidOrigin)?;
        let port = port.or_else(|| known_port(&scheme));
        Ok(Self { scheme, host, port })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)?;
        match self.port.filter(|port| Some(*port) != known_port(&self.scheme)) {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Origin({self})")
    }
}

impl Origins {
    /// Whether a request with these headers may have what it asks for.
    pub fn allow(&self, headers: &HeaderMap) -> bool {
        let mut sent = headers.get_all(ORIGIN).iter();
        let origin = match (self, sent.next(), sent.next()) {
            (Self::Any, _, _) | (Self::Same | Self::Listed(_), None, _) => return true,
            (Self::Same | Self::Listed(_), Some(_), Some(_)) => return false,
            (Self::Same | Self::Listed(_), Some(origin), None) => origin,
        };
        let Some(origin) = origin.to_str().ok().and_then(|text| text.parse::<Origin>().ok()) else {
            return false;
        };
        match self {
            Self::Any => true,
            Self::Listed(allowed) => allowed.contains(&origin),
            Self::Same => is_of_host(&origin, headers),
        }
    }
}

/// Whether a page is of the host that the request names.
fn is_of_host(origin: &Origin, headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    let Some((host, port)) = host.to_str().ok().and_then(host_and_port) else { return false };
    let is_web = matches!(origin.scheme.as_str(), "http" | "https");
    is_web && host == origin.host && port.or_else(|| known_port(&origin.scheme)) == origin.port
}

/// Splits what stands behind the scheme; the host is in lower case.
fn host_and_port(text: &str) -> Option<(String, Option<u16>)> {
    let authority: Authority = text.parse().ok()?;
    let (host, port) = (authority.host(), authority.port());
    // Nothing else may stand there: no user, no empty port.
    let length = host.len() + port.as_ref().map_or(0, |port| 1 + port.as_str().len());
    if host.is_empty() || length != text.len() {
        return None;
    }
    let port = match port {
        None => None,
        Some(port) => Some(port.as_str().parse().ok()?),
    };
    Some((host.to_ascii_lowercase(), port))
}

fn known_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(host: &str, origins: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_str(host).unwrap());
        for origin in origins {
            headers.append(ORIGIN, HeaderValue::from_str(origin).unwrap());
        }
        headers
    }

    fn listed(origins: &[&str]) -> Origins {
        Origins::Listed(origins.iter().map(|text| text.parse().unwrap()).collect())
    }

    const FORGED: &[&str] = &[
        "null",
        "NULL",
        "",
        "https://evil.example",
        "https://sub.console.example",
        "https://console.example.evil.example",
        "https://console.example:8443",
        "https://user@console.example",
        "https://console.example/",
        "https://console.example:",
        "https://console.example:99999",
        "https://console.example https://evil.example",
        "https:console.example",
        "://console.example",
        "console.example",
        "chrome-extension://abcdef",
    ];

    #[test]
    fn a_listed_origin_is_allowed_in_any_case() {
        let origins = listed(&["https://console.example", "http://[::1]:8080"]);
        for origin in [
            "https://console.example",
            "HTTPS://Console.EXAMPLE",
            "https://console.example:443",
            "http://[::1]:8080",
        ] {
            assert!(origins.allow(&headers("a", &[origin])), "{origin}");
        }
    }

    #[test]
    fn every_other_origin_is_refused() {
        let origins = listed(&["https://console.example"]);
        let same = headers("console.example", &[]);
        for origin in FORGED.iter().chain(&["http://console.example"]) {
            assert!(!origins.allow(&headers("console.example", &[origin])), "{origin}");
        }
        assert!(origins.allow(&same), "no browser");
        let twice = headers("a", &["https://console.example", "https://console.example"]);
        assert!(!origins.allow(&twice));
    }

    #[test]
    fn the_same_origin_is_the_host_that_was_asked() {
        for (host, origin) in [
            ("console.example", "https://console.example"),
            ("Console.example", "https://console.EXAMPLE"),
            ("console.example", "http://console.example"),
            ("console.example:443", "https://console.example"),
            ("console.example:8080", "http://console.example:8080"),
            ("[::1]:8080", "http://[::1]:8080"),
        ] {
            assert!(Origins::Same.allow(&headers(host, &[origin])), "{host} {origin}");
        }
        for origin in FORGED {
            assert!(!Origins::Same.allow(&headers("console.example", &[origin])), "{origin}");
        }
        let on_a_port = headers("console.example:8080", &["http://console.example"]);
        assert!(!Origins::Same.allow(&on_a_port));
        let mut without_host = headers("a", &["https://a"]);
        without_host.remove(HOST);
        assert!(!Origins::Same.allow(&without_host));
        assert!(Origins::Same.allow(&headers("a", &[])), "no browser");
    }

    #[test]
    fn any_origin_is_any() {
        for origin in FORGED {
            assert!(Origins::Any.allow(&headers("a", &[origin])), "{origin}");
        }
    }

    #[test]
    fn an_origin_is_written_as_a_browser_does() {
        for (text, written) in [
            ("HTTPS://Console.Example:443", "https://console.example"),
            ("http://console.example:443", "http://console.example:443"),
            ("http://[::1]:8080", "http://[::1]:8080"),
            ("app://local", "app://local"),
        ] {
            assert_eq!(text.parse::<Origin>().unwrap().to_string(), written);
        }
    }
}
