//! `instances`: the account's instances, newest first.

use axum::http::StatusCode;
use axum::response::Response;
use waygate_core::error::Error;
use waygate_core::port::registry::InstanceFilter;
use waygate_core::secret::TokenText;
use waygate_core::token::TokenKind;
use waygate_engine::Gateway;
use waygate_engine::instances::InstanceWithToken;

use super::filter::Filter;
use crate::answer;
use crate::call::AccountCall;
use crate::refusal::Refusal;
use crate::wire::instance::InstanceBody;
use crate::wire::status;

pub(crate) async fn list_instances(call: AccountCall) -> Result<Response, Refusal> {
    let filter = Filter::read(call.said.query.as_deref().unwrap_or_default())?;
    let gateway = call.gateway();
    let own = InstanceFilter { account: Some(call.account), with_removed: false };
    let mut listed = gateway.list_instances(own, TokenKind::Hypersender).await?;
    listed.reverse();
    let mut shown = Vec::new();
    for instance in listed {
        // Read once: what is shown must fit what was asked for.
        let machine = status::running(gateway, instance.record.id);
        if filter.admits(&instance.record, machine.as_ref()) {
            let token = known_token(gateway, &instance).await?;
            shown.push((instance.record, machine, token));
        }
    }
    let bodies: Vec<InstanceBody<'_>> = shown
        .iter()
        .map(|(record, machine, token)| InstanceBody::of(record, machine.as_ref(), token.as_ref()))
        .collect();
    answer::json(StatusCode::OK, &bodies)
}

/// An instance's token, once it was connected for the first time: before that the list has none.
async fn known_token(
    gateway: &Gateway,
    instance: &InstanceWithToken,
) -> Result<Option<TokenText>, Error> {
    if gateway.last_connected(instance.record.id).await?.is_none() {
        return Ok(None);
    }
    match &instance.token {
        Some(token) => Ok(Some(token.clone())),
        // It is older than this API.
        None => {
            let kind = TokenKind::Hypersender;
            gateway.instance_token_or_new(&instance.record, kind).await.map(Some)
        }
    }
}
