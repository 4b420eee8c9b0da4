//! The API over a gateway of its own, on a clock that stands still unless a test moves it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, Request};
use http_body_util::BodyExt as _;
use serde_json::Value;
use waygate_core::id::{AccountId, InstanceId, InstanceNumber};
use waygate_core::instance::state::StateName;
use waygate_core::port::kept_answers::KeptAnswers;
use waygate_core::scope::Scope;
use waygate_core::secret::TokenText;
use waygate_core::token::TokenKind;
use waygate_dialect_native::{Door, Settings, surface};
use waygate_engine::Gateway;
use waygate_engine::accounts::NewToken;
use waygate_engine::link_tickets::{NewLinkTicket, Opened};
use waygate_http::site::Site;
use waygate_played::application::{new_instance, reaches};
use waygate_played::link::PlayedLink;

use crate::counted_registry::CountedRegistry;
use crate::described;

/// Longer than any answer takes.
pub(crate) const HANDLER_LIMIT: Duration = Duration::from_secs(120);

pub(crate) struct Server {
    pub(crate) link: PlayedLink,
    pub(crate) gateway: Gateway,
    pub(crate) keyed: Site,
    pub(crate) operator: Site,
    pub(crate) account: AccountId,
    /// A token of that account.
    pub(crate) key: TokenText,
}

/// An instance, and how GREEN-API's clients call it.
pub(crate) struct Instance {
    pub(crate) id: InstanceId,
    pub(crate) number: InstanceNumber,
    pub(crate) token: TokenText,
}

/// A ticket that a browser has opened.
pub(crate) struct Page {
    pub(crate) ticket: TokenText,
    pub(crate) pass: TokenText,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::on(PlayedLink::default()).await
    }

    /// Another process on the same store, which runs none of its instances.
    pub(crate) async fn beside(other: &Self) -> Self {
        Self::on(other.link.clone()).await
    }

    async fn on(link: PlayedLink) -> Self {
        let gateway = link.gateway();
        Self::with(link, gateway).await
    }

    /// One whose registry tells what it was asked.
    pub(crate) async fn counted() -> (Self, Arc<CountedRegistry>) {
        let link = PlayedLink::default();
        let registry = CountedRegistry::new(link.store());
        let gateway = link.gateway_over(Arc::clone(&registry) as _, link.store());
        (Self::with(link, gateway).await, registry)
    }

    /// One whose answers are kept by the test.
    pub(crate) async fn keeping(link: PlayedLink, answers: Arc<dyn KeptAnswers>) -> Self {
        let gateway = link.gateway_keeping(answers);
        Self::with(link, gateway).await
    }

    async fn with(link: PlayedLink, gateway: Gateway) -> Self {
        let account = gateway.first_account().await.unwrap().id;
        let key =
            gateway.issue_token(NewToken::new(TokenKind::Native, account)).await.unwrap().text;
        let site = |door| Site::new(vec![surface(gateway.clone(), Settings::at(door))]);
        let (keyed, operator) = (site(Door::Keyed), site(Door::Operator));
        Self { link, gateway, keyed, operator, account, key }
    }

    /// Another account than the one that everything belongs to, and a token of it.
    pub(crate) async fn stranger(&self) -> (AccountId, TokenText) {
        let id = self.link.other_account().await;
        (id, self.gateway.issue_token(NewToken::new(TokenKind::Native, id)).await.unwrap().text)
    }

    /// A token of the account that may do this.
    pub(crate) async fn key_for(&self, scopes: impl IntoIterator<Item = Scope>) -> TokenText {
        let scopes = scopes.into_iter().collect();
        let new = NewToken { scopes, ..NewToken::new(TokenKind::Native, self.account) };
        self.gateway.issue_token(new).await.unwrap().text
    }

    /// A new instance that nobody has looked at.
    pub(crate) async fn instance(&self) -> Instance {
        self.instance_of(self.account).await
    }

    pub(crate) async fn instance_of(&self, account: AccountId) -> Instance {
        let created = self.gateway.create_instance(new_instance(account)).await.unwrap();
        let (id, number) = (created.record.id, created.record.number);
        self.settle(id, StateName::Unlinked).await;
        Instance { id, number, token: created.token.unwrap() }
    }

    /// A new instance that is linked and online.
    pub(crate) async fn online(&self) -> Instance {
        let instance = self.instance().await;
        self.gateway.keep_looking(instance.id).await.unwrap();
        self.link.show(instance.id, "2@code").await;
        self.link.link(instance.id).await;
        self.settle(instance.id, StateName::Online).await;
        instance
    }

    /// Waits until the instance is in this state.
    pub(crate) async fn settle(&self, instance: InstanceId, name: StateName) {
        reaches(&self.gateway, instance, name).await;
    }

    /// A ticket of this instance, opened.
    pub(crate) async fn page(&self, instance: InstanceId) -> Page {
        self.page_with(instance, NewLinkTicket::default()).await
    }

    /// The same, with what is said of it.
    pub(crate) async fn page_with(&self, instance: InstanceId, new: NewLinkTicket) -> Page {
        let issued = self.gateway.issue_link_ticket(instance, new).await.unwrap();
        self.open(issued.text).await
    }

    /// This ticket, opened.
    pub(crate) async fn open(&self, ticket: TokenText) -> Page {
        let Opened::Pass(pass) = self.gateway.open_link_ticket(&ticket).await.unwrap() else {
            panic!("a new ticket opens nothing");
        };
        Page { ticket, pass: pass.text }
    }

    /// Sends a request with the account's token.
    pub(crate) async fn send(&self, verb: &str, path: &str, body: impl Into<Body>) -> Answer {
        self.send_as(&self.key, verb, path, body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, "").await
    }

    pub(crate) async fn post(&self, path: &str, body: &str) -> Answer {
        self.send("POST", path, body.to_owned()).await
    }

    pub(crate) async fn send_as(
        &self,
        key: &TokenText,
        verb: &str,
        path: &str,
        body: impl Into<Body>,
    ) -> Answer {
        let request = Request::builder().method(verb).uri(format!("/api/v1{path}"));
        let request = request.header("authorization", format!("Bearer {}", key.expose()));
        self.answer(request.body(body.into()).unwrap()).await
    }

    /// Sends a `POST` with a key by which it is carried out once.
    pub(crate) async fn post_once(
        &self,
        token: &TokenText,
        path: &str,
        idempotency_key: &str,
        body: &str,
    ) -> Answer {
        let request = Request::post(format!("/api/v1{path}"))
            .header("authorization", format!("Bearer {}", token.expose()))
            .header("idempotency-key", idempotency_key);
        self.answer(request.body(Body::from(body.to_owned())).unwrap()).await
    }

    /// Sends a request by the operator's door.
    pub(crate) async fn operate(&self, verb: &str, path: &str, body: &str) -> Answer {
        let request = Request::builder().method(verb).uri(format!("/api/v1{path}"));
        let request = request.body(Body::from(body.to_owned())).unwrap();
        answered(&self.operator, request).await
    }

    /// Sends what the page in the browser sends.
    pub(crate) async fn visit(&self, page: &Page, verb: &str, path: &str, body: &str) -> Answer {
        let request = page.request(verb, path).header("content-type", "application/json");
        self.answer(request.body(Body::from(body.to_owned())).unwrap()).await
    }

    /// Sends a request by the network.
    pub(crate) async fn answer(&self, request: Request<Body>) -> Answer {
        answered(&self.keyed, request).await
    }
}

/// What a site answers, which must be what the API says that it answers.
async fn answered(site: &Site, request: Request<Body>) -> Answer {
    let (verb, path) = (request.method().clone(), request.uri().to_string());
    let answer = read(site.answer(request, HANDLER_LIMIT).await).await;
    described::check(verb.as_str(), &path, &answer);
    answer
}

pub(crate) async fn read(response: axum::response::Response) -> Answer {
    let (head, body) = response.into_parts();
    let is_stream = head.headers.get("content-type").is_some_and(|it| it == "text/event-stream");
    // One of those has no end.
    let bytes = if is_stream { vec![] } else { body.collect().await.unwrap().to_bytes().to_vec() };
    Answer { status: head.status.as_u16(), headers: head.headers, bytes }
}

impl Instance {
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/instances/{}{rest}", self.id)
    }
}

impl Page {
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/link/{}{rest}", self.ticket.expose())
    }

    /// The page's cookie.
    pub(crate) fn cookie(&self) -> String {
        let (start, _rest) = self.ticket.expose().split_at(8);
        format!("waygate_link_{start}={}", self.pass.expose())
    }

    pub(crate) fn request(&self, verb: &str, path: &str) -> axum::http::request::Builder {
        let request = Request::builder().method(verb).uri(self.path(path));
        request.header("cookie", self.cookie()).header("host", "gate.example")
    }
}

impl Answer {
    pub(crate) fn body(&self) -> &str {
        std::str::from_utf8(&self.bytes).expect("no text")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|_| panic!("no JSON: {self}"))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The text of a field.
    pub(crate) fn text(&self, name: &str) -> String {
        self.json()[name].as_str().unwrap_or_else(|| panic!("no {name}: {self}")).to_owned()
    }

    pub(crate) fn code(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self}");
        self.text("code")
    }

    /// The status and the body as snapshots show them: with words in the place of what is random.
    pub(crate) fn shown(&self) -> String {
        let parts = self.body().split('"').map(|part| match part {
            _ if is_uuid(part) => "<uuid>".to_owned(),
            _ if part.starts_with("wg_") || is_hex(part, 50) => "<token>".to_owned(),
            _ if TokenKind::Hypersender.may_be(part) => "<token>".to_owned(),
            _ if is_hex(part, 16) => "<token id>".to_owned(),
            _ => match part.strip_prefix("/link/") {
                Some(ticket) if is_hex(ticket, 50) => "/link/<ticket>".to_owned(),
                Some(_) | None => without_numbers(part),
            },
        });
        format!("{} {}", self.status, parts.collect::<Vec<_>>().join("\""))
    }
}

/// Without the numbers that instances are given: ten digits after a colon.
fn without_numbers(part: &str) -> String {
    let digits = part.strip_prefix(':').and_then(|rest| rest.get(..10));
    match digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit())) {
        Some(digits) => part.replacen(digits, "<number>", 1),
        None => part.to_owned(),
    }
}

fn is_uuid(text: &str) -> bool {
    text.parse::<InstanceId>().is_ok()
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, String::from_utf8_lossy(&self.bytes))
    }
}
