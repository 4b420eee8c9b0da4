//! The way of every request: path, verb, authentication, instance, rate limit, body, handler.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{Method as HttpMethod, StatusCode};
use axum::response::Response;
use waygate_core::audit::Actor;
use waygate_core::id::{AccountId, InstanceId};
use waygate_core::instance::record::InstanceRecord;
use waygate_core::port::registry::InstanceKey;
use waygate_core::token::{TokenId, TokenKind};
use waygate_engine::Gateway;
use waygate_engine::accounts::Grant;
use waygate_engine::audit::ActUnderWay;
use waygate_engine::look::CODE_WITHIN;
use waygate_http::act::{self, Doer};
use waygate_http::bearer;
use waygate_http::body::{self, STALL};
use waygate_http::guesses::Guesser;
use waygate_http::outbound::Policy;
use waygate_http::site::Surface;
use waygate_http::trace::{name_instance, name_route};

use crate::answer;
use crate::call::{AccountCall, Desk, InstanceCall, Said};
use crate::not_served;
use crate::openapi::{self, Document};
use crate::path::{self, Place};
use crate::rate::{Caller, Rates};
use crate::refusal::{Refusal, on_failure};
use crate::route::{Handler, ROUTES, Reply, Route, Verb};

/// The largest body.
pub(crate) const BODY_BYTES_MAX: usize = 256 * 1024;

/// What of this API can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Whether callers are held to the vendor's rates. They are by default.
    pub rate_limits: RateLimits,
    /// How long whoever asks for a code waits for it. [`CODE_WITHIN`] by default.
    pub code_within: Duration,
    /// Which receivers of events may be named: those on the internet by default.
    pub outbound: Policy,
}

impl Default for Settings {
    fn default() -> Self {
        let outbound = Policy::default();
        Self { rate_limits: RateLimits::Published, code_within: CODE_WITHIN, outbound }
    }
}

/// How often a route may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateLimits {
    /// As often as the vendor has published; new codes also no more than ten times an hour.
    Published,
    /// As often as anybody likes. Answers then tell of no rate.
    Off,
}

/// Hypersender's contract over these use cases.
pub fn surface(gateway: Gateway, settings: Settings) -> Surface {
    let served = ROUTES.iter().map(|route| Served::new(route, settings.rate_limits)).collect();
    let desk = Arc::new(Desk { gateway, settings });
    let api = Arc::new(Api { desk, served, document: Document::default() });
    Surface {
        name: "hypersender",
        claims: path::claims,
        router: Router::new().fallback(serve).with_state(api),
        on_failure,
    }
}

/// Where every request arrives.
#[derive(Debug)]
struct Api {
    desk: Arc<Desk>,
    served: Vec<Served>,
    document: Document,
}

/// A route with the count of its callers.
#[derive(Debug)]
struct Served {
    route: &'static Route,
    rates: Option<Rates>,
}

/// A handler with what it is about.
enum Prepared {
    Account(fn(AccountCall) -> Reply, AccountId),
    Instance(fn(InstanceCall) -> Reply, InstanceRecord),
}

async fn serve(State(api): State<Arc<Api>>, request: Request) -> Response {
    if request.method() == HttpMethod::OPTIONS {
        return answer::preflight();
    }
    let (head, body) = request.into_parts();
    let answered = api.answer(&head, body).await;
    let mut response = answered.unwrap_or_else(|refusal| api.refused(refusal));
    answer::add_cors(response.headers_mut());
    response
}

impl Api {
    async fn answer(&self, head: &Parts, body: Body) -> Result<Response, Refusal> {
        let place = path::parse(head.uri.path()).ok_or(Refusal::NOT_FOUND)?;
        if let Some(text) = self.document.at(place).filter(|_text| Verb::Get.fits(&head.method)) {
            name_route(openapi::TEMPLATE);
            return Ok(answer::with_json(StatusCode::OK, text));
        }
        let served = self.find(place, &head.method)?;
        name_route(served.route.template);
        let grant = self.authenticate(head).await?;
        let token = grant.token;
        let prepared = self.prepare(served.route, grant, place).await?;
        let act = || self.begin(served.route, token, &prepared, head);
        let Some(rates) = &served.rates else {
            let act = act();
            return self.carry_out(prepared, head, body, act).await;
        };
        let caller = prepared.caller();
        let outcome = match rates.take(caller) {
            Ok(permit) => {
                let act = act();
                let outcome = self.carry_out(prepared, head, body, act).await;
                if outcome.is_err() {
                    rates.give_back(permit);
                }
                outcome
            }
            Err(retry_after) => Err(Refusal::TooMany { retry_after }),
        };
        let mut response = outcome.unwrap_or_else(|refusal| self.refused(refusal));
        answer::add_rate(response.headers_mut(), rates.told(caller));
        Ok(response)
    }

    fn refused(&self, refusal: Refusal) -> Response {
        refusal.into_response(self.desk.gateway.now())
    }

    /// The route of a place and a verb.
    fn find(&self, place: Place<'_>, verb: &HttpMethod) -> Result<&Served, Refusal> {
        let mut routes = place.routes().peekable();
        if routes.peek().is_none() {
            let name = not_served::name_of(place);
            return Err(name.map_or(Refusal::NOT_FOUND, Refusal::not_served));
        }
        let route = routes.find(|route| route.verb.fits(verb));
        let served =
            route.and_then(|route| self.served.iter().find(|it| std::ptr::eq(it.route, route)));
        served.ok_or_else(|| Refusal::wrong_verb(place, verb.as_str()))
    }

    /// Lets in whoever has a token of an account or of an instance.
    async fn authenticate(&self, head: &Parts) -> Result<Grant, Refusal> {
        let sent = bearer::token(&head.headers).map_err(|_malformed| Refusal::UNAUTHENTICATED)?;
        let token = sent.ok_or(Refusal::UNAUTHENTICATED)?;
        let guesser = Guesser::of(&head.extensions);
        guesser.may_try()?;
        let grant = self.desk.gateway.authenticate(TokenKind::Hypersender, &token).await?;
        grant.ok_or_else(|| {
            guesser.was_wrong();
            Refusal::UNAUTHENTICATED
        })
    }

    /// Somebody who was let in begins to change something, if the route does.
    fn begin(
        &self,
        route: &Route,
        token: TokenId,
        prepared: &Prepared,
        head: &Parts,
    ) -> Option<ActUnderWay> {
        if route.verb != Verb::Post {
            return None;
        }
        let (account, instance) = prepared.is_about();
        let doer = Doer { actor: Actor::Token(token), account: Some(account), instance };
        Some(act::begin(&self.desk.gateway, doer, route.name, &head.extensions))
    }

    /// Finds what a handler is about. What it is about must be the caller's.
    async fn prepare(
        &self,
        route: &Route,
        grant: Grant,
        place: Place<'_>,
    ) -> Result<Prepared, Refusal> {
        if !grant.scopes.holds(route.scope) {
            return Err(Refusal::UNAUTHORIZED);
        }
        match route.handler {
            Handler::Account(_) if grant.instance.is_some() => Err(Refusal::UNAUTHORIZED),
            Handler::Account(handler) => Ok(Prepared::Account(handler, grant.account)),
            Handler::Instance(handler) => {
                Ok(Prepared::Instance(handler, self.own_instance(&grant, place).await?))
            }
        }
    }

    /// The instance of the path. One that is another's, was removed or never was are alike.
    async fn own_instance(
        &self,
        grant: &Grant,
        place: Place<'_>,
    ) -> Result<InstanceRecord, Refusal> {
        let named = place.instance().ok_or(Refusal::NOT_FOUND)?;
        let (account, key) = (Some(grant.account), InstanceKey::Id(named));
        let found = self.desk.gateway.find_instance(account, key).await?;
        let own =
            found.filter(|record| grant.instance.as_ref().is_none_or(|only| only.id == record.id));
        let own = own.ok_or(Refusal::NOT_FOUND)?;
        name_instance(own.id);
        Ok(own)
    }

    async fn carry_out(
        &self,
        prepared: Prepared,
        head: &Parts,
        body: Body,
        act: Option<ActUnderWay>,
    ) -> Result<Response, Refusal> {
        let outcome = self.handle(prepared, head, body).await;
        if let Some(act) = act {
            let status = outcome.as_ref().map_or_else(Refusal::status, Response::status);
            act.end(status.as_u16()).await;
        }
        outcome
    }

    async fn handle(
        &self,
        prepared: Prepared,
        head: &Parts,
        body: Body,
    ) -> Result<Response, Refusal> {
        let body = body::read(body, BODY_BYTES_MAX, STALL).await?;
        let desk = Arc::clone(&self.desk);
        match prepared {
            Prepared::Account(handler, account) => {
                let query = head.uri.query().map(str::to_owned);
                let said = Said { query, headers: head.headers.clone(), body };
                handler(AccountCall { desk, account, said }).await
            }
            Prepared::Instance(handler, instance) => handler(InstanceCall { desk, instance }).await,
        }
    }
}

impl Served {
    fn new(route: &'static Route, limits: RateLimits) -> Self {
        let rates = match limits {
            RateLimits::Published => route.per_minute.map(Rates::new),
            RateLimits::Off => None,
        };
        Self { route, rates }
    }
}

impl Prepared {
    /// Whose thing it is about, and which instance, where there is one already.
    fn is_about(&self) -> (AccountId, Option<InstanceId>) {
        match self {
            Self::Account(_, account) => (*account, None),
            Self::Instance(_, instance) => (instance.account, Some(instance.id)),
        }
    }

    fn caller(&self) -> Caller {
        match self {
            Self::Account(_, account) => Caller::Account(*account),
            Self::Instance(_, instance) => Caller::Instance(instance.id),
        }
    }
}
