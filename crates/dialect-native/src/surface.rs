//! The way of every request: route, authentication, verb, rate, right, instance, body, key, handler.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::uri::PathAndQuery;
use axum::response::Response;
use futures_util::StreamExt as _;
use waygate_core::audit::Actor;
use waygate_core::scope::{Scope, Scopes};
use waygate_core::token::TokenKind;
use waygate_engine::Gateway;
use waygate_engine::accounts::Grant;
use waygate_engine::audit::ActUnderWay;
use waygate_engine::idempotency::{Asked, Turn};
use waygate_engine::link_tickets::LinkVisit;
use waygate_http::act::{self, Doer};
use waygate_http::bearer;
use waygate_http::body::{self, STALL};
use waygate_http::guesses::Guesser;
use waygate_http::outbound::Policy;
use waygate_http::rate_headers::ToldLimit;
use waygate_http::site::Surface;
use waygate_http::trace::name_route;
use waygate_http::websocket::{Handshake, Origins};

use crate::call::{AccountCall, InstanceCall, Reach, Said, SessionCall, View};
use crate::fields::Fields;
use crate::idempotency;
use crate::link_pass;
use crate::origin;
use crate::own_instance::OwnInstance;
use crate::path::{self, Captured};
use crate::problem::{Problem, on_failure};
use crate::query::Query;
use crate::rate::{Caller, RateLimits, Rates};
use crate::route::{self, ACCOUNT, Guard, Handler, Reply, Route, Verb};
use crate::routes::ROUTES;
use crate::session;

/// The largest body.
const BODY_BYTES_MAX: usize = 256 * 1024;

/// By which way requests come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// By the network. A bearer token says whose things are shown, and callers are held to rates.
    Keyed,
    /// By a socket that only the operator can open. Everything is shown, and nothing is counted.
    Operator,
}

/// What of this API can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// By which way requests come.
    pub door: Door,
    /// How often a token may call.
    pub rate_limits: RateLimits,
    /// Which receivers of events may be named: those on the internet by default.
    pub outbound: Policy,
}

impl Settings {
    /// As it is meant, for requests that come by this way.
    pub fn at(door: Door) -> Self {
        Self { door, rate_limits: RateLimits::Published, outbound: Policy::default() }
    }
}

/// The API over these use cases.
pub fn surface(gateway: Gateway, settings: Settings) -> Surface {
    let Settings { door, rate_limits, outbound } = settings;
    let (name, claims, rates): (_, fn(&str) -> bool, _) = match door {
        Door::Keyed => ("native", path::keyed_claims, rate_limits.rates()),
        Door::Operator => ("operator", path::operator_claims, None),
    };
    let api = Arc::new(Api { gateway, door, rates, outbound });
    Surface { name, claims, router: Router::new().fallback(serve).with_state(api), on_failure }
}

/// Where every request arrives.
#[derive(Debug)]
struct Api {
    gateway: Gateway,
    door: Door,
    rates: Option<Rates>,
    outbound: Policy,
}

/// Who was let in.
enum Admitted {
    /// The operator, or who has a token.
    Owner(Owner),
    /// Who is signed in to the console, with a token.
    Browser(Owner),
    /// The page that a link ticket opened.
    Visitor(LinkVisit),
}

/// Whose things somebody sees, and what he may do with them.
struct Owner {
    reach: Reach,
    rights: Scopes,
    /// What his token gives; the operator has none.
    grant: Option<Box<Grant>>,
}

/// A handler with what it is about.
enum Prepared {
    Account(fn(AccountCall) -> Reply, Reach, Scopes),
    Instance(fn(InstanceCall) -> Reply, OwnInstance, Scopes),
    Visit(fn(InstanceCall) -> Reply, OwnInstance, LinkVisit),
    Session(fn(SessionCall) -> Reply, OwnInstance, Scopes),
}

async fn serve(State(api): State<Arc<Api>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    match api.answer(&head, body).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

impl Api {
    async fn answer(&self, head: &Parts, body: Body) -> Result<Response, Problem> {
        let path = head.uri.path();
        let (template, captured) = self.find(path).ok_or_else(Problem::no_such_path)?;
        name_route(template);
        let admitted = self.admit(template, captured, head).await?;
        let route = self.route(template, head)?;
        if let Admitted::Visitor(_) | Admitted::Browser(..) = admitted {
            origin::check(route.verb, &head.headers)?;
        }
        let mut limit = None;
        if let (Some(rates), Some(caller)) = (&self.rates, admitted.caller()) {
            let taken = rates.take(route.rate, caller);
            if let Some(refusal) = taken.refusal {
                return Ok(with_limit(refusal.into_response(), Some(taken.limit)));
            }
            limit = Some(taken.limit);
        }
        let mut act = route.act.map(|name| self.begin(name, &admitted, head));
        let answered = self.carry_out((route, captured), &admitted, (head, body), &mut act).await;
        let response = answered.unwrap_or_else(Problem::into_response);
        if let Some(act) = act {
            act.end(response.status().as_u16()).await;
        }
        Ok(with_limit(response, limit))
    }

    /// Somebody who was let in begins to change something.
    fn begin(&self, name: &str, admitted: &Admitted, head: &Parts) -> ActUnderWay {
        let actor = admitted.actor().unwrap_or(Actor::LinkTicket);
        let account = admitted.grant().map(|grant| grant.account);
        act::begin(&self.gateway, Doer { actor, account, instance: None }, name, &head.extensions)
    }

    async fn carry_out(
        &self,
        (route, captured): (&Route, Captured<'_>),
        admitted: &Admitted,
        (head, body): (&Parts, Body),
        act: &mut Option<ActUnderWay>,
    ) -> Result<Response, Problem> {
        let path = head.uri.path();
        admitted.must_hold(route.scope)?;
        let prepared = self.prepare(route, admitted, captured).await?;
        let of_instance = match &prepared {
            Prepared::Instance(_, instance, _)
            | Prepared::Visit(_, instance, _)
            | Prepared::Session(_, instance, _) => Some(instance),
            Prepared::Account(..) => None,
        };
        if let (Some(act), Some(instance)) = (act.as_mut(), of_instance) {
            act.is_about(instance.id(), instance.record().account);
        }
        let knows = |known: &[&str], name: &str| {
            known.contains(&name) && (name != ACCOUNT || admitted.sees_everything())
        };
        let query = Query::read(head.uri.query(), |name| knows(route.parameters, name))?;
        let body = body::read(body, BODY_BYTES_MAX, STALL).await?;
        let fields = if route.verb.has_body() {
            Fields::read(&body, |name| knows(route.fields, name))?
        } else {
            // What a body means there nobody has said.
            Fields::default()
        };
        let mut said = Said {
            path: path.to_owned(),
            query,
            headers: head.headers.clone(),
            fields,
            account: captured.account.map(str::to_owned),
            attempt: captured.attempt.map(str::to_owned),
            event: captured.event.map(str::to_owned),
            link_ticket: captured.link_ticket.map(str::to_owned),
            token: captured.token.map(str::to_owned),
            webhook_endpoint: captured.webhook_endpoint.map(str::to_owned),
            message: captured.message.map(str::to_owned),
            once: None,
        };
        let once = match self.turn(route, admitted, head, &body).await? {
            None => None,
            Some(Turn::First(once)) => Some(Arc::new(once)),
            Some(Turn::Again(kept)) => {
                if let Some(act) = act.take() {
                    act.was_done_before();
                }
                return idempotency::again(&kept);
            }
            Some(Turn::UnderWay) => return Err(Problem::under_way()),
            Some(Turn::Another) => return Err(Problem::key_reused()),
        };
        said.once = once.clone();
        let reply = prepared.reply(self, said, (head, admitted))?;
        if let Some(once) = once {
            return idempotency::carry_out(once, reply).await;
        }
        match admitted.grant() {
            Some(grant) if route.waits => tokio::select! {
                biased;
                answered = reply => answered,
                () = self.gateway.until_worthless(grant) => Err(no_longer()),
            },
            Some(grant) if route.streams => Ok(self.while_worthy(grant.clone(), reply.await?)),
            Some(_) | None => reply.await,
        }
    }

    /// Whether a request that came with a key is to be carried out; `None` for one without. A visitor
    /// has none: his page does not ask twice.
    async fn turn(
        &self,
        route: &Route,
        admitted: &Admitted,
        head: &Parts,
        body: &[u8],
    ) -> Result<Option<Turn>, Problem> {
        let (Verb::Post, Some(caller)) = (route.verb, admitted.actor()) else { return Ok(None) };
        let Some(key) = idempotency::key(&head.headers)? else { return Ok(None) };
        let place = head.uri.path_and_query().map_or("", PathAndQuery::as_str);
        let request = [route.verb.as_str().as_bytes(), place.as_bytes(), body];
        let asked = Asked { caller, key: &key, request };
        Ok(Some(self.gateway.take_turn(asked).await?))
    }

    /// An answer that ends with the token that it was asked for with.
    fn while_worthy(&self, grant: Grant, response: Response) -> Response {
        let gateway = self.gateway.clone();
        let worthless = Box::pin(async move { gateway.until_worthless(&grant).await });
        response.map(|body| Body::from_stream(body.into_data_stream().take_until(worthless)))
    }

    /// The template of a path at this door, and what it leaves open.
    fn find<'a>(&self, path: &'a str) -> Option<(&'static str, Captured<'a>)> {
        self.routes().find_map(|route| {
            path::capture(route.template, path).map(|captured| (route.template, captured))
        })
    }

    /// The route of the request's verb, or which verbs there are.
    fn route(&self, template: &'static str, head: &Parts) -> Result<&'static Route, Problem> {
        let routes = || self.routes().filter(|route| route.template == template);
        routes().find(|route| route.verb.fits(&head.method)).ok_or_else(|| {
            let allowed: Vec<&str> = routes().map(|route| route.verb.allowed()).collect();
            Problem::wrong_verb(&allowed.join(", "))
        })
    }

    fn routes(&self) -> impl Iterator<Item = &'static Route> {
        let door = self.door;
        ROUTES.iter().filter(move |route| route.is_served_at(door))
    }

    async fn admit(
        &self,
        template: &str,
        captured: Captured<'_>,
        head: &Parts,
    ) -> Result<Admitted, Problem> {
        let headers = &head.headers;
        match (route::guard(template), self.door) {
            (Guard::LinkPass, Door::Keyed | Door::Operator) => {
                let ticket = captured.ticket.unwrap_or_default();
                link_pass::admit(&self.gateway, headers, ticket).await.map(Admitted::Visitor)
            }
            (Guard::Key, Door::Operator) => {
                let (reach, rights) = (Reach::Everything, Scopes::all());
                Ok(Admitted::Owner(Owner { reach, rights, grant: None }))
            }
            (Guard::Key, Door::Keyed) => {
                let sent = bearer::token(headers).map_err(|_malformed| {
                    Problem::no_key("the Authorization header holds no single bearer token")
                })?;
                let Some(token) = sent else {
                    let grant = session::find(&self.gateway, &head.headers).await?;
                    return Ok(Admitted::Browser(Owner::of(grant)));
                };
                let guesser = Guesser::of(&head.extensions);
                guesser.may_try()?;
                let grant = self.gateway.authenticate(TokenKind::Native, &token).await?;
                let grant = grant.ok_or_else(|| {
                    guesser.was_wrong();
                    no_longer()
                })?;
                Ok(Admitted::Owner(Owner::of(grant)))
            }
        }
    }

    /// Finds what a handler is about. For one about an instance it must be the caller's.
    async fn prepare(
        &self,
        route: &Route,
        admitted: &Admitted,
        captured: Captured<'_>,
    ) -> Result<Prepared, Problem> {
        let gateway = &self.gateway;
        match (route.handler, admitted) {
            (Handler::Account(handler), Admitted::Owner(owner) | Admitted::Browser(owner)) => {
                Ok(Prepared::Account(handler, owner.reach, owner.rights))
            }
            (Handler::Instance(handler), Admitted::Owner(owner) | Admitted::Browser(owner)) => {
                let id = captured.instance.unwrap_or_default();
                let own = OwnInstance::find(gateway, owner.reach, id).await?;
                Ok(Prepared::Instance(handler, own, owner.rights))
            }
            (Handler::Instance(handler), Admitted::Visitor(visit)) => {
                let own = OwnInstance::of_visitor(gateway, visit).await?;
                Ok(Prepared::Visit(handler, own, visit.clone()))
            }
            (Handler::Session(handler), Admitted::Owner(owner) | Admitted::Browser(owner)) => {
                let id = captured.instance.unwrap_or_default();
                let own = OwnInstance::find(gateway, owner.reach, id).await?;
                Ok(Prepared::Session(handler, own, owner.rights))
            }
            (Handler::Account(_) | Handler::Session(_), Admitted::Visitor(_)) => {
                Err(Problem::no_such_path())
            }
        }
    }
}

impl Prepared {
    /// Has the handler answer; a session begins only with a request for one.
    fn reply(
        self,
        api: &Api,
        said: Said,
        (head, admitted): (&Parts, &Admitted),
    ) -> Result<Reply, Problem> {
        let (gateway, outbound) = (api.gateway.clone(), api.outbound.clone());
        Ok(match self {
            Self::Account(handler, reach, rights) => {
                handler(AccountCall { gateway, outbound, reach, rights, said })
            }
            Self::Instance(handler, instance, rights) => {
                let (view, visit) = (View::Owner, None);
                handler(InstanceCall { gateway, outbound, instance, view, rights, visit, said })
            }
            Self::Visit(handler, instance, visit) => {
                let (view, rights, visit) = (View::Visitor, Scopes::NONE, Some(visit));
                handler(InstanceCall { gateway, outbound, instance, view, rights, visit, said })
            }
            Self::Session(handler, instance, rights) => {
                let handshake = Handshake::read(head, admitted.origins())?;
                let (view, visit, grant) = (View::Owner, None, admitted.grant().cloned());
                let call = InstanceCall { gateway, outbound, instance, view, rights, visit, said };
                handler(SessionCall { call, handshake, grant })
            }
        })
    }
}

impl Owner {
    /// Who has this token, or is signed in with it.
    fn of(grant: Grant) -> Self {
        let rights = grant.scopes;
        let reach = if rights.holds(Scope::Admin) {
            Reach::Everything
        } else {
            Reach::Account(grant.account)
        };
        Self { reach, rights, grant: Some(Box::new(grant)) }
    }
}

impl Admitted {
    /// Whose things somebody sees; none for a visitor.
    fn owner(&self) -> Option<&Owner> {
        match self {
            Self::Owner(owner) | Self::Browser(owner) => Some(owner),
            Self::Visitor(_) => None,
        }
    }

    /// The right that a route needs. A visitor comes where none is needed.
    fn must_hold(&self, needed: Option<Scope>) -> Result<(), Problem> {
        match (self.owner(), needed) {
            (Some(owner), Some(needed)) if !owner.rights.holds(needed) => {
                Err(Problem::forbidden(needed))
            }
            (Some(_) | None, _) => Ok(()),
        }
    }

    /// The token of whoever came with one.
    fn grant(&self) -> Option<&Grant> {
        self.owner()?.grant.as_deref()
    }

    /// Whose pages may open a session. A browser sends its cookie whoever makes it ask, and no page can
    /// make it send a token.
    fn origins(&self) -> &'static Origins {
        match self {
            Self::Owner(_) => &Origins::Any,
            Self::Browser(_) | Self::Visitor(_) => &Origins::Same,
        }
    }

    /// Who he is; `None` for a visitor, who is nobody in particular.
    fn actor(&self) -> Option<Actor> {
        let operator_or = |owner: &Owner| {
            owner.grant.as_ref().map_or(Actor::Operator, |grant| Actor::Token(grant.token))
        };
        self.owner().map(operator_or)
    }

    fn sees_everything(&self) -> bool {
        self.owner().is_some_and(|owner| owner.reach == Reach::Everything)
    }

    /// Who is counted, where somebody is.
    fn caller(&self) -> Option<Caller> {
        match self {
            Self::Owner(_) | Self::Browser(_) => {
                self.grant().map(|grant| Caller::Token(grant.token))
            }
            Self::Visitor(visitor) => Some(Caller::Pages(visitor.instance())),
        }
    }
}

/// Tells of the limit that a request was counted for.
fn with_limit(mut response: Response, limit: Option<ToldLimit>) -> Response {
    if let Some(limit) = limit {
        limit.tell(response.headers_mut());
    }
    response
}

/// The token opens nothing, or nothing any more.
fn no_longer() -> Problem {
    Problem::no_key("the token is unknown, revoked or of another kind")
}
