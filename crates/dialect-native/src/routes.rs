//! The routes of this API: the one list that routing, verbs, rights, rates and tests follow.

use waygate_core::scope::Scope;

use crate::rate::RateClass;
use crate::route::{ACCOUNT, Doors, Handler, Route, Verb};
use crate::wire::settings::FIELDS as SETTINGS;
use crate::{
    accounts, audit, events, instances, link_page, link_tickets, linking_attempts, messages,
    settings, tokens, webhook_endpoints,
};

/// What a route is called in the record of who did what, where it changes something.
macro_rules! act {
    () => {
        None
    };
    ($act:ident) => {
        Some(stringify!($act))
    };
}

/// The right that a route needs comes first, since there is none that a route would have by itself.
macro_rules! route {
    (Pass, $verb:ident $template:literal $(as $act:ident)?, $handler:ident($path:path)) => {
        route!(@ None, Doors::Keyed, $verb $template, act!($($act)?), $handler($path))
    };
    ($scope:ident, $verb:ident $template:literal $(as $act:ident)?, $handler:ident($path:path)) => {
        route!(@ Some(Scope::$scope), Doors::Both, $verb $template, act!($($act)?), $handler($path))
    };
    (@ $scope:expr, $doors:expr, $verb:ident $template:literal, $act:expr, $handler:ident($path:path)) => {
        Route {
            verb: Verb::$verb,
            template: $template,
            act: $act,
            doors: $doors,
            scope: $scope,
            rate: RateClass::Usual,
            waits: false,
            streams: false,
            parameters: &[],
            fields: &[],
            handler: Handler::$handler(|call| Box::pin($path(call))),
        }
    };
}

/// Everything that is served.
pub static ROUTES: &[Route] = &[
    Route {
        fields: &["name", "phone", "green_id", "green_token", ACCOUNT],
        ..route!(Manage, Post "/api/v1/instances" as instance_create, Account(instances::create::create))
    },
    Route {
        parameters: &["limit", "cursor", "name", "phone", "state", "linked", ACCOUNT],
        ..route!(Read, Get "/api/v1/instances", Account(instances::list::list))
    },
    route!(Read, Get "/api/v1/instances/{instance}", Instance(instances::get::get)),
    Route {
        fields: &["name", "phone"],
        ..route!(Manage, Patch "/api/v1/instances/{instance}" as instance_change, Instance(instances::change::change))
    },
    route!(Manage, Delete "/api/v1/instances/{instance}" as instance_remove, Instance(instances::remove::remove)),
    route!(Manage, Post "/api/v1/instances/{instance}/logout" as instance_logout, Instance(instances::log_out::log_out)),
    route!(Manage, Post "/api/v1/instances/{instance}/restart" as instance_restart, Instance(instances::restart::restart)),
    route!(Manage, Post "/api/v1/instances/{instance}/start" as instance_start, Instance(instances::start::start)),
    route!(Manage, Post "/api/v1/instances/{instance}/stop" as instance_stop, Instance(instances::stop::stop)),
    Route {
        parameters: &["limit", "cursor"],
        ..route!(
            Read, Get "/api/v1/instances/{instance}/state-history",
            Instance(instances::state_history::state_history)
        )
    },
    Route {
        parameters: &["limit", "cursor"],
        ..route!(
            Read, Get "/api/v1/instances/{instance}/notification-queue",
            Instance(instances::notification_queue::notification_queue)
        )
    },
    Route {
        waits: true,
        parameters: &["limit", "cursor", "kind", "wait", "qr"],
        ..route!(
            Read, Get "/api/v1/instances/{instance}/events",
            Instance(events::list::list)
        )
    },
    Route {
        rate: RateClass::Costly,
        streams: true,
        parameters: &["cursor", "kind", "qr"],
        ..route!(
            Read, Get "/api/v1/instances/{instance}/events/stream",
            Instance(events::stream::stream)
        )
    },
    Route {
        rate: RateClass::Costly,
        parameters: &["cursor", "kind", "qr"],
        ..route!(
            Read, Get "/api/v1/instances/{instance}/events/ws",
            Session(events::socket::socket)
        )
    },
    Route {
        fields: &["chat", "text", "quote"],
        ..route!(
            Send, Post "/api/v1/instances/{instance}/messages" as message_send,
            Instance(messages::send::send)
        )
    },
    Route {
        parameters: &["limit"],
        ..route!(
            Read, Get "/api/v1/instances/{instance}/messages/queue",
            Instance(messages::list_queue::list_queue)
        )
    },
    route!(
        Send, Delete "/api/v1/instances/{instance}/messages/queue" as message_queue_clear,
        Instance(messages::clear_queue::clear_queue)
    ),
    // Behind the queue, whose name is no message's.
    route!(
        Read, Get "/api/v1/instances/{instance}/messages/{message}",
        Instance(messages::get::get)
    ),
    Route {
        rate: RateClass::Costly,
        parameters: &["part"],
        ..route!(
            Read, Get "/api/v1/instances/{instance}/events/{event}/media",
            Instance(events::media::media)
        )
    },
    // An address may hold a token of its own, so to read is not enough.
    route!(
        Manage, Get "/api/v1/instances/{instance}/settings",
        Instance(settings::get::get)
    ),
    Route {
        fields: SETTINGS,
        ..route!(
            Manage, Patch "/api/v1/instances/{instance}/settings" as settings_change,
            Instance(settings::change::change)
        )
    },
    Route {
        rate: RateClass::Costly,
        fields: &["method", "phone", "fresh"],
        ..route!(
            Link, Post "/api/v1/instances/{instance}/linking-attempts" as linking_attempt_begin,
            Instance(linking_attempts::begin::begin)
        )
    },
    route!(
        Link, Get "/api/v1/instances/{instance}/linking-attempts",
        Instance(linking_attempts::list::list)
    ),
    Route {
        waits: true,
        parameters: &["wait", "after"],
        ..route!(
            Link, Get "/api/v1/instances/{instance}/linking-attempts/{attempt}",
            Instance(linking_attempts::get::get)
        )
    },
    route!(
        Link, Delete "/api/v1/instances/{instance}/linking-attempts/{attempt}" as linking_attempt_give_up,
        Instance(linking_attempts::give_up::give_up)
    ),
    Route {
        rate: RateClass::Costly,
        fields: &["assertion"],
        ..route!(
            Link, Post "/api/v1/instances/{instance}/linking-attempts/{attempt}/passkey-assertion" as linking_attempt_answer_passkey,
            Instance(linking_attempts::answer_passkey::answer_passkey)
        )
    },
    Route {
        rate: RateClass::Costly,
        ..route!(
            Link, Post "/api/v1/instances/{instance}/linking-attempts/{attempt}/passkey-confirmation" as linking_attempt_confirm_passkey,
            Instance(linking_attempts::confirm_passkey::confirm_passkey)
        )
    },
    route!(
        Link, Get "/api/v1/instances/{instance}/linking-attempts/{attempt}/qr",
        Instance(linking_attempts::qr::any)
    ),
    Route {
        // As for the link page, since the console shows the picture too.
        parameters: &["v"],
        ..route!(
            Link, Get "/api/v1/instances/{instance}/linking-attempts/{attempt}/qr.png",
            Instance(linking_attempts::qr::png)
        )
    },
    route!(
        Link, Get "/api/v1/instances/{instance}/linking-attempts/{attempt}/qr.svg",
        Instance(linking_attempts::qr::svg)
    ),
    route!(
        Link, Get "/api/v1/instances/{instance}/linking-attempts/{attempt}/qr.ansi",
        Instance(linking_attempts::qr::ansi)
    ),
    route!(
        Link, Get "/api/v1/instances/{instance}/linking-attempts/{attempt}/qr.txt",
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
            Link, Post "/api/v1/instances/{instance}/link-tickets" as link_ticket_issue,
            Instance(link_tickets::issue::issue)
        )
    },
    route!(
        Link, Get "/api/v1/instances/{instance}/link-tickets",
        Instance(link_tickets::list::list)
    ),
    route!(
        Link, Delete "/api/v1/instances/{instance}/link-tickets/{link_ticket}" as link_ticket_revoke,
        Instance(link_tickets::revoke::revoke)
    ),
    Route {
        rate: RateClass::Costly,
        fields: &["kind", "name", "scopes", "expires_in", "expires_at", ACCOUNT],
        ..route!(Tokens, Post "/api/v1/tokens" as token_issue, Account(tokens::issue::issue))
    },
    Route {
        rate: RateClass::Costly,
        parameters: &[ACCOUNT],
        ..route!(Tokens, Get "/api/v1/tokens", Account(tokens::list::list))
    },
    Route {
        rate: RateClass::Costly,
        ..route!(Tokens, Get "/api/v1/tokens/{token}", Account(tokens::get::get))
    },
    Route {
        rate: RateClass::Costly,
        ..route!(Tokens, Delete "/api/v1/tokens/{token}" as token_revoke, Account(tokens::revoke::revoke))
    },
    Route {
        rate: RateClass::Costly,
        fields: &["url", "description", "instances", "events", ACCOUNT],
        ..route!(
            Manage, Post "/api/v1/webhook-endpoints" as webhook_endpoint_add,
            Account(webhook_endpoints::add::add)
        )
    },
    // An address may hold a token of its own, so to read is not enough.
    Route {
        parameters: &[ACCOUNT],
        ..route!(Manage, Get "/api/v1/webhook-endpoints", Account(webhook_endpoints::list::list))
    },
    route!(
        Manage, Get "/api/v1/webhook-endpoints/{webhook_endpoint}",
        Account(webhook_endpoints::get::get)
    ),
    Route {
        rate: RateClass::Costly,
        fields: &["url", "description", "instances", "events", "enabled"],
        ..route!(
            Manage, Patch "/api/v1/webhook-endpoints/{webhook_endpoint}" as webhook_endpoint_change,
            Account(webhook_endpoints::change::change)
        )
    },
    Route {
        rate: RateClass::Costly,
        ..route!(
            Manage, Delete "/api/v1/webhook-endpoints/{webhook_endpoint}" as webhook_endpoint_remove,
            Account(webhook_endpoints::remove::remove)
        )
    },
    Route {
        rate: RateClass::Costly,
        ..route!(
            Manage, Post "/api/v1/webhook-endpoints/{webhook_endpoint}/rotate-secret"
            as webhook_endpoint_rotate_secret,
            Account(webhook_endpoints::rotate_secret::rotate_secret)
        )
    },
    Route {
        rate: RateClass::Costly,
        parameters: &["limit", "cursor", "given_up"],
        ..route!(
            Manage, Get "/api/v1/webhook-endpoints/{webhook_endpoint}/deliveries",
            Account(webhook_endpoints::deliveries::list)
        )
    },
    Route {
        rate: RateClass::Costly,
        fields: &["numbers", "since", "until"],
        ..route!(
            Manage, Post "/api/v1/webhook-endpoints/{webhook_endpoint}/replay"
            as webhook_delivery_replay,
            Account(webhook_endpoints::replay::replay)
        )
    },
    Route {
        rate: RateClass::Costly,
        parameters: &["limit", "cursor", ACCOUNT],
        ..route!(Tokens, Get "/api/v1/audit", Account(audit::list::list))
    },
    Route {
        rate: RateClass::Costly,
        fields: &["name"],
        ..route!(Admin, Post "/api/v1/accounts" as account_open, Account(accounts::open::open))
    },
    route!(Admin, Get "/api/v1/accounts", Account(accounts::list::list)),
    route!(Admin, Get "/api/v1/accounts/{account}", Account(accounts::get::get)),
    Route {
        rate: RateClass::Costly,
        fields: &["name"],
        ..route!(Admin, Patch "/api/v1/accounts/{account}" as account_rename, Account(accounts::rename::rename))
    },
    Route {
        rate: RateClass::Costly,
        ..route!(Admin, Delete "/api/v1/accounts/{account}" as account_close, Account(accounts::close::close))
    },
    route!(Pass, Get "/link/{ticket}/instance", Instance(link_page::get_instance::get_instance)),
    route!(Pass, Get "/link/{ticket}/brand.css", Instance(link_page::get_brand_css::get_brand_css)),
    route!(Pass, Get "/link/{ticket}/logo", Instance(link_page::get_logo::get_logo)),
    Route {
        rate: RateClass::Costly,
        fields: &["method", "phone", "fresh"],
        ..route!(
            Pass, Post "/link/{ticket}/linking-attempts" as linking_attempt_begin,
            Instance(linking_attempts::begin::begin)
        )
    },
    Route {
        waits: true,
        parameters: &["wait", "after"],
        ..route!(
            Pass, Get "/link/{ticket}/linking-attempts/{attempt}",
            Instance(linking_attempts::get::get)
        )
    },
    route!(
        Pass, Delete "/link/{ticket}/linking-attempts/{attempt}" as linking_attempt_give_up,
        Instance(linking_attempts::give_up::give_up)
    ),
    Route {
        rate: RateClass::Costly,
        fields: &["assertion"],
        ..route!(
            Pass, Post "/link/{ticket}/linking-attempts/{attempt}/passkey-assertion" as linking_attempt_answer_passkey,
            Instance(linking_attempts::answer_passkey::answer_passkey)
        )
    },
    Route {
        rate: RateClass::Costly,
        ..route!(
            Pass, Post "/link/{ticket}/linking-attempts/{attempt}/passkey-confirmation" as linking_attempt_confirm_passkey,
            Instance(linking_attempts::confirm_passkey::confirm_passkey)
        )
    },
    Route {
        // Makes an address of its own of each version, so that a browser shows no old picture.
        parameters: &["v"],
        ..route!(
            Pass, Get "/link/{ticket}/linking-attempts/{attempt}/qr.png",
            Instance(linking_attempts::qr::png)
        )
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path;
    use crate::route::Guard;
    use crate::surface::Door;

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
            let takes = matches!(route.handler, Handler::Instance(_) | Handler::Session(_));
            assert_eq!(takes, has, "{}", route.template);
        }
    }

    #[test]
    fn only_a_body_that_is_read_has_fields() {
        for route in ROUTES {
            let reads = route.verb.has_body();
            assert!(route.fields.is_empty() || reads, "{}", route.template);
        }
    }

    #[test]
    fn whoever_comes_with_a_key_needs_a_right_and_whoever_comes_with_a_pass_needs_none() {
        for route in ROUTES {
            assert_eq!(route.scope.is_some(), route.guard() == Guard::Key, "{}", route.template);
        }
    }

    #[test]
    fn whatever_changes_something_has_a_word_in_the_record_of_who_did_what() {
        for route in ROUTES {
            assert_eq!(route.act.is_some(), route.verb != Verb::Get, "{}", route.template);
        }
    }

    #[test]
    fn a_token_that_may_read_changes_nothing() {
        for route in ROUTES.iter().filter(|route| route.scope == Some(Scope::Read)) {
            assert_eq!(route.verb, Verb::Get, "{}", route.template);
        }
    }
}
