//! The pages as they are sent.

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};

use crate::headers;

/// Stands in the templates where the folder of the assets belongs.
const FOLDER: &str = "{assets}";

/// The pages of this process. They tell nothing of a ticket or an instance.
#[derive(Debug)]
pub(crate) struct Documents {
    link: String,
    spent: String,
    unopened: String,
}

impl Documents {
    /// The pages, with their assets in this folder.
    pub(crate) fn new(folder: &str) -> Self {
        let fill = |template: &str| template.replace(FOLDER, folder);
        Self {
            link: fill(include_str!("../templates/link.html")),
            spent: fill(include_str!("../templates/spent.html")),
            unopened: fill(include_str!("../templates/unopened.html")),
        }
    }

    /// The page that links.
    pub(crate) fn link(&self) -> Response {
        page(StatusCode::OK, self.link.clone())
    }

    /// For a ticket that is worth nothing, whatever the reason.
    pub(crate) fn spent(&self) -> Response {
        page(StatusCode::NOT_FOUND, self.spent.clone())
    }

    /// For a request that nobody waits for. A browser that asked ahead must ask again, so this is no
    /// success.
    pub(crate) fn unopened(&self) -> Response {
        page(StatusCode::FORBIDDEN, self.unopened.clone())
    }
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

    const TEMPLATES: [&str; 4] = [
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

    /// Ten minutes and an hour are said of different things, and are what the engine counts with.
    #[test]
    fn a_link_that_cannot_be_used_tells_both_of_its_times() {
        use waygate_engine::link_tickets::{PASS_FOR, TICKET_FOR};

        assert_eq!(TICKET_FOR.as_secs(), 10 * 60);
        assert_eq!(PASS_FOR.as_secs(), 60 * 60);
        let documents = Documents::new("0123");
        for text in [documents.spent, documents.unopened] {
            let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let opened = words.find("within ten minutes").unwrap();
            let used = words.find("The page then works for an hour").unwrap();
            assert!(opened < used, "{words}");
        }
    }

    #[test]
    fn no_page_keeps_a_placeholder() {
        let documents = Documents::new("0123");
        for text in [documents.link, documents.spent, documents.unopened] {
            assert!(text.contains("assets/0123/style.css"));
            assert!(!text.contains(['{', '}']));
        }
    }
}
