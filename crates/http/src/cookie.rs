//! Cookies of a browser's session: reading one, setting one (RFC 6265).
//!
//! Two small functions instead of a crate, which would bring a calendar along for `Expires`.

use std::time::Duration;

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};

/// The name, the value or the path has a character that a cookie cannot hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the cookie holds a character that cookies do not")]
pub struct InvalidCookie;

/// The value of the first cookie of this name; names have case (RFC 6265, 5.4).
///
/// `None` where there is none, and where the first is not ASCII. Quotes around a value are part of
/// it. Which cookie a browser sends first, where it has two of one name, others can have a say in:
/// so a value proves nothing before it has been checked.
pub fn find<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(COOKIE).iter();
    let pairs = lines.flat_map(|line| line.as_bytes().split(|&byte| byte == b';'));
    let mut named = pairs.filter_map(|pair| {
        let (key, value) = pair.split_at_checked(pair.iter().position(|&byte| byte == b'=')?)?;
        (key.trim_ascii() == name.as_bytes()).then(|| value.trim_ascii())
    });
    let value = std::str::from_utf8(named.next()?).ok()?;
    value.strip_prefix('=').map(str::trim_ascii_start).filter(|value| value.is_ascii())
}

/// What `Set-Cookie` says to keep a value for `max_age`, in whole seconds; zero forgets it.
///
/// The cookie is sent back for `path` and what is below it only, never shown to a page's scripts
/// (`HttpOnly`), and not sent with requests that other sites make, but for following a link to here
/// (`SameSite=Lax`). `secure` is for whoever is reached over TLS: the browser then sends it over
/// nothing else.
pub fn set(
    name: &str,
    value: &str,
    path: &str,
    max_age: Duration,
    secure: bool,
) -> Result<HeaderValue, InvalidCookie> {
    written([name, value, path, "Lax"], max_age, secure)
}

/// The same for what no other site has a reason to lead to: the browser sends it with no request that
/// another site makes, not even for following a link (`SameSite=Strict`).
pub fn set_strict(
    name: &str,
    value: &str,
    path: &str,
    max_age: Duration,
    secure: bool,
) -> Result<HeaderValue, InvalidCookie> {
    written([name, value, path, "Strict"], max_age, secure)
}

fn written(
    [name, value, path, same_site]: [&str; 4],
    max_age: Duration,
    secure: bool,
) -> Result<HeaderValue, InvalidCookie> {
    let is_path =
        path.starts_with('/') && path.bytes().all(|byte| is_printable(byte) && byte != b';');
    if name.is_empty() || !name.bytes().all(is_token) || !value.bytes().all(is_octet) || !is_path {
        return Err(InvalidCookie);
    }
    let seconds = max_age.as_secs();
    let secure = if secure { "; Secure" } else { "" };
    let attributes = format!("HttpOnly; SameSite={same_site}; Path={path}; Max-Age={seconds}");
    let text = format!("{name}={value}; {attributes}{secure}");
    let mut header = HeaderValue::try_from(text).map_err(|_character| InvalidCookie)?;
    // Whoever has it is taken for its owner.
    header.set_sensitive(true);
    Ok(header)
}

/// A token of HTTP (RFC 9110, 5.6.2), which a cookie's name is.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// What a cookie's value may hold (RFC 6265, 4.1.1).
fn is_octet(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"\",;\\".contains(&byte)
}

fn is_printable(byte: u8) -> bool {
    byte.is_ascii_graphic() || byte == b' '
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(COOKIE, HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        headers
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        for (lines, found) in [
            (&["s=abc"][..], Some("abc")),
            (&["a=1; s=abc; b=2"], Some("abc")),
            (&["a=1;s=abc"], Some("abc")),
            (&["a=1", "s=abc"], Some("abc")),
            (&["s=abc; s=def"], Some("abc")),
            (&["s=abc", "s=def"], Some("abc")),
            (&["s=a=b="], Some("a=b=")),
            (&["s="], Some("")),
            (&[" s = abc "], Some("abc")),
            (&["a=\u{e9}; s=abc"], Some("abc")),
            (&[], None),
            (&["S=abc"], None),
            (&["ss=abc; as=abc"], None),
            (&["s"], None),
            (&["a=s=abc"], None),
            (&["s=\u{e9}; s=abc"], None),
            (&[";;; ;=;"], None),
        ] {
            assert_eq!(find(&headers(lines), "s"), found, "{lines:?}");
        }
    }

    #[test]
    fn a_cookie_is_set_for_one_path_and_no_script() {
        let day = Duration::from_secs(86_400);
        let header = set("waygate_link", "abc-_1", "/link", day, false).unwrap();
        let expected = "waygate_link=abc-_1; HttpOnly; SameSite=Lax; Path=/link; Max-Age=86400";
        assert_eq!(header, expected);
        let secure = set("waygate_link", "abc-_1", "/link", day, true).unwrap();
        assert_eq!(secure, format!("{expected}; Secure").as_str());
        assert!(header.is_sensitive());
        let strict = set_strict("s", "1", "/", day, false).unwrap();
        assert_eq!(strict, "s=1; HttpOnly; SameSite=Strict; Path=/; Max-Age=86400");
        let forgotten = set("a", "", "/", Duration::ZERO, false).unwrap();
        assert_eq!(forgotten, "a=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0");
    }

    #[test]
    fn nothing_can_be_smuggled_into_a_cookie() {
        let set = |name, value, path| set(name, value, path, Duration::ZERO, false);
        for name in ["", "a b", "a=b", "a;b", "\u{e9}"] {
            assert_eq!(set(name, "v", "/"), Err(InvalidCookie), "{name}");
        }
        for value in ["a;b", "a b", "a,b", "\"a\"", "a\\b", "a\r\nb", "\u{e9}"] {
            assert_eq!(set("n", value, "/"), Err(InvalidCookie), "{value}");
        }
        for path in ["", "link", "/a;b", "/a\r\n", "/\u{e9}"] {
            assert_eq!(set("n", "v", path), Err(InvalidCookie), "{path}");
        }
    }
}
