//! In which language a page is shown.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;
use waygate_core::link_ticket::Language;

/// The most languages of a browser that are looked at.
const LANGUAGES_MAX: usize = 32;

/// What a person chose on the page, or else what its link says, or else what the browser likes best.
pub(crate) fn choose(query: Option<&str>, said: Option<Language>, headers: &HeaderMap) -> Language {
    let chosen = query.unwrap_or_default().split('&').find_map(|pair| pair.strip_prefix("lang="));
    let chosen = chosen.and_then(|code| code.parse().ok());
    chosen.or(said).or_else(|| preferred(headers)).unwrap_or(Language::English)
}

/// The first of the languages that a browser likes best and that we speak (RFC 9110, 12.5.4).
fn preferred(headers: &HeaderMap) -> Option<Language> {
    let lines = headers.get_all(ACCEPT_LANGUAGE).iter().filter_map(|line| line.to_str().ok());
    let ranges = lines.flat_map(|line| line.split(',')).take(LANGUAGES_MAX);
    let mut liked: Vec<(Language, f32)> = ranges
        .filter_map(|range| {
            let mut parts = range.split(';').map(str::trim);
            let primary = parts.next()?.split('-').next()?.to_ascii_lowercase();
            let quality = parts.find_map(|part| part.strip_prefix("q="));
            let quality = quality.map_or(1.0, |text| text.parse::<f32>().unwrap_or(0.0));
            Some((primary.parse().ok()?, quality)).filter(|_liked| quality > 0.0)
        })
        .collect();
    // Of those that are liked alike the first stays first.
    liked.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    liked.first().map(|(language, _)| *language)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn accepting(text: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(ACCEPT_LANGUAGE, HeaderValue::from_static(text))])
    }

    #[test]
    fn the_browser_gets_what_it_likes_best_of_what_there_is() {
        for (accept, language) in [
            ("", Language::English),
            ("*", Language::English),
            ("de", Language::German),
            ("pt-BR,pt;q=0.9,en;q=0.8", Language::Portuguese),
            ("tlh, en;q=0.3, ar-EG;q=0.7", Language::Arabic),
            ("fr;q=0, es;q=0.1", Language::Spanish),
            ("ES-mx", Language::Spanish),
            ("fr;q=nonsense,,;;", Language::English),
            ("de;q=NaN", Language::English),
        ] {
            assert_eq!(choose(None, None, &accepting(accept)), language, "{accept}");
        }
    }

    #[test]
    fn a_person_decides_before_the_link_and_the_link_before_the_browser() {
        let (german, said) = (accepting("de"), Some(Language::French));
        assert_eq!(choose(None, said, &german), Language::French);
        assert_eq!(choose(Some("lang=ar"), said, &german), Language::Arabic);
        assert_eq!(choose(Some("a=b&lang=es&lang=ar"), said, &german), Language::Spanish);
        assert_eq!(choose(Some("lang=tlh"), None, &german), Language::German);
    }
}
