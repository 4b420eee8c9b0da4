//! Who comes with the cookie that opening a link ticket left in the browser.

use axum::http::HeaderMap;
use waygate_core::secret::TokenText;
use waygate_engine::Gateway;
use waygate_engine::link_tickets::LinkVisit;
use waygate_http::cookie;

use crate::problem::{Code, Problem};

/// The cookie's name is this and the beginning of the ticket: a browser may link several instances.
const COOKIE_PREFIX: &str = "waygate_link_";

/// How much of a ticket stands in the name of its cookie, in characters.
const COOKIE_TICKET_LENGTH: usize = 8;

/// Lets in whoever has the pass that the ticket was traded for.
pub(crate) async fn admit(
    gateway: &Gateway,
    headers: &HeaderMap,
    ticket: &str,
) -> Result<LinkVisit, Problem> {
    let pass = cookie_name(ticket).and_then(|name| cookie::find(headers, &name));
    let Some(pass) = pass else { return Err(no_pass()) };
    let visit = gateway.link_visit(&TokenText::new(ticket), &TokenText::new(pass)).await?;
    visit.ok_or_else(no_pass)
}

pub(crate) fn no_pass() -> Problem {
    Problem::new(Code::Unauthorized, "this link is not open in this browser, or is no longer valid")
}

fn cookie_name(ticket: &str) -> Option<String> {
    ticket.get(..COOKIE_TICKET_LENGTH).map(|start| format!("{COOKIE_PREFIX}{start}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_has_the_beginning_of_its_ticket_in_its_name() {
        let ticket = "0123456789abcdef";
        assert_eq!(cookie_name(ticket).as_deref(), Some("waygate_link_01234567"));
        for no_ticket in ["", "0123456", "012345\u{20ac}"] {
            assert_eq!(cookie_name(no_ticket), None, "{no_ticket}");
        }
    }
}
