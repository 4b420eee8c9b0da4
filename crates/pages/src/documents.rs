//! The pages as they are sent.

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use waygate_core::link_ticket::{Language, LinkTerms, Methods};
use waygate_engine::link_tickets::Worthless;

use crate::headers;
use crate::words::Words;

/// Stands in the templates where the folder of the assets belongs.
const FOLDER: &str = "{assets}";

/// The pages of this process.
#[derive(Debug)]
pub(crate) struct Documents {
    translated: Vec<(Language, Translated)>,
    console: String,
}

/// The pages in one language. What a link says of its page is still to be put in.
#[derive(Debug)]
pub(crate) struct Translated {
    words: Words,
    link: String,
    spent: String,
    unopened: String,
    /// What stands where no brand is named.
    own: String,
}

impl Documents {
    /// The pages, with their assets in this folder.
    pub(crate) fn new(folder: &str) -> Self {
        let languages = Language::ALL.into_iter();
        let translated = languages.map(|language| (language, Translated::new(language, folder)));
        let console = include_str!("../templates/console.html").replace(FOLDER, folder);
        Self { translated: translated.collect(), console }
    }

    /// The console.
    pub(crate) fn console(&self) -> Response {
        page(StatusCode::OK, self.console.clone())
    }

    /// The pages in this language.
    pub(crate) fn of(&self, language: Language) -> Option<&Translated> {
        self.translated
            .iter()
            .find(|(other, _pages)| *other == language)
            .map(|(_language, pages)| pages)
    }
}

impl Translated {
    fn new(language: Language, folder: &str) -> Self {
        let words = Words::of(language);
        let fill = |template: &str| {
            let text = template.replace(FOLDER, folder).replace("{lang}", language.code());
            words.fill(&text.replace("{language_links}", &language_links(language)))
        };
        let link = fill(include_str!("../templates/link.html"));
        let spent = fill(include_str!("../templates/spent.html"));
        let unopened = fill(include_str!("../templates/unopened.html"));
        Self { link, spent, unopened, words, own: own_brand(folder) }
    }

    /// The page that links by this ticket, as its owner wants it.
    pub(crate) fn link(&self, ticket: &str, terms: &LinkTerms) -> Response {
        let onward = terms.return_url.as_ref().map_or_else(String::new, |url| {
            let (url, word) = (escaped(url), self.words.get("go_on"));
            format!("\n    <a id=\"go-on\" class=\"onward\" href=\"{url}\" hidden>{word}</a>")
        });
        let style = terms.brand.colour.map_or_else(String::new, |_colour| {
            format!("\n<link rel=\"stylesheet\" href=\"{ticket}/brand.css\">")
        });
        let text = self.link.replace("{brand_style}", &style).replace("{return}", &onward);
        let text = text.replace("{said}", &said(terms));
        // Last, since it holds what somebody else wrote.
        page(StatusCode::OK, text.replace("{brand}", &self.brand(ticket, terms)))
    }

    /// Whose page it is.
    fn brand(&self, ticket: &str, terms: &LinkTerms) -> String {
        let logo = terms.brand.logo.as_ref();
        let logo = logo.map(|_| format!("<img class=\"logo\" src=\"{ticket}/logo\" alt=\"\">"));
        let name = terms.brand.name.as_deref();
        let name = name.map(|name| format!("<span>{}</span>", escaped(name)));
        if logo.is_none() && name.is_none() {
            return self.own.clone();
        }
        logo.into_iter().chain(name).collect()
    }

    /// For a ticket that opens nothing, with the reason.
    pub(crate) fn spent(&self, why: Worthless) -> Response {
        let word = match why {
            Worthless::Unknown => "spent_unknown",
            Worthless::Expired => "spent_expired",
            Worthless::Used => "spent_used",
            Worthless::Revoked => "spent_revoked",
        };
        page(StatusCode::NOT_FOUND, self.spent.replace("{why}", self.words.get(word)))
    }

    /// For a request that nobody waits for. A browser that asked ahead must ask again, so this is no
    /// success.
    pub(crate) fn unopened(&self) -> Response {
        page(StatusCode::FORBIDDEN, self.unopened.clone())
    }
}

/// What the page's scripts are told of its link.
fn said(terms: &LinkTerms) -> String {
    let methods = match terms.methods {
        Methods::Both => "both",
        Methods::QrCode => "qr",
        Methods::PairingCode => "code",
    };
    let phone = terms.phone.as_ref().map_or("", |phone| phone.digits());
    let fixed = terms.phone_fixed;
    format!(" data-methods=\"{methods}\" data-phone=\"{phone}\" data-phone-fixed=\"{fixed}\"")
}

fn own_brand(folder: &str) -> String {
    format!(
        "<img src=\"assets/{folder}/icon.svg\" alt=\"\" width=\"28\" height=\"28\">\n  \
         <span>Waygate</span>"
    )
}

/// The languages, each by its own name.
fn language_links(current: Language) -> String {
    let link = |language: Language| {
        let (code, words) = (language.code(), Words::of(language));
        let mark = if language == current { " aria-current=\"true\"" } else { "" };
        let name = words.get("name");
        format!("<a href=\"?lang={code}\" lang=\"{code}\" hreflang=\"{code}\"{mark}>{name}</a>")
    };
    Language::ALL.map(link).join("\n    ")
}

/// A text that somebody else wrote, for a place in a page or in an attribute.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// For what could not be answered. It loads nothing: whatever failed might fail again.
pub(crate) fn fault(status: StatusCode) -> Response {
    page(status, include_str!("../templates/fault.html").to_owned())
}

fn page(status: StatusCode, text: String) -> Response {
    let content_type = (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    let mut response = (status, [content_type], text).into_response();
    headers::add_for_page(response.headers_mut());
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATES: [&str; 5] = [
        include_str!("../templates/console.html"),
        include_str!("../templates/link.html"),
        include_str!("../templates/spent.html"),
        include_str!("../templates/unopened.html"),
        include_str!("../templates/fault.html"),
    ];

    /// The policy would refuse them, and say so only in a browser's console.
    #[test]
    fn templates_hold_no_inline_script_or_style_and_name_no_host() {
        for template in TEMPLATES {
            for forbidden in ["<style", " style=", "//", " onclick", " onload", "javascript:"] {
                assert!(!template.contains(forbidden), "{forbidden}");
            }
            let scripts = template.matches("<script").count();
            assert_eq!(scripts, template.matches("<script type=\"module\" src=").count());
        }
    }

    #[test]
    fn what_somebody_else_wrote_is_no_markup() {
        let text = r#"<b onclick='x'>"A" & B</b>"#;
        let safe = "&lt;b onclick=&#39;x&#39;&gt;&quot;A&quot; &amp; B&lt;/b&gt;";
        assert_eq!(escaped(text), safe);
    }
}
