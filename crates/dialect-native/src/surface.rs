//! The way of every request: route, authentication, verb, rate, instance, body, handler.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::Response;
use waygate_core::token::TokenKind;
use waygate_engine::Gateway;
use waygate_engine::accounts::Grant;
use waygate_engine::link_tickets::LinkVisit;
use waygate_http::bearer;
use waygate_http::body::{self, STALL};
use waygate_http::site::Surface;
use waygate_http::trace::name_route;

use crate::call::{AccountCall, InstanceCall, Said, Scope, View};
use crate::fields::Fields;
use crate::link_pass;
use crate::origin;
use crate::own_instance::OwnInstance;
use crate::path::{self, Captured};
use crate::problem::{Problem, on_failure};
use crate::query::Query;
use crate::rate::{Caller, Rates};
use crate::route::{self, Guard, Handler, ROUTES, Reply, Route, Verb};
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// By which way requests come.
    pub door: Door,
}

/// The API over these use cases.
pub fn surface(gateway: Gateway, settings: Settings) -> Surface {
    let Settings { door } = settings;
    let (name, claims, rates): (_, fn(&str) -> bool, _) = match door {
        Door::Keyed => ("native", path::keyed_claims, Some(Rates::default())),
        Door::Operator => ("operator", path::operator_claims, None),
    };
    let api = Arc::new(Api { gateway, door, rates });
    Surface { name, claims, router: Router::new().fallback(serve).with_state(api), on_failure }
}

/// Where every request arrives.
#[derive(Debug)]
struct Api {
    gateway: Gateway,
    door: Door,
    rates: Option<Rates>,
}

/// Who was let in.
#[derive(Clone)]
enum Admitted {
    /// The operator, or who has a token of an account.
    Owner(Scope, Option<Caller>),
    /// Who is signed in to the console, with a token of an account.
    Browser(Scope, Caller),
    /// The page that a link ticket opened.
    Visitor(LinkVisit),
}

/// A handler with what it is about.
enum Prepared {
    Account(fn(AccountCall) -> Reply, Scope),
    Instance(fn(InstanceCall) -> Reply, OwnInstance, View, Option<LinkVisit>),
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
        let admitted = self.admit(template, captured, &head.headers).await?;
        let route = self.route(template, head)?;
        if let Admitted::Visitor(_) | Admitted::Browser(..) = admitted {
            origin::check(route.verb, &head.headers)?;
        }
        if let (Some(rates), Some(caller)) = (&self.rates, admitted.caller()) {
            rates.take(route.rate, caller)?;
        }
        let prepared = self.prepare(route, admitted, captured).await?;
        let query = Query::read(head.uri.query(), route.parameters)?;
        let body = body::read(body, BODY_BYTES_MAX, STALL).await?;
        let fields = match route.verb {
            // What a body means there nobody has said.
            Verb::Get | Verb::Delete => Fields::default(),
            Verb::Post => Fields::read(&body, |name| route.knows_field(name, self.door))?,
        };
        let said = Said {
            path: path.to_owned(),
            query,
            headers: head.headers.clone(),
            fields,
            attempt: captured.attempt.map(str::to_owned),
            link_ticket: captured.link_ticket.map(str::to_owned),
            token: captured.token.map(str::to_owned),
        };
        let gateway = self.gateway.clone();
        match prepared {
            Prepared::Account(handler, scope) => {
                handler(AccountCall { gateway, scope, said }).await
            }
            Prepared::Instance(handler, instance, view, visit) => {
                handler(InstanceCall { gateway, instance, view, visit, said }).await
            }
        }
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
        headers: &HeaderMap,
    ) -> Result<Admitted, Problem> {
        match (route::guard(template), self.door) {
            (Guard::LinkPass, Door::Keyed | Door::Operator) => {
                let ticket = captured.ticket.unwrap_or_default();
                link_pass::admit(&self.gateway, headers, ticket).await.map(Admitted::Visitor)
            }
            (Guard::Key, Door::Operator) => Ok(Admitted::Owner(Scope::Everything, None)),
            (Guard::Key, Door::Keyed) => {
                let sent = bearer::token(headers).map_err(|_malformed| {
                    Problem::no_key("the Authorization header holds no single bearer token")
                })?;
                let Some(token) = sent else {
                    let grant = session::find(&self.gateway, headers).await?;
                    return Ok(Admitted::of(&grant, true));
                };
                let grant = self.gateway.authenticate(TokenKind::Native, &token).await?;
                let grant = grant.ok_or_else(|| {
                    Problem::no_key("the token is unknown, revoked or of another kind")
                })?;
                Ok(Admitted::of(&grant, false))
            }
        }
    }

    /// Finds what a handler is about. For one about an instance it must be the caller's.
    async fn prepare(
        &self,
        route: &Route,
        admitted: Admitted,
        captured: Captured<'_>,
    ) -> Result<Prepared, Problem> {
        let gateway = &self.gateway;
        match (route.handler, admitted) {
            (
                Handler::Account(handler),
                Admitted::Owner(scope, _) | Admitted::Browser(scope, _),
            ) => Ok(Prepared::Account(handler, scope)),
            (
                Handler::Instance(handler),
                Admitted::Owner(scope, _) | Admitted::Browser(scope, _),
            ) => {
                let id = captured.instance.unwrap_or_default();
                let own = OwnInstance::find(gateway, scope, id).await?;
                Ok(Prepared::Instance(handler, own, View::Owner, None))
            }
            (Handler::Instance(handler), Admitted::Visitor(visit)) => {
                let own = OwnInstance::of_visitor(gateway, &visit).await?;
                Ok(Prepared::Instance(handler, own, View::Visitor, Some(visit)))
            }
            (Handler::Account(_), Admitted::Visitor(_)) => Err(Problem::no_such_path()),
        }
    }
}

impl Admitted {
    /// Who has this token, or a browser that is signed in with it.
    fn of(grant: &Grant, is_browser: bool) -> Self {
        let (scope, caller) = (Scope::Account(grant.account), Caller::Token(grant.token));
        if is_browser { Self::Browser(scope, caller) } else { Self::Owner(scope, Some(caller)) }
    }

    /// Who is counted, where somebody is.
    fn caller(&self) -> Option<Caller> {
        match self {
            Self::Owner(_, caller) => *caller,
            Self::Browser(_, caller) => Some(*caller),
            Self::Visitor(visitor) => Some(Caller::Pages(visitor.instance())),
        }
    }
}
