//! Which form of an answer a client likes best (RFC 9110, 12.5.1).

use axum::http::HeaderMap;
use axum::http::header::ACCEPT;

/// The most ranges of an `Accept` header that are looked at.
const RANGES_MAX: usize = 32;

/// The type among `offers` that a request likes best; of those it likes alike, and where it likes
/// none, the first one.
pub(crate) fn preferred<'a>(headers: &HeaderMap, offers: &[&'a str]) -> Option<&'a str> {
    let lines = headers.get_all(ACCEPT).iter().filter_map(|line| line.to_str().ok());
    let ranges: Vec<&str> = lines.flat_map(|line| line.split(',')).take(RANGES_MAX).collect();
    let liked = |offer: &str| ranges.iter().filter_map(|range| fit(range, offer)).max();
    let weight = |offer: &str| liked(offer).map_or(0, |(_precision, weight)| weight);
    // The first of the heaviest ones.
    offers.iter().rev().copied().max_by_key(|offer| weight(offer))
}

/// How precisely a range names a type, and how much it likes it, in thousandths; `None` when it
/// speaks of others.
fn fit(range: &str, offer: &str) -> Option<(u8, u16)> {
    let mut parts = range.split(';').map(str::trim);
    let name = parts.next()?;
    let group = offer.split('/').next().unwrap_or_default();
    let precision = if name.eq_ignore_ascii_case(offer) {
        2
    } else if name.strip_suffix("/*").is_some_and(|it| it.eq_ignore_ascii_case(group)) {
        1
    } else if name == "*/*" {
        0
    } else {
        return None;
    };
    let quality = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
    Some((precision, quality.map_or(1000, thousandths)))
}

/// `0.25` is 250. What is no quality counts as none at all.
fn thousandths(quality: &str) -> u16 {
    let (whole, rest) = quality.split_once('.').unwrap_or((quality, ""));
    let fraction = format!("{rest:0<3}");
    match (whole, fraction.parse::<u16>()) {
        ("0", Ok(fraction)) if rest.len() <= 3 => fraction,
        ("1", Ok(0)) if rest.len() <= 3 => 1000,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const OFFERS: [&str; 3] = ["image/png", "text/plain", "application/json"];

    #[test]
    fn the_best_liked_offer_is_chosen() {
        for (accept, chosen) in [
            ("", "image/png"),
            ("*/*", "image/png"),
            ("image/*", "image/png"),
            ("image/webp,image/*;q=0.8,*/*;q=0.5", "image/png"),
            ("text/plain", "text/plain"),
            ("TEXT/Plain; charset=utf-8", "text/plain"),
            ("text/*", "text/plain"),
            ("application/json", "application/json"),
            ("text/plain;q=0.5, application/json", "application/json"),
            ("application/json;q=0.9, text/plain;q=0.95", "text/plain"),
            ("*/*;q=0.1, application/json;q=0.2", "application/json"),
            ("*/*, image/png;q=0", "text/plain"),
            ("text/plain;q=nonsense", "image/png"),
            ("text/plain;q=1.5", "image/png"),
            ("text/plain;q=0.00000000000000000000001", "image/png"),
            ("video/mp4", "image/png"),
            (";;;,,,q=", "image/png"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, HeaderValue::from_static(accept));
            assert_eq!(preferred(&headers, &OFFERS), Some(chosen), "{accept}");
        }
    }
}
