//! The routes of this API: the one list that routing, verbs, rates and tests follow.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use axum::http;
use axum::response::Response;

use crate::call::{AccountCall, InstanceCall};
use crate::problem::Problem;
use crate::rate::RateClass;
use crate::surface::Door;
use crate::{accounts, instances, link_page, link_tickets, linking_attempts, tokens};

/// The field by which the operator says whose a new thing is. Others cannot.
const ACCOUNT: &str = "account";

/// What becomes of a request.
pub(crate) type Reply = Pin<Box<dyn Future<Output = Result<Response, Problem>> + Send>>;

/// One verb at one address.
#[derive(Debug)]
pub struct Route {
    pub(crate) verb: Verb,
    /// The template of its path, with names in braces for what varies; also for the log.
    pub(crate) template: &'static str,
    pub(crate) doors: Doors,
    pub(crate) rate: RateClass,
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
    /// At the operator's door.
    Operator,
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
}

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Account(_) => "Account",
            Self::Instance(_) => "Instance",
        })
    }
}

macro_rules! route {
    ($verb:ident $template:literal, $handler:ident($path:path)) => {
        Route {
            verb: Verb::$verb,
            template: $template,
            doors: Doors::Both,
            rate: RateClass::Usual,
            parameters: &[],
            fields: &[],
            handler: Handler::$handler(|call| Box::pin($path(call))),
        }
    };
}

/// Everything that is served.
pub static ROUTES: &[Route] = &[
    Route {
        fields: &["name", "green_id", "green_token", ACCOUNT],
        ..route!(Post "/api/v1/instances", Account(instances::create::create))
    },
    Route {
        parameters: &["limit", "cursor"],
        ..route!(Get "/api/v1/instances", Account(instances::list::list))
    },
    route!(Get "/api/v1/instances/{instance}", Instance(instances::get::get)),
    route!(Delete "/api/v1/instances/{instance}", Instance(instances::remove::remove)),
    route!(Post "/api/v1/instances/{instance}/logout", Instance(instances::log_out::log_out)),
    route!(Post "/api/v1/instances/{instance}/restart", Instance(instances::restart::restart)),
    route!(Post "/api/v1/instances/{instance}/start", Instance(instances::start::start)),
    route!(Post "/api/v1/instances/{instance}/stop", Instance(instances::stop::stop)),
    Route {
        rate: RateClass::Costly,
        fields: &["method", "phone", "fresh"],
        ..route!(
            Post "/api/v1/instances/{instance}/linking-attempts",
            Instance(linking_attempts::begin::begin)
        )
    },
    Route {
        parameters: &["wait", "after"],
        ..route!(
            Get "/api/v1/instances/{instance}/linking-attempts/{attempt}",
            Instance(linking_attempts::get::get)
        )
    },
    route!(
        Delete "/api/v1/instances/{instance}/linking-attempts/{attempt}",
        Instance(linking_attempts::give_up::give_up)
    ),
    route!(
        Get "/api/v1/instances/{instance}/linking-attempts/{attempt}/qr",
        Instance(linking_attempts::qr::any)
    ),
    Route {
        // As for the link page, since the console shows the picture too.
        parameters: &["v"],
        ..route!(
            Get "/api/v1/instances/{instance}/linking-attempts/{attempt}/qr.png",
            Instance(linking_attempts::qr::png)
        )
    },
    route!(
        Get "/api/v1/instances/{instance}/linking-attempts/{attempt}/qr.txt",
        Instance(linking_attempts::qr::text)
    ),
    Route {
        rate: RateClass::Costly,
        fields: &[
            "expires_in",
            "session",
            "brand",
            "language",
            "methods",
            "phone",
            "phone_fixed",
            "return_url",
        ],
        ..route!(
            Post "/api/v1/instances/{instance}/link-tickets",
            Instance(link_tickets::issue::issue)
        )
    },
    route!(Get "/api/v1/instances/{instance}/link-tickets", Instance(link_tickets::list::list)),
    route!(
        Delete "/api/v1/instances/{instance}/link-tickets/{link_ticket}",
        Instance(link_tickets::revoke::revoke)
    ),
    Route {
        rate: RateClass::Costly,
        fields: &["kind", ACCOUNT],
        ..route!(Post "/api/v1/tokens", Account(tokens::issue::issue))
    },
    Route { rate: RateClass::Costly, ..route!(Get "/api/v1/tokens", Account(tokens::list::list)) },
    Route {
        rate: RateClass::Costly,
        ..route!(Delete "/api/v1/tokens/{token}", Account(tokens::revoke::revoke))
    },
    Route {
        doors: Doors::Operator,
        ..route!(Get "/api/v1/accounts", Account(accounts::list::list))
    },
    Route {
        doors: Doors::Keyed,
        ..route!(Get "/link/{ticket}/instance", Instance(link_page::get_instance::get_instance))
    },
    Route {
        doors: Doors::Keyed,
        ..route!(Get "/link/{ticket}/brand.css", Instance(link_page::get_brand_css::get_brand_css))
    },
    Route {
        doors: Doors::Keyed,
        ..route!(Get "/link/{ticket}/logo", Instance(link_page::get_logo::get_logo))
    },
    Route {
        doors: Doors::Keyed,
        rate: RateClass::Costly,
        fields: &["method", "phone", "fresh"],
        ..route!(
            Post "/link/{ticket}/linking-attempts",
            Instance(linking_attempts::begin::begin)
        )
    },
    Route {
        doors: Doors::Keyed,
        parameters: &["wait", "after"],
        ..route!(
            Get "/link/{ticket}/linking-attempts/{attempt}",
            Instance(linking_attempts::get::get)
        )
    },
    Route {
        doors: Doors::Keyed,
        ..route!(
            Delete "/link/{ticket}/linking-attempts/{attempt}",
            Instance(linking_attempts::give_up::give_up)
        )
    },
    Route {
        doors: Doors::Keyed,
        // Makes an address of its own of each version, so that a browser shows no old picture.
        parameters: &["v"],
        ..route!(
            Get "/link/{ticket}/linking-attempts/{attempt}/qr.png",
            Instance(linking_attempts::qr::png)
        )
    },
];

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

    pub(crate) fn is_served_at(&self, door: Door) -> bool {
        match (self.doors, door) {
            (Doors::Both, _) | (Doors::Keyed, Door::Keyed) | (Doors::Operator, Door::Operator) => {
                true
            }
            (Doors::Keyed, Door::Operator) | (Doors::Operator, Door::Keyed) => false,
        }
    }

    /// Whether the body may have this field.
    pub(crate) fn knows_field(&self, name: &str, door: Door) -> bool {
        self.fields.contains(&name) && (name != ACCOUNT || door == Door::Operator)
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
            Self::Delete => "DELETE",
        }
    }

    /// What it is called by, for `Allow`.
    pub(crate) fn allowed(self) -> &'static str {
        match self {
            Self::Get => "GET, HEAD",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }

    pub(crate) fn fits(self, verb: &http::Method) -> bool {
        match self {
            Self::Get => verb == http::Method::GET || verb == http::Method::HEAD,
            Self::Post => verb == http::Method::POST,
            Self::Delete => verb == http::Method::DELETE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path;

    #[test]
    fn a_path_has_one_template_and_a_verb_one_route() {
        for route in ROUTES {
            let path = route.template.replace(['{', '}'], "");
            for other in ROUTES {
                if path::capture(other.template, &path).is_some() {
                    assert_eq!(other.template, route.template);
                    assert!(std::ptr::eq(route, other) || route.verb != other.verb, "{path}");
                }
            }
        }
    }

    #[test]
    fn every_route_belongs_to_the_doors_that_it_is_served_at() {
        for route in ROUTES {
            let path = route.template.replace(['{', '}'], "");
            if route.is_served_at(Door::Keyed) {
                assert!(path::keyed_claims(&path), "{path}");
            }
            if route.is_served_at(Door::Operator) {
                assert!(path::operator_claims(&path), "{path}");
            }
        }
    }

    #[test]
    fn what_has_an_instance_in_its_path_takes_one() {
        for route in ROUTES {
            let has = route.template.contains("{instance}") || route.template.contains("{ticket}");
            assert_eq!(matches!(route.handler, Handler::Instance(_)), has, "{}", route.template);
        }
    }

    #[test]
    fn only_a_post_has_fields() {
        for route in ROUTES {
            assert!(route.fields.is_empty() || route.verb == Verb::Post, "{}", route.template);
        }
    }
}
