//! What a route is. All of them stand in `routes.rs`.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use axum::http;
use axum::response::Response;

use waygate_core::scope::Scope;

use crate::call::{AccountCall, InstanceCall, SessionCall};
use crate::problem::Problem;
use crate::rate::RateClass;
use crate::surface::Door;

/// The field, and the parameter, by which the operator says whose things are meant. Others cannot.
pub(crate) const ACCOUNT: &str = "account";

/// What becomes of a request.
pub(crate) type Reply = Pin<Box<dyn Future<Output = Result<Response, Problem>> + Send>>;

/// One verb at one address.
#[derive(Debug)]
pub struct Route {
    pub(crate) verb: Verb,
    /// The template of its path, with names in braces for what varies; also for the log.
    pub(crate) template: &'static str,
    pub(crate) doors: Doors,
    /// The right that a caller needs; none where a pass lets him in, which is right enough.
    pub(crate) scope: Option<Scope>,
    /// What it is called in the record of who did what, where it changes something.
    pub(crate) act: Option<&'static str>,
    pub(crate) rate: RateClass,
    /// Whether its answer may wait for something to happen.
    pub(crate) waits: bool,
    /// Whether its answer goes on until somebody ends it.
    pub(crate) streams: bool,
    /// What may stand behind the question mark.
    pub(crate) parameters: &'static [&'static str],
    /// What may stand in the body.
    pub(crate) fields: &'static [&'static str],
    pub(crate) handler: Handler,
}

/// The HTTP verb of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// `GET`, and `HEAD` alike.
    Get,
    /// `POST`.
    Post,
    /// `PATCH`: what is named is changed, and all else stays.
    Patch,
    /// `DELETE`.
    Delete,
}

/// Where a route is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doors {
    /// At both.
    Both,
    /// At the keyed door.
    Keyed,
}

/// Who is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// Who comes by the operator's door, and by the keyed one whoever has a token of an account.
    Key,
    /// Who has the pass that a link ticket was traded for.
    LinkPass,
}

/// What answers. Its type decides what has been checked before: there is no call about an instance
/// without the check whose it is.
#[derive(Clone, Copy)]
pub(crate) enum Handler {
    Account(fn(AccountCall) -> Reply),
    Instance(fn(InstanceCall) -> Reply),
    /// To a request for a websocket.
    Session(fn(SessionCall) -> Reply),
}

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Account(_) => "Account",
            Self::Instance(_) => "Instance",
            Self::Session(_) => "Session",
        })
    }
}

impl Route {
    /// The verb.
    pub fn verb(&self) -> Verb {
        self.verb
    }

    /// The template of its path.
    pub fn template(&self) -> &'static str {
        self.template
    }

    /// Where it is served.
    pub fn doors(&self) -> Doors {
        self.doors
    }

    /// Who is let in.
    pub fn guard(&self) -> Guard {
        guard(self.template)
    }

    /// Whether a token, or the pages of an instance, may call it 10 times a second only, and not 50.
    pub fn is_costly(&self) -> bool {
        self.rate == RateClass::Costly
    }

    /// The right that a caller needs; none where a pass lets him in.
    pub fn scope(&self) -> Option<Scope> {
        self.scope
    }

    /// What it is called in the record of who did what, where it changes something.
    pub fn act(&self) -> Option<&'static str> {
        self.act
    }

    /// What may stand in the body. `account` may for the operator only.
    pub fn fields(&self) -> &'static [&'static str] {
        self.fields
    }

    /// What may stand behind the question mark. `account` may for the operator only.
    pub fn parameters(&self) -> &'static [&'static str] {
        self.parameters
    }

    pub(crate) fn is_served_at(&self, door: Door) -> bool {
        match (self.doors, door) {
            (Doors::Both, _) | (Doors::Keyed, Door::Keyed) => true,
            (Doors::Keyed, Door::Operator) => false,
        }
    }
}

/// Who is let in where the path has this template: the same for all of its verbs.
pub(crate) fn guard(template: &str) -> Guard {
    if template.starts_with("/link/") { Guard::LinkPass } else { Guard::Key }
}

impl Verb {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// What it is called by, for `Allow`.
    pub(crate) fn allowed(self) -> &'static str {
        match self {
            Self::Get => "GET, HEAD",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// Whether what it means stands in a body.
    pub fn has_body(self) -> bool {
        match self {
            Self::Post | Self::Patch => true,
            Self::Get | Self::Delete => false,
        }
    }

    pub(crate) fn fits(self, verb: &http::Method) -> bool {
        match self {
            Self::Get => verb == http::Method::GET || verb == http::Method::HEAD,
            Self::Post => verb == http::Method::POST,
            Self::Patch => verb == http::Method::PATCH,
            Self::Delete => verb == http::Method::DELETE,
        }
    }
}
