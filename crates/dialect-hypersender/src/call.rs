//! A request on its way to a handler: authenticated, within its rate, its body read.

use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use bytes::Bytes;
use waygate_core::id::AccountId;
use waygate_core::instance::record::InstanceRecord;
use waygate_engine::Gateway;

use crate::surface::Settings;

/// What every handler works with.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) gateway: Gateway,
    pub(crate) settings: Settings,
}

/// What the client said besides the path.
pub(crate) struct Said {
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// A call by an account's token, about its instances. Only `surface.rs` makes one.
pub(crate) struct AccountCall {
    pub(crate) desk: Arc<Desk>,
    pub(crate) account: AccountId,
    pub(crate) said: Said,
}

/// A call about an instance, by its own token or its account's. Only `surface.rs` makes one, for an
/// instance that was not removed.
pub(crate) struct InstanceCall {
    pub(crate) desk: Arc<Desk>,
    pub(crate) instance: InstanceRecord,
}

impl AccountCall {
    pub(crate) fn gateway(&self) -> &Gateway {
        &self.desk.gateway
    }
}

impl InstanceCall {
    pub(crate) fn gateway(&self) -> &Gateway {
        &self.desk.gateway
    }
}

impl Said {
    pub(crate) fn content_type(&self) -> &str {
        let value = self.headers.get(CONTENT_TYPE);
        value.and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}
