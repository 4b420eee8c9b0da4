//! A request on its way to a handler: authenticated, within its rate, its body read.

use std::sync::Arc;

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Method};
use bytes::Bytes;
use waygate_core::id::AccountId;
use waygate_core::instance::record::InstanceRecord;
use waygate_core::secret::TokenText;
use waygate_engine::Gateway;

use crate::pictures::Pictures;
use crate::receiving::clear_webhooks_queue::Clearings;
use crate::seats::Seats;
use crate::surface::Settings;

/// What every handler works with.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) gateway: Gateway,
    pub(crate) settings: Settings,
    pub(crate) pictures: Pictures,
    pub(crate) seats: Seats,
    pub(crate) clearings: Clearings,
}

/// What the client said besides the path.
pub(crate) struct Said {
    /// One that fits the method.
    pub(crate) verb: Method,
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// What stands behind the token, where the method looks there.
    pub(crate) receipt: Option<String>,
}

/// A call by an instance's token, about that instance. Only `surface.rs` makes one, for an instance
/// that exists.
pub(crate) struct AccountCall {
    pub(crate) desk: Arc<Desk>,
    pub(crate) instance: InstanceRecord,
    pub(crate) said: Said,
}

/// A session by an instance's token, about that instance. Only `surface.rs` makes one, for an
/// instance that exists.
pub(crate) struct SessionCall {
    pub(crate) desk: Arc<Desk>,
    pub(crate) instance: InstanceRecord,
    /// Lasts less long than the session may.
    pub(crate) token: TokenText,
}

/// A call by a partner's token, about the instances of its account. Only `surface.rs` makes one.
pub(crate) struct PartnerCall {
    pub(crate) desk: Arc<Desk>,
    pub(crate) account: AccountId,
    pub(crate) said: Said,
}

impl AccountCall {
    pub(crate) fn gateway(&self) -> &Gateway {
        &self.desk.gateway
    }
}

impl SessionCall {
    pub(crate) fn gateway(&self) -> &Gateway {
        &self.desk.gateway
    }
}

impl PartnerCall {
    pub(crate) fn gateway(&self) -> &Gateway {
        &self.desk.gateway
    }
}

impl Said {
    pub(crate) fn content_type(&self) -> Option<&str> {
        self.headers.get(CONTENT_TYPE)?.to_str().ok()
    }
}
