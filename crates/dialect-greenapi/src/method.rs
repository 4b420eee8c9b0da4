//! The methods of this API: the one list that routing, verbs, rate limits and tests follow.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use axum::http;
use axum::response::Response;
use waygate_http::websocket::Session;

use crate::account;
use crate::call::{AccountCall, PartnerCall, SessionCall};
use crate::page;
use crate::partner;
use crate::queues;
use crate::rate::Rate;
use crate::receiving;
use crate::refusal::{Denial, Refusal};
use crate::sending;

/// The largest JSON body: the 100 kB of the vendor's framework, which counts by 1024.
const JSON_BYTES_MAX: usize = 100 * 1024;

/// The largest form with a picture: 5 MB and the form around it. WhatsApp's own are much smaller.
const PICTURE_BYTES_MAX: usize = 5 * 1024 * 1024;

/// How a template ends that has a place for a receipt.
const RECEIPT: &str = "/{receiptId}";

/// What becomes of a request.
pub(crate) type Reply = Pin<Box<dyn Future<Output = Result<Response, Refusal>> + Send>>;

/// A session from its first message to its last.
pub(crate) type Course = Pin<Box<dyn Future<Output = ()> + Send>>;

/// One method.
#[derive(Debug)]
pub struct Method {
    pub(crate) group: Group,
    /// Empty for the page.
    pub(crate) name: &'static str,
    /// The template of its path, for the log.
    pub(crate) route: &'static str,
    pub(crate) verb: Verb,
    pub(crate) rate: Rate,
    pub(crate) denial: Denial,
    pub(crate) body_bytes_max: usize,
    /// Whether its answer may wait for something to happen. Then it ends with its token.
    pub(crate) waits: bool,
    pub(crate) handler: Handler,
}

/// Which paths a method is found under, and which tokens open it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// `/waInstance{idInstance}/{method}/{apiTokenInstance}`.
    Account,
    /// `/waInstance{idInstance}/{apiTokenInstance}`: the page, which has no name. There is one.
    Page,
    /// `/partner/{method}/{partnerToken}`.
    Partner,
}

/// The HTTP verb of a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// `GET`; the vendor answers `HEAD` alike.
    Get,
    /// `GET` that changes something. `HEAD` asks for nothing to be done (RFC 9110, 9.2.1), and whoever
    /// sends it would not see a new token.
    GetOnly,
    /// `POST`.
    Post,
    /// `POST` that asks for something and changes nothing.
    Ask,
    /// `DELETE`.
    Delete,
    /// `DELETE` that confirms what was received. It comes with every notification, so nobody writes into
    /// the record of who did what that it did.
    Confirm,
}

/// What answers. Its type decides which token opens it: there is no call without authentication.
#[derive(Clone, Copy)]
pub(crate) enum Handler {
    Account(fn(AccountCall) -> Reply),
    /// By a websocket.
    Session(fn(SessionCall, Session) -> Course),
    Partner(fn(PartnerCall) -> Reply),
}

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Account(_) => "Account",
            Self::Session(_) => "Session",
            Self::Partner(_) => "Partner",
        })
    }
}

macro_rules! account {
    ($verb:ident $name:literal, $rate:ident, $handler:path) => {
        Method {
            group: Group::Account,
            name: $name,
            route: concat!("/waInstance{idInstance}/", $name, "/{apiTokenInstance}"),
            verb: Verb::$verb,
            rate: Rate::$rate,
            denial: Denial::ByStatus,
            body_bytes_max: JSON_BYTES_MAX,
            waits: false,
            handler: Handler::Account(|call| Box::pin($handler(call))),
        }
    };
}

macro_rules! session {
    ($name:literal, $rate:ident, $handler:path) => {
        Method {
            group: Group::Account,
            name: $name,
            route: concat!("/waInstance{idInstance}/", $name, "/{apiTokenInstance}"),
            verb: Verb::Get,
            rate: Rate::$rate,
            denial: Denial::ByStatus,
            body_bytes_max: JSON_BYTES_MAX,
            waits: false,
            handler: Handler::Session(|call, session| Box::pin($handler(call, session))),
        }
    };
}

macro_rules! partner {
    ($verb:ident $name:literal, $rate:ident, $handler:path) => {
        Method {
            group: Group::Partner,
            name: $name,
            route: concat!("/partner/", $name, "/{partnerToken}"),
            verb: Verb::$verb,
            rate: Rate::$rate,
            denial: Denial::InWords,
            body_bytes_max: JSON_BYTES_MAX,
            waits: false,
            handler: Handler::Partner(|call| Box::pin($handler(call))),
        }
    };
}

/// Everything that is served.
pub static METHODS: &[Method] = &[
    account!(Get "qr", THREE_PER_SECOND, account::qr::qr),
    session!("scanqrcode", ONE_PER_SECOND, account::scanqrcode::scanqrcode),
    Method {
        group: Group::Page,
        route: "/waInstance{idInstance}/{apiTokenInstance}",
        ..account!(Get "", ONE_PER_SECOND, page::page)
    },
    account!(
        Post "getAuthorizationCode",
        ONE_PER_SECOND,
        account::get_authorization_code::get_authorization_code
    ),
    account!(Get "getStateInstance", ONE_PER_SECOND, account::get_state_instance::get_state_instance),
    account!(Get "getStatusInstance", ONE_PER_SECOND, account::get_status_instance::get_status_instance),
    account!(GetOnly "logout", ONE_PER_SECOND, account::logout::logout),
    account!(GetOnly "reboot", ONE_PER_SECOND, account::reboot::reboot),
    account!(Get "getSettings", ONE_PER_SECOND, account::get_settings::get_settings),
    account!(Post "setSettings", ONE_PER_SECOND, account::set_settings::set_settings),
    account!(Get "getWaSettings", ONE_PER_SECOND, account::get_wa_settings::get_wa_settings),
    account!(Get "getDeviceInfo", ONE_PER_SECOND, account::get_device_info::get_device_info),
    account!(
        Get "getStateInstanceHistory",
        ONE_PER_SECOND,
        account::get_state_instance_history::get_state_instance_history
    ),
    Method {
        body_bytes_max: PICTURE_BYTES_MAX,
        ..account!(
            Post "setProfilePicture",
            ONE_PER_TEN_SECONDS,
            account::set_profile_picture::set_profile_picture
        )
    },
    Method {
        denial: Denial::InWords,
        ..account!(GetOnly "updateApiToken", ONE_PER_SECOND, account::update_api_token::update_api_token)
    },
    account!(Post "sendMessage", FIFTY_PER_SECOND, sending::send_message::send_message),
    account!(
        Get "showMessagesQueue",
        ONE_PER_SECOND,
        queues::show_messages_queue::show_messages_queue
    ),
    account!(
        GetOnly "clearMessagesQueue",
        ONE_PER_SECOND,
        queues::clear_messages_queue::clear_messages_queue
    ),
    account!(
        Get "getMessagesCount",
        ONE_PER_SECOND,
        queues::get_messages_count::get_messages_count
    ),
    Method {
        waits: true,
        ..account!(
            Get "receiveNotification",
            HUNDRED_PER_SECOND,
            receiving::receive_notification::receive_notification
        )
    },
    Method {
        route: "/waInstance{idInstance}/deleteNotification/{apiTokenInstance}/{receiptId}",
        ..account!(
            Confirm "deleteNotification",
            HUNDRED_PER_SECOND,
            receiving::delete_notification::delete_notification
        )
    },
    account!(Ask "downloadFile", FIVE_PER_SECOND, receiving::download_file::download_file),
    account!(
        Get "getWebhooksCount",
        ONE_PER_SECOND,
        receiving::get_webhooks_count::get_webhooks_count
    ),
    account!(
        Delete "clearWebhooksQueue",
        ONE_PER_SECOND,
        receiving::clear_webhooks_queue::clear_webhooks_queue
    ),
    partner!(Post "createInstance", THREE_PER_SECOND, partner::create_instance::create_instance),
    partner!(Get "getInstances", ONE_PER_SECOND, partner::get_instances::get_instances),
    partner!(
        Post "deleteInstanceAccount",
        THREE_PER_SECOND,
        partner::delete_instance_account::delete_instance_account
    ),
];

impl Method {
    /// The name as the vendor's documentation has it; clients spell it in any case. Empty for the
    /// page.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Where it is found.
    pub fn group(&self) -> Group {
        self.group
    }

    /// Whether it changes something, which is written into the record of who did what.
    pub fn changes_something(&self) -> bool {
        match self.verb {
            Verb::Get | Verb::Ask | Verb::Confirm => false,
            Verb::GetOnly | Verb::Post | Verb::Delete => true,
        }
    }

    /// Whether a receipt stands behind the token.
    pub(crate) fn takes_receipt(&self) -> bool {
        self.route.ends_with(RECEIPT)
    }

    /// Whether its answer is a session of messages.
    pub fn is_session(&self) -> bool {
        match self.handler {
            Handler::Session(_) => true,
            Handler::Account(_) | Handler::Partner(_) => false,
        }
    }

    /// How it is called.
    pub fn verb(&self) -> Verb {
        self.verb
    }

    /// Calls per second, of one instance or of one account's partners.
    pub fn calls_per_second(&self) -> f64 {
        self.rate.per_second()
    }

    /// The largest body that is read, in bytes.
    pub fn body_bytes_max(&self) -> usize {
        self.body_bytes_max
    }

    pub(crate) fn is_called(&self, group: Group, name: &str) -> bool {
        self.group() == group && self.name.eq_ignore_ascii_case(name)
    }
}

impl Verb {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get | Self::GetOnly => "GET",
            Self::Post | Self::Ask => "POST",
            Self::Delete | Self::Confirm => "DELETE",
        }
    }

    pub(crate) fn fits(self, verb: &http::Method) -> bool {
        match self {
            Self::Get => verb == http::Method::GET || verb == http::Method::HEAD,
            Self::GetOnly => verb == http::Method::GET,
            Self::Post | Self::Ask => verb == http::Method::POST,
            Self::Delete | Self::Confirm => verb == http::Method::DELETE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_means_one_method_in_its_group() {
        for method in METHODS {
            for name in [method.name.to_owned(), method.name.to_ascii_uppercase()] {
                let found: Vec<&str> = METHODS
                    .iter()
                    .filter(|other| other.is_called(method.group(), &name))
                    .map(Method::name)
                    .collect();
                assert_eq!(found, [method.name]);
            }
        }
    }

    #[test]
    fn only_the_page_has_no_name_and_there_is_one() {
        let nameless: Vec<Group> =
            METHODS.iter().filter(|it| it.name.is_empty()).map(Method::group).collect();
        assert_eq!(nameless, [Group::Page]);
        assert_eq!(METHODS.iter().filter(|it| it.group == Group::Page).count(), 1);
    }

    #[test]
    fn the_handler_fits_the_tokens_of_the_group() {
        for method in METHODS {
            let fits = match method.handler {
                Handler::Account(_) => method.group != Group::Partner,
                Handler::Session(_) => method.group == Group::Account && method.verb == Verb::Get,
                Handler::Partner(_) => method.group == Group::Partner,
            };
            assert!(fits, "{}", method.name);
        }
    }

    #[test]
    fn the_published_rates_are_kept() {
        // Contract, section 3; where it is silent, one call a second.
        for method in METHODS {
            let expected = match method.name {
                "qr" | "createInstance" | "deleteInstanceAccount" => 3.0,
                "sendMessage" => 50.0,
                "receiveNotification" | "deleteNotification" => 100.0,
                "downloadFile" => 5.0,
                "setProfilePicture" => 0.1,
                _ => 1.0,
            };
            let difference = (method.calls_per_second() - expected).abs();
            assert!(difference < f64::EPSILON, "{}", method.name);
        }
    }
}
