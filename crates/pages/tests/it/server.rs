//! The page over a gateway of its own, on a clock that stands still unless a test moves it.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, Request};
use http_body_util::BodyExt as _;
use waygate_core::id::InstanceId;
use waygate_engine::Gateway;
use waygate_engine::link_tickets::NewLinkTicket;
use waygate_http::site::Site;
use waygate_pages::surface;
use waygate_played::application::create;
use waygate_played::link::PlayedLink;

/// Longer than any answer takes.
const HANDLER_LIMIT: Duration = Duration::from_secs(120);

pub(crate) struct Server {
    pub(crate) link: PlayedLink,
    pub(crate) gateway: Gateway,
    pub(crate) site: Site,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Server {
    pub(crate) fn start() -> Self {
        let link = PlayedLink::default();
        let gateway = link.gateway();
        let site = Site::new(vec![surface(gateway.clone())]);
        Self { link, gateway, site }
    }

    /// A new instance that nobody has looked at.
    pub(crate) async fn instance(&self) -> InstanceId {
        create(&self.gateway).await.record.id
    }

    /// A new ticket of an instance.
    pub(crate) async fn ticket(&self, instance: InstanceId) -> String {
        self.ticket_with(instance, NewLinkTicket::default()).await
    }

    /// A new ticket of an instance, with what is said of it.
    pub(crate) async fn ticket_with(&self, instance: InstanceId, new: NewLinkTicket) -> String {
        let issued = self.gateway.issue_link_ticket(instance, new).await.unwrap();
        issued.text.expose().to_owned()
    }

    pub(crate) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send("GET", path, headers).await
    }

    /// Opens the page of a ticket, as a browser does that has this cookie.
    pub(crate) async fn open(&self, ticket: &str, cookie: Option<&str>) -> Answer {
        let cookie = cookie.map(|cookie| ("cookie", cookie));
        self.get(&format!("/link/{ticket}"), cookie.as_slice()).await
    }

    pub(crate) async fn send(&self, verb: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send_with(verb, path, headers, String::new()).await
    }

    pub(crate) async fn send_with(
        &self,
        verb: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Answer {
        let mut request = Request::builder().method(verb).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body)).unwrap();
        let response = self.site.answer(request, HANDLER_LIMIT).await;
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let body = String::from_utf8(body.to_vec()).expect("answers are text");
        Answer { status: head.status.as_u16(), headers: head.headers, body }
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The cookie that it sets, as a browser sends it back.
    pub(crate) fn cookie(&self) -> Option<String> {
        let set = self.header("set-cookie")?;
        set.split(';').next().map(str::to_owned)
    }

    /// Whether this is the page that links.
    pub(crate) fn is_page(&self) -> bool {
        self.status == 200 && self.body.contains("data-screen=\"qr\"")
    }

    /// Whether this is the page for a ticket that is worth nothing.
    pub(crate) fn is_spent(&self) -> bool {
        self.status == 404 && self.body.contains("<h1 id=\"title\">This link cannot be used</h1>")
    }

    /// Where the page loads this file from.
    pub(crate) fn asset(&self, name: &str) -> String {
        let (before, _) = self.body.split_once(&format!("/{name}\"")).expect("it is loaded");
        let (_, address) = before.rsplit_once('"').unwrap();
        format!("/link/{address}/{name}")
    }
}
