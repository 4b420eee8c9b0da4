//! The way of every request: page or asset, verb, pass, ticket.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{ALLOW, CONTENT_TYPE, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use waygate_core::error::{Error, Kind};
use waygate_core::link_ticket::{Language, LinkTerms};
use waygate_core::secret::TokenText;
use waygate_engine::Gateway;
use waygate_engine::link_tickets::{LinkVisit, Opened, Worthless};
use waygate_http::cookie;
use waygate_http::site::{Failure, Surface};
use waygate_http::trace::{name_instance, name_route};

use crate::assets;
use crate::console;
use crate::documents::{self, Documents, Translated};
use crate::headers;
use crate::language;
use crate::opening::{is_by_a_person, is_over_tls};

/// Below it are the pages, their assets, and what another surface answers.
const ROOT: &str = "/link/";
const ASSETS: &str = "assets";

/// Where the cookie is sent to: the page and the calls below its address.
const COOKIE_PATH: &str = "/link";

/// Begins the name of a ticket's cookie; as many characters of the ticket follow. So two pages in one
/// browser do not put each other out.
const COOKIE: &str = "waygate_link_";
const COOKIE_TICKET_CHARS: usize = 8;

/// The length of a ticket.
const TICKET_CHARS: usize = 50;

/// The link page over these use cases.
pub fn surface(gateway: Gateway) -> Surface {
    let folder = assets::folder();
    let documents = Documents::new(&folder);
    let pages = Arc::new(Pages { gateway, documents, folder });
    Surface {
        name: "pages",
        claims: |path| Place::of(path).is_some(),
        router: Router::new().fallback(serve).with_state(pages),
        on_failure,
    }
}

/// What a path leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place<'a> {
    /// The page of what may be a ticket.
    Page(&'a str),
    /// What may be an asset.
    Asset(&'a str),
    /// The console's page.
    Console,
    /// Where the console signs in and out.
    Session,
}

impl<'a> Place<'a> {
    fn of(path: &'a str) -> Option<Self> {
        match path {
            "/" => return Some(Self::Console),
            "/console/session" => return Some(Self::Session),
            _ => {}
        }
        let rest = path.strip_prefix(ROOT)?;
        match rest.split_once('/') {
            Some((ASSETS, place)) => Some(Self::Asset(place)),
            Some(_deeper) => None,
            None => (!rest.is_empty() && rest != ASSETS).then_some(Self::Page(rest)),
        }
    }

    fn route(self) -> &'static str {
        match self {
            Self::Page(_) => "/link/{ticket}",
            Self::Asset(_) => "/link/assets/{asset}",
            Self::Console => "/",
            Self::Session => "/console/session",
        }
    }
}

#[derive(Debug)]
struct Pages {
    gateway: Gateway,
    documents: Documents,
    folder: String,
}

async fn serve(State(pages): State<Arc<Pages>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let Some(place) = Place::of(head.uri.path()) else {
        return documents::fault(StatusCode::NOT_FOUND);
    };
    name_route(place.route());
    let (verbs, allowed) = match place {
        Place::Session => (&[Method::POST, Method::DELETE], "POST, DELETE"),
        Place::Page(_) | Place::Asset(_) | Place::Console => {
            (&[Method::GET, Method::HEAD], "GET, HEAD")
        }
    };
    if !verbs.contains(&head.method) {
        let allowed = (ALLOW, HeaderValue::from_static(allowed));
        return (StatusCode::METHOD_NOT_ALLOWED, [allowed]).into_response();
    }
    let answered = match place {
        Place::Page(segment) => pages.page(segment, &head).await,
        Place::Asset(place) => Ok(pages.asset(place)),
        Place::Console => Ok(pages.documents.console()),
        Place::Session => console::session(&pages.gateway, &head, body).await,
    };
    answered.unwrap_or_else(|error| {
        tracing::error!(cause = error.with_causes(), "a page could not be shown");
        documents::fault(StatusCode::SERVICE_UNAVAILABLE)
    })
}

impl Pages {
    async fn page(&self, segment: &str, head: &Parts) -> Result<Response, Error> {
        let Some(ticket) = Ticket::read(segment) else {
            return self.told(head, None, |pages| pages.spent(Worthless::Unknown));
        };
        if let Some(pass) = cookie::find(&head.headers, &ticket.cookie_name())
            && let Some(visit) =
                self.gateway.link_visit(&ticket.text(), &TokenText::new(pass)).await?
        {
            return self.link(&ticket, &visit, head);
        }
        if head.method == Method::HEAD {
            // Only opening it would tell what it is worth.
            let terms = LinkTerms::default();
            return self.told(head, None, |pages| pages.link(ticket.0, &terms));
        }
        if !is_by_a_person(&head.method, &head.headers) {
            return self.told(head, None, Translated::unopened);
        }
        let pass = match self.gateway.open_link_ticket(&ticket.text()).await? {
            Opened::Pass(pass) => pass,
            Opened::Worthless(why) => return self.told(head, None, |pages| pages.spent(why)),
        };
        let name = ticket.cookie_name();
        let over_tls = is_over_tls(&head.headers);
        let set = cookie::set(&name, pass.text.expose(), COOKIE_PATH, pass.valid_for, over_tls);
        let mut response = self.link(&ticket, &pass.visit, head)?;
        // Digits make a cookie, so there always is one.
        response.headers_mut().extend(set.ok().map(|cookie| (SET_COOKIE, cookie)));
        Ok(response)
    }

    /// The page that links.
    fn link(
        &self,
        ticket: &Ticket<'_>,
        visit: &LinkVisit,
        head: &Parts,
    ) -> Result<Response, Error> {
        name_instance(visit.instance());
        let terms = self.gateway.link_terms(visit)?;
        self.told(head, terms.language, |pages| pages.link(ticket.0, &terms))
    }

    /// A page in the language of whoever comes.
    fn told(
        &self,
        head: &Parts,
        said: Option<Language>,
        page: impl FnOnce(&Translated) -> Response,
    ) -> Result<Response, Error> {
        let language = language::choose(head.uri.query(), said, &head.headers);
        let pages = self.documents.of(language);
        pages.map(page).ok_or_else(|| Error::new(Kind::Internal, "a language has no pages"))
    }

    fn asset(&self, place: &str) -> Response {
        let Some(asset) = assets::find(&self.folder, place) else {
            return (StatusCode::NOT_FOUND, "There is no such file.\n").into_response();
        };
        let content_type = (CONTENT_TYPE, HeaderValue::from_static(asset.media_type));
        let mut response = ([content_type], asset.content).into_response();
        headers::add_for_asset(response.headers_mut());
        response
    }
}

/// What has the form of a ticket. Hidden, because whoever has it may open it.
struct Ticket<'a>(&'a str);

impl<'a> Ticket<'a> {
    fn read(segment: &'a str) -> Option<Self> {
        let is_digit = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        (segment.len() == TICKET_CHARS && segment.bytes().all(is_digit)).then_some(Self(segment))
    }

    fn text(&self) -> TokenText {
        TokenText::new(self.0)
    }

    fn cookie_name(&self) -> String {
        let start = self.0.get(..COOKIE_TICKET_CHARS).unwrap_or_default();
        format!("{COOKIE}{start}")
    }
}

fn on_failure(failure: Failure) -> Response {
    documents::fault(match failure {
        Failure::Panicked => StatusCode::INTERNAL_SERVER_ERROR,
        Failure::TimedOut => StatusCode::SERVICE_UNAVAILABLE,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_and_its_assets_are_claimed_and_nothing_deeper() {
        for (path, place) in [
            ("/link/0a", Some(Place::Page("0a"))),
            ("/link/%2e%2e", Some(Place::Page("%2e%2e"))),
            ("/link/assetsx", Some(Place::Page("assetsx"))),
            ("/link/assets/0a/link.mjs", Some(Place::Asset("0a/link.mjs"))),
            ("/link/assets/", Some(Place::Asset(""))),
            ("/link/assets", None),
            ("/link", None),
            ("/link/", None),
            ("/link/0a/", None),
            ("/link/0a/instance", None),
            ("/link/0a/assets/b", None),
            ("/LINK/0a", None),
            ("/linker/0a", None),
            ("/", Some(Place::Console)),
            ("/console/session", Some(Place::Session)),
            ("/console", None),
            ("/console/", None),
            ("", None),
        ] {
            assert_eq!(Place::of(path), place, "{path}");
        }
    }

    #[test]
    fn a_ticket_is_fifty_lower_case_hexadecimal_digits() {
        let ticket = "0123456789".repeat(5);
        assert!(Ticket::read(&ticket).is_some());
        assert_eq!(Ticket(&ticket).cookie_name(), "waygate_link_01234567");
        for wrong in ["a".repeat(49), "a".repeat(51), "A".repeat(50), "g".repeat(50)] {
            assert!(Ticket::read(&wrong).is_none(), "{wrong}");
        }
    }
}
