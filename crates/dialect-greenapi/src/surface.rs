//! The way of every request: path, authentication, rate limit, verb, body, handler.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Method as HttpMethod;
use axum::http::request::Parts;
use axum::response::Response;
use waygate_core::audit::Actor;
use waygate_core::id::{AccountId, InstanceNumber};
use waygate_core::instance::record::InstanceRecord;
use waygate_core::secret::TokenText;
use waygate_core::token::{TokenId, TokenKind};
use waygate_engine::Gateway;
use waygate_engine::accounts::Grant;
use waygate_engine::audit::ActUnderWay;
use waygate_engine::look::CODE_WITHIN;
use waygate_http::act::{self, Doer};
use waygate_http::body::{self, STALL};
use waygate_http::guesses::Guesser;
use waygate_http::outbound::Policy;
use waygate_http::rate;
use waygate_http::rate::Decision;
use waygate_http::site::Surface;
use waygate_http::trace::{name_instance, name_route};
use waygate_http::websocket::{Handshake, Origins, Session};

use crate::answer;
use crate::call::{AccountCall, Desk, PartnerCall, Said, SessionCall};
use crate::method::{Course, Handler, METHODS, Method, Reply};
use crate::not_served;
use crate::path::{self, Place};
use crate::pictures::Pictures;
use crate::rate::Caller;
use crate::receiving::clear_webhooks_queue::Clearings;
use crate::refusal::{Refusal, on_failure};
use crate::seats::Seats;

/// What of this API can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Whether callers are held to the vendor's rates. They are by default.
    pub rate_limits: RateLimits,
    /// How long whoever asks for a code waits for the first one of an attempt: `qr`, `scanqrcode`
    /// and `getAuthorizationCode`. [`CODE_WITHIN`] by default.
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

/// How often a method may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateLimits {
    /// As often as the vendor has published, each instance and method counted by itself.
    Published,
    /// As often as anybody likes. Answers then tell of no rate.
    Off,
}

/// The GREEN-API contract over these use cases.
pub fn surface(gateway: Gateway, settings: Settings) -> Surface {
    let served = METHODS.iter().map(|method| Served::new(method, settings.rate_limits)).collect();
    let (pictures, seats) = (Pictures::default(), Seats::default());
    let clearings = Clearings::new(settings.rate_limits);
    let desk = Arc::new(Desk { gateway, settings, pictures, seats, clearings });
    let api = Arc::new(Api { desk, served });
    Surface {
        name: "green-api",
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
}

/// A method with the count of its callers.
#[derive(Debug)]
struct Served {
    method: &'static Method,
    limits: Option<rate::RateLimits<Caller>>,
}

/// A method, and whose token called it.
enum Admitted {
    Account(fn(AccountCall) -> Reply, InstanceRecord),
    Session(fn(SessionCall, Session) -> Course, InstanceRecord, TokenText),
    Partner(fn(PartnerCall) -> Reply, AccountId),
}

/// A wrong URL, or one that is right elsewhere.
fn not_found(place: Place<'_>) -> Refusal {
    match not_served::name_of(place) {
        Some(name) => Refusal::not_served(name),
        None => Refusal::FORBIDDEN,
    }
}

async fn serve(State(api): State<Arc<Api>>, request: Request) -> Response {
    if request.method() == HttpMethod::OPTIONS {
        return answer::preflight();
    }
    let (head, body) = request.into_parts();
    let mut response = api.answer(&head, body).await;
    answer::add_cors(response.headers_mut());
    response
}

impl Api {
    async fn answer(&self, head: &Parts, body: Body) -> Response {
        let refused =
            |refusal: Refusal, path: &str| refusal.into_response(path, self.desk.gateway.now());
        let Some(place) = path::parse(head.uri.path()) else {
            return refused(Refusal::FORBIDDEN, "/");
        };
        let Some(Served { method, limits }) = self.find(place) else {
            return refused(not_found(place), &place.without_secrets(None));
        };
        name_route(method.route);
        let path = place.without_secrets(Some(method));
        let (admitted, grant) =
            match self.admit(method, place, &Guesser::of(&head.extensions)).await {
                Ok((admitted, grant)) => (admitted, grant),
                Err(refusal) => return refused(refusal, &path),
            };
        let decision = limits.as_ref().map(|limits| limits.take(&admitted.caller()));
        let outcome = match decision {
            Some(Decision::Refused { retry_after }) => Err(Refusal::TooMany { retry_after }),
            Some(Decision::Allowed { .. }) | None => {
                let act = self.begin(method, &admitted, grant.token, head);
                let carried_out = self.carry_out((method, place), admitted, head, body);
                let outcome = self.unless_worthless(method, &grant, carried_out).await;
                let response = outcome.unwrap_or_else(|refusal| refused(refusal, &path));
                if let Some(act) = act {
                    act.end(response.status().as_u16()).await;
                }
                Ok(response)
            }
        };
        let mut response = outcome.unwrap_or_else(|refusal| refused(refusal, &path));
        if let Some(decision) = decision {
            answer::add_rate(response.headers_mut(), method.rate, decision);
        }
        response
    }

    fn find(&self, place: Place<'_>) -> Option<&Served> {
        self.served.iter().find(|it| it.method.is_called(place.group(), place.method()))
    }

    /// Lets in whoever has the token. Whether another instance's number exists is not told.
    async fn admit(
        &self,
        method: &Method,
        place: Place<'_>,
        guesser: &Guesser,
    ) -> Result<(Admitted, Grant), Refusal> {
        let (kind, number, token) = match place {
            Place::Instance { number, token, .. } | Place::Page { number, token } => {
                (TokenKind::Instance, number, token)
            }
            Place::Partner { token, .. } => (TokenKind::Partner, None, token),
        };
        guesser.may_try()?;
        let token = TokenText::new(token);
        let grant = self.desk.gateway.authenticate(kind, &token).await?;
        let grant = grant.ok_or_else(|| {
            guesser.was_wrong();
            Refusal::unknown_token(method.denial)
        })?;
        let held = grant.clone();
        let admitted = match (method.handler, place) {
            (Handler::Account(handler), Place::Instance { .. } | Place::Page { .. }) => {
                Admitted::Account(handler, own(grant, number, method)?)
            }
            (Handler::Session(handler), Place::Instance { .. }) => {
                Admitted::Session(handler, own(grant, number, method)?, token)
            }
            (Handler::Partner(handler), Place::Partner { .. }) => {
                Admitted::Partner(handler, grant.account)
            }
            (Handler::Account(_), Place::Partner { .. })
            | (Handler::Session(_), Place::Page { .. } | Place::Partner { .. })
            | (Handler::Partner(_), Place::Instance { .. } | Place::Page { .. }) => {
                return Err(Refusal::FORBIDDEN);
            }
        };
        Ok((admitted, held))
    }

    /// Waits for an answer that may take long as long as the token is worth something.
    async fn unless_worthless(
        &self,
        method: &Method,
        grant: &Grant,
        answer: impl Future<Output = Result<Response, Refusal>>,
    ) -> Result<Response, Refusal> {
        if !method.waits {
            return answer.await;
        }
        tokio::select! {
            biased;
            () = self.desk.gateway.until_worthless(grant) => {
                Err(Refusal::unknown_token(method.denial))
            }
            answered = answer => answered,
        }
    }

    /// Somebody who was let in begins to change something, if the method does.
    fn begin(
        &self,
        method: &Method,
        admitted: &Admitted,
        token: TokenId,
        head: &Parts,
    ) -> Option<ActUnderWay> {
        if !method.changes_something() || !method.verb.fits(&head.method) {
            return None;
        }
        let doer = Doer {
            actor: Actor::Token(token),
            account: Some(admitted.account()),
            instance: admitted.instance().map(|instance| instance.id),
        };
        Some(act::begin(&self.desk.gateway, doer, method.name, &head.extensions))
    }

    async fn carry_out(
        &self,
        (method, place): (&Method, Place<'_>),
        admitted: Admitted,
        head: &Parts,
        body: Body,
    ) -> Result<Response, Refusal> {
        if admitted.instance().is_some_and(|instance| instance.removed_at.is_some()) {
            return Err(Refusal::DELETED);
        }
        if !method.verb.fits(&head.method) {
            return Err(Refusal::WRONG_VERB);
        }
        let body = body::read(body, method.body_bytes_max, STALL).await?;
        let said = Said {
            verb: head.method.clone(),
            query: head.uri.query().map(str::to_owned),
            headers: head.headers.clone(),
            body,
            receipt: place.receipt().map(str::to_owned),
        };
        let desk = Arc::clone(&self.desk);
        match admitted {
            Admitted::Account(handler, instance) => {
                handler(AccountCall { desk, instance, said }).await
            }
            Admitted::Session(handler, instance, token) => {
                // The secret is in the path and no cookie is looked at: a foreign page gets no
                // further than whoever has the token.
                let handshake = Handshake::read(head, &Origins::Any)?;
                let call = SessionCall { desk, instance, token };
                Ok(handshake.accept(move |session| handler(call, session)))
            }
            Admitted::Partner(handler, account) => {
                handler(PartnerCall { desk, account, said }).await
            }
        }
    }
}

/// The instance of a token, when it is the one of the path.
fn own(
    grant: Grant,
    number: Option<InstanceNumber>,
    method: &Method,
) -> Result<InstanceRecord, Refusal> {
    let own = grant.instance.filter(|instance| Some(instance.number) == number);
    let own = own.ok_or(Refusal::foreign_token(method.denial))?;
    name_instance(own.id);
    Ok(own)
}

impl Served {
    fn new(method: &'static Method, limits: RateLimits) -> Self {
        let limits = match limits {
            RateLimits::Published => Some(rate::RateLimits::new(method.rate.quota())),
            RateLimits::Off => None,
        };
        Self { method, limits }
    }
}

impl Admitted {
    fn caller(&self) -> Caller {
        match self {
            Self::Account(_, instance) | Self::Session(_, instance, _) => {
                Caller::Instance(instance.id)
            }
            Self::Partner(_, account) => Caller::Account(*account),
        }
    }

    fn account(&self) -> AccountId {
        match self {
            Self::Account(_, instance) | Self::Session(_, instance, _) => instance.account,
            Self::Partner(_, account) => *account,
        }
    }

    fn instance(&self) -> Option<&InstanceRecord> {
        match self {
            Self::Account(_, instance) | Self::Session(_, instance, _) => Some(instance),
            Self::Partner(..) => None,
        }
    }
}
