//! The token that a request carries in `Authorization` (RFC 6750, 2.1).

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderValue};
use waygate_core::secret::TokenText;

/// The longest token that is looked at, in bytes.
pub const TOKEN_BYTES_MAX: usize = 256;

/// The request names a bearer and no token that could be one, or more than one credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the Authorization header holds no single bearer token")]
pub struct Malformed;

/// The token of `Authorization: Bearer <token>`; `None` where there is no such header, or it is of
/// another scheme.
///
/// The scheme is read without regard to case (RFC 9110, 11.1). A token is 1 to 256 visible ASCII
/// characters: more than RFC 6750 allows, since tokens of other servers are taken over. Two such
/// headers are an error, whatever they hold: two readers could choose differently.
pub fn token(headers: &HeaderMap) -> Result<Option<TokenText>, Malformed> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Malformed);
    }
    match credential(value) {
        Some(token) => token.map(Some),
        None => Ok(None),
    }
}

/// What follows the scheme; `None` for another scheme.
fn credential(value: &HeaderValue) -> Option<Result<TokenText, Malformed>> {
    let bytes = value.as_bytes().trim_ascii();
    let end = bytes.iter().position(|&byte| byte == b' ').unwrap_or(bytes.len());
    let (scheme, rest) = bytes.split_at_checked(end)?;
    if !scheme.eq_ignore_ascii_case(b"bearer") {
        return None;
    }
    let token = rest.trim_ascii();
    let fits = (1..=TOKEN_BYTES_MAX).contains(&token.len());
    let text = std::str::from_utf8(token).ok();
    Some(match text.filter(|_text| fits && token.iter().all(u8::is_ascii_graphic)) {
        Some(text) => Ok(TokenText::new(text)),
        None => Err(Malformed),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&str]) -> Result<Option<String>, Malformed> {
        let values = values
            .iter()
            .map(|value| (AUTHORIZATION, HeaderValue::from_bytes(value.as_bytes()).unwrap()));
        let headers: HeaderMap = values.fold(HeaderMap::new(), |mut headers, (name, value)| {
            headers.append(name, value);
            headers
        });
        Ok(token(&headers)?.map(|token| token.expose().to_owned()))
    }

    #[test]
    fn the_token_follows_the_scheme_in_any_case() {
        for value in ["Bearer abc", "bearer abc", "BEARER  abc", "Bearer abc "] {
            assert_eq!(read(&[value]), Ok(Some("abc".to_owned())), "{value}");
        }
        let long = "x".repeat(TOKEN_BYTES_MAX);
        assert_eq!(read(&[&format!("Bearer {long}")]), Ok(Some(long)));
    }

    #[test]
    fn a_request_without_a_bearer_has_no_token() {
        assert_eq!(read(&[]), Ok(None));
        for value in ["", "Basic YWJj", "Bearerabc", "Bearers abc"] {
            assert_eq!(read(&[value]), Ok(None), "{value}");
        }
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        let long = format!("Bearer {}", "x".repeat(TOKEN_BYTES_MAX + 1));
        for value in ["Bearer", "Bearer ", "Bearer a b", "Bearer a\tb", "Bearer \u{e9}", &long] {
            assert_eq!(read(&[value]), Err(Malformed), "{value}");
        }
        assert_eq!(read(&["Bearer a", "Bearer a"]), Err(Malformed));
        assert_eq!(read(&["Basic a", "Bearer a"]), Err(Malformed));
    }
}
