//! The API over a gateway of its own, on a clock that stands still unless a test moves it.

use std::fmt;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, Request};
use http_body_util::BodyExt as _;
use serde_json::Value;
use waygate_core::id::{InstanceId, InstanceNumber};
use waygate_core::instance::state::StateName;
use waygate_core::secret::TokenText;
use waygate_core::token::TokenKind;
use waygate_dialect_greenapi::{Group, Method, RateLimits, Settings, Verb, surface};
use waygate_engine::Gateway;
use waygate_engine::accounts::NewToken;
use waygate_http::site::Site;
use waygate_played::application::{create, reaches};
use waygate_played::link::PlayedLink;

/// Longer than any answer takes.
const HANDLER_LIMIT: Duration = Duration::from_secs(120);

pub(crate) struct Server {
    pub(crate) link: PlayedLink,
    pub(crate) gateway: Gateway,
    pub(crate) site: Site,
    pub(crate) partner: TokenText,
}

/// An instance, and how to call it.
#[derive(Clone)]
pub(crate) struct Instance {
    pub(crate) id: InstanceId,
    pub(crate) number: InstanceNumber,
    pub(crate) token: TokenText,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

/// As quick as tests are, without rates.
pub(crate) fn unlimited() -> Settings {
    Settings { rate_limits: RateLimits::Off, ..Settings::default() }
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with(unlimited()).await
    }

    pub(crate) async fn with(settings: Settings) -> Self {
        let link = PlayedLink::default();
        let gateway = link.gateway();
        Self::on(settings, link, gateway).await
    }

    pub(crate) async fn on(settings: Settings, link: PlayedLink, gateway: Gateway) -> Self {
        let account = gateway.first_account().await.unwrap().id;
        let partner =
            gateway.issue_token(NewToken::new(TokenKind::Partner, account)).await.unwrap().text;
        let site = Site::new(vec![surface(gateway.clone(), settings)]);
        Self { link, gateway, site, partner }
    }

    /// A new instance that nobody has looked at.
    pub(crate) async fn instance(&self) -> Instance {
        let created = create(&self.gateway).await;
        let (id, number) = (created.record.id, created.record.number);
        self.settle(id, StateName::Unlinked).await;
        Instance { id, number, token: created.token.unwrap() }
    }

    /// A new instance that shows this code.
    pub(crate) async fn showing(&self, code: &str) -> Instance {
        let instance = self.instance().await;
        self.gateway.keep_looking(instance.id).await.unwrap();
        self.link.show(instance.id, code).await;
        self.settle(instance.id, StateName::Linking).await;
        instance
    }

    /// A new instance that is linked and online.
    pub(crate) async fn online(&self) -> Instance {
        let instance = self.showing("2@code").await;
        self.link.link(instance.id).await;
        self.settle(instance.id, StateName::Online).await;
        instance
    }

    /// Waits until the instance is in this state.
    pub(crate) async fn settle(&self, instance: InstanceId, name: StateName) {
        reaches(&self.gateway, instance, name).await;
    }

    /// Sends a request to the path of a method of an instance.
    pub(crate) async fn call(&self, verb: &str, instance: &Instance, name: &str) -> Answer {
        self.send(verb, &instance.path(name), "").await
    }

    pub(crate) async fn get(&self, instance: &Instance, name: &str) -> Answer {
        self.call("GET", instance, name).await
    }

    pub(crate) async fn post(&self, instance: &Instance, name: &str, body: &str) -> Answer {
        self.send("POST", &instance.path(name), body.to_owned()).await
    }

    /// Calls a partner's method.
    pub(crate) async fn partner(&self, verb: &str, name: &str, body: &str) -> Answer {
        self.send(verb, &self.partner_path(name), body.to_owned()).await
    }

    pub(crate) fn partner_path(&self, name: &str) -> String {
        format!("/partner/{name}/{}", self.partner.expose())
    }

    /// The path of a method as its documentation has it.
    pub(crate) fn path(&self, method: &Method, instance: &Instance) -> String {
        match method.group() {
            Group::Account => instance.path(method.name()),
            Group::Page => instance.page(),
            Group::Partner => self.partner_path(method.name()),
        }
    }

    pub(crate) async fn send(&self, verb: &str, path: &str, body: impl Into<Body>) -> Answer {
        let request = Request::builder().method(verb).uri(path);
        self.answer(request.body(body.into()).unwrap()).await
    }

    pub(crate) async fn answer(&self, request: Request<Body>) -> Answer {
        let response = self.site.answer(request, HANDLER_LIMIT).await;
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let body = String::from_utf8(body.to_vec()).expect("answers are text");
        Answer { status: head.status.as_u16(), headers: head.headers, body }
    }
}

impl Instance {
    pub(crate) fn path(&self, name: &str) -> String {
        format!("/waInstance{}/{name}/{}", self.number, self.token.expose())
    }

    /// The path of its page.
    pub(crate) fn page(&self) -> String {
        format!("/waInstance{}/{}", self.number, self.token.expose())
    }
}

impl Answer {
    /// The status and the body, as snapshots show them.
    pub(crate) fn told(&self) -> String {
        format!("{} {}", self.status, self.body)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.told()))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told())
    }
}

/// The verb of a method.
pub(crate) fn verb(method: &Method) -> &'static str {
    match method.verb() {
        Verb::Get | Verb::GetOnly => "GET",
        Verb::Post | Verb::Ask => "POST",
        Verb::Delete | Verb::Confirm => "DELETE",
    }
}
