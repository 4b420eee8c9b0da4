//! The routes of this API: the one list that routing, verbs, rate limits and tests follow.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use axum::http;
use axum::response::Response;
use waygate_core::scope::Scope;

use crate::account;
use crate::call::{AccountCall, InstanceCall};
use crate::instance;
use crate::refusal::Refusal;

/// What becomes of a request.
pub(crate) type Reply = Pin<Box<dyn Future<Output = Result<Response, Refusal>> + Send>>;

/// One verb at one address, in every version of the API.
#[derive(Debug)]
pub struct Route {
    pub(crate) verb: Verb,
    pub(crate) name: &'static str,
    /// The template of its path, for the log.
    pub(crate) template: &'static str,
    /// How often a minute it may be called; as often as one likes where there is no number.
    pub(crate) per_minute: Option<u32>,
    /// What a token must allow.
    pub(crate) scope: Scope,
    pub(crate) handler: Handler,
}

/// Which paths a route is found under, and which tokens open it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// `/api/whatsapp/{version}/{name}`, with an account's token.
    Account,
    /// `/api/whatsapp/{version}/{instance}/{name}`, with the instance's token or its account's.
    Instance,
}

/// The HTTP verb of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// `GET`, and `HEAD` alike.
    Get,
    /// `POST`.
    Post,
}

/// What answers. Its type decides what has been checked before: there is no call about an instance
/// without the check whose it is.
#[derive(Clone, Copy)]
pub(crate) enum Handler {
    Account(fn(AccountCall) -> Reply),
    Instance(fn(InstanceCall) -> Reply),
}

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Account(_) => "Account",
            Self::Instance(_) => "Instance",
        })
    }
}

macro_rules! account {
    ($verb:ident $name:literal, $per_minute:expr, $scope:ident, $handler:path) => {
        Route {
            verb: Verb::$verb,
            name: $name,
            template: concat!("/api/whatsapp/{version}/", $name),
            per_minute: $per_minute,
            scope: Scope::$scope,
            handler: Handler::Account(|call| Box::pin($handler(call))),
        }
    };
}

macro_rules! instance {
    ($verb:ident $name:literal, $per_minute:expr, $scope:ident, $handler:path) => {
        Route {
            verb: Verb::$verb,
            name: $name,
            template: concat!("/api/whatsapp/{version}/{instance}/", $name),
            per_minute: $per_minute,
            scope: Scope::$scope,
            handler: Handler::Instance(|call| Box::pin($handler(call))),
        }
    };
}

/// Everything that is served, with the rates that the vendor publishes (contract, section 2.4).
pub static ROUTES: &[Route] = &[
    account!(Post "create-instance", Some(5), Manage, account::create_instance::create_instance),
    account!(Get "instances", None, Read, account::list_instances::list_instances),
    instance!(Get "health", Some(10), Read, instance::health::health),
    instance!(
        Post "request-new-qr-code",
        Some(1),
        Link,
        instance::request_new_qr_code::request_new_qr_code
    ),
    instance!(Post "restart", Some(5), Manage, instance::restart::restart),
];

impl Route {
    /// The last part of its path.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Where it is found.
    pub fn group(&self) -> Group {
        match self.handler {
            Handler::Account(_) => Group::Account,
            Handler::Instance(_) => Group::Instance,
        }
    }

    /// How it is called.
    pub fn verb(&self) -> Verb {
        self.verb
    }

    /// How often a minute it may be called, by each account or for each instance.
    pub fn per_minute(&self) -> Option<u32> {
        self.per_minute
    }
}

impl Verb {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }

    /// What it is called by, as the vendor's framework lists it.
    pub(crate) fn allowed(self) -> &'static str {
        match self {
            Self::Get => "GET, HEAD",
            Self::Post => "POST",
        }
    }

    pub(crate) fn fits(self, verb: &http::Method) -> bool {
        match self {
            Self::Get => verb == http::Method::GET || verb == http::Method::HEAD,
            Self::Post => verb == http::Method::POST,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_rates_are_kept() {
        for route in ROUTES {
            let published = match route.name {
                "create-instance" | "restart" => Some(5),
                "health" => Some(10),
                "request-new-qr-code" => Some(1),
                _ => None,
            };
            assert_eq!(route.per_minute, published, "{}", route.name);
        }
    }

    #[test]
    fn a_template_is_the_path_of_its_route() {
        for route in ROUTES {
            let path = route.template.replace("{version}", "v2");
            let place = crate::path::parse(&path).unwrap();
            let found: Vec<&str> = place.routes().map(|found| found.template).collect();
            assert_eq!(found, [route.template]);
        }
    }
}
