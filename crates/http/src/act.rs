//! What a request does, for the record of who did what.

use axum::http::Extensions;
use waygate_core::audit::{Act, Actor};
use waygate_core::id::{AccountId, InstanceId};
use waygate_engine::Gateway;
use waygate_engine::audit::ActUnderWay;

use crate::peer::ClientAddress;
use crate::trace::request_id;

/// Who does something, whose thing it is about, and which instance, where these are known already.
#[derive(Debug, Clone, Copy)]
pub struct Doer {
    /// Who does it.
    pub actor: Actor,
    /// The account that it is about.
    pub account: Option<AccountId>,
    /// The instance that it is about.
    pub instance: Option<InstanceId>,
}

/// Somebody who was let in begins to do something of this name; the request's extensions tell from
/// where. To be called while the request's span is the current one.
pub fn begin(
    gateway: &Gateway,
    Doer { actor, account, instance }: Doer,
    name: &str,
    extensions: &Extensions,
) -> ActUnderWay {
    gateway.begin_act(Act {
        at: gateway.now(),
        account,
        actor,
        name: name.to_owned(),
        instance,
        client: extensions.get::<ClientAddress>().map(|client| client.0),
        status: None,
        request: request_id().map(|id| id.to_string()),
    })
}
