//! The API over a gateway of its own, on a clock that stands still unless a test moves it.

use std::fmt;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, Request};
use http_body_util::BodyExt as _;
use serde_json::Value;
use waygate_core::id::{AccountId, InstanceId};
use waygate_core::instance::state::StateName;
use waygate_core::scope::Scopes;
use waygate_core::secret::TokenText;
use waygate_core::token::TokenKind;
use waygate_dialect_hypersender::{Group, RateLimits, Route, Settings, surface};
use waygate_engine::Gateway;
use waygate_engine::accounts::NewToken;
use waygate_engine::instances::NewInstance;
use waygate_http::site::Site;
use waygate_played::application::reaches;
use waygate_played::link::PlayedLink;

use crate::schema::assert_documented;

/// Longer than any answer takes.
const HANDLER_LIMIT: Duration = Duration::from_secs(120);

/// What every path of the newer version begins with.
pub(crate) const BASE: &str = "/api/whatsapp/v2";

/// A UUID that nothing has.
pub(crate) const UNKNOWN: &str = "67e55044-10b1-426f-9247-bb680e5fe0c8";

pub(crate) struct Server {
    pub(crate) link: PlayedLink,
    pub(crate) gateway: Gateway,
    pub(crate) site: Site,
    pub(crate) account: AccountId,
    /// Of the account.
    pub(crate) token: TokenText,
}

/// An instance, and how to call it.
#[derive(Clone)]
pub(crate) struct Instance {
    pub(crate) id: InstanceId,
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
        let token = issued(&gateway, NewToken::new(TokenKind::Hypersender, account)).await;
        let site = Site::new(vec![surface(gateway.clone(), settings)]);
        Self { link, gateway, site, account, token }
    }

    /// Another account's token.
    pub(crate) async fn stranger(&self) -> TokenText {
        let other = self.link.other_account().await;
        issued(&self.gateway, NewToken::new(TokenKind::Hypersender, other)).await
    }

    /// A token of the account that may do less than everything.
    pub(crate) async fn token_for(&self, scopes: Scopes) -> TokenText {
        let new = NewToken { scopes, ..NewToken::new(TokenKind::Hypersender, self.account) };
        issued(&self.gateway, new).await
    }

    /// A new instance that nobody has looked at.
    pub(crate) async fn instance(&self) -> Instance {
        self.instance_named("Front desk").await
    }

    pub(crate) async fn instance_named(&self, name: &str) -> Instance {
        let phone = Some("15550001111".parse().unwrap());
        let new =
            NewInstance { name: name.to_owned(), phone, ..NewInstance::unnamed(self.account) };
        self.created(new).await
    }

    pub(crate) async fn created(&self, new: NewInstance) -> Instance {
        let record = self.gateway.create_instance(new).await.unwrap().record;
        self.settle(record.id, StateName::Unlinked).await;
        let kind = TokenKind::Hypersender;
        let token = self.gateway.instance_token_text(&record, kind).await.unwrap().unwrap();
        Instance { id: record.id, token }
    }

    /// Has the instance show this code.
    pub(crate) async fn show(&self, instance: &Instance, code: &str) {
        self.gateway.keep_looking(instance.id).await.unwrap();
        self.link.show(instance.id, code).await;
        self.settle(instance.id, StateName::Linking).await;
    }

    /// Links the instance, which is online then.
    pub(crate) async fn link(&self, instance: &Instance) {
        self.show(instance, "2@code").await;
        self.link.link(instance.id).await;
        self.settle(instance.id, StateName::Online).await;
    }

    /// A new instance that is linked and online.
    pub(crate) async fn online(&self) -> Instance {
        let instance = self.instance().await;
        self.link(&instance).await;
        instance
    }

    /// Waits until the instance is in this state.
    pub(crate) async fn settle(&self, instance: InstanceId, name: StateName) {
        reaches(&self.gateway, instance, name).await;
    }

    /// Creates an instance with this body; the code is shown as soon as somebody waits for one.
    pub(crate) async fn create(&self, body: &str) -> Answer {
        self.send(&self.token, "POST", &format!("{BASE}/create-instance"), body.to_owned()).await
    }

    /// Lists the instances that fit this query.
    pub(crate) async fn list(&self, query: &str) -> Answer {
        self.send(&self.token, "GET", &format!("{BASE}/instances{query}"), "").await
    }

    /// Calls a route of an instance with its own token.
    pub(crate) async fn call(&self, verb: &str, instance: &Instance, name: &str) -> Answer {
        self.send(&instance.token, verb, &instance.path(name), "").await
    }

    pub(crate) async fn health(&self, instance: &Instance) -> Answer {
        self.call("GET", instance, "health").await
    }

    /// Sends a request that names its body JSON.
    pub(crate) async fn send(
        &self,
        token: &TokenText,
        verb: &str,
        path: &str,
        body: impl Into<Body>,
    ) -> Answer {
        let request = Request::builder()
            .method(verb)
            .uri(path)
            .header("authorization", format!("Bearer {}", token.expose()))
            .header("content-type", "application/json");
        self.answer(request.body(body.into()).unwrap()).await
    }

    /// Sends any request; what comes back must be as the document says.
    pub(crate) async fn answer(&self, request: Request<Body>) -> Answer {
        let (verb, path) = (request.method().clone(), request.uri().path().to_owned());
        let response = self.site.answer(request, HANDLER_LIMIT).await;
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let body = String::from_utf8(body.to_vec()).expect("answers are text");
        let answer = Answer { status: head.status.as_u16(), headers: head.headers, body };
        assert_documented(verb.as_str(), &path, &answer);
        answer
    }
}

async fn issued(gateway: &Gateway, new: NewToken) -> TokenText {
    gateway.issue_token(new).await.unwrap().text
}

impl Instance {
    pub(crate) fn path(&self, name: &str) -> String {
        format!("{BASE}/{}/{name}", self.id)
    }
}

/// The path of a route, of an instance where it has one.
pub(crate) fn path(route: &Route, instance: &Instance) -> String {
    match route.group() {
        Group::Account => format!("{BASE}/{}", route.name()),
        Group::Instance => instance.path(route.name()),
    }
}

impl Answer {
    /// The status and the body, as snapshots show them.
    pub(crate) fn told(&self) -> String {
        format!("{} {}", self.status, self.body)
    }

    /// The same with names in the place of what differs each time.
    pub(crate) fn told_of(&self, instance: &Instance) -> String {
        let told = self.told().replace(&instance.id.to_string(), "UUID");
        told.replace(instance.token.expose(), "TOKEN")
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
