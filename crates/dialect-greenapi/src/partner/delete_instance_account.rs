//! `deleteInstanceAccount`: removes an instance of the account.

use axum::response::Response;
use serde::Serialize;
use waygate_core::error::Kind;
use waygate_core::id::InstanceNumber;
use waygate_core::port::registry::InstanceKey;

use crate::answer;
use crate::call::PartnerCall;
use crate::refusal::Refusal;
use crate::wire::{json, value};

const ID_INSTANCE: &str = "idInstance";

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    delete_instance_account: bool,
}

pub(crate) async fn delete_instance_account(call: PartnerCall) -> Result<Response, Refusal> {
    let sent = json::object(&call.said.body)?;
    let asked = sent.get(ID_INSTANCE).filter(|value| !value.is_null());
    let asked = asked.ok_or_else(|| Refusal::invalid("'idInstance' is required"))?;
    let number = u64::try_from(value::integer(ID_INSTANCE, asked)?).ok();
    let number = number.and_then(InstanceNumber::new).ok_or(Refusal::PARTNER_NOT_FOUND)?;
    // Another account's instance is as unknown here as one that never was.
    let own = call.gateway().find_instance(Some(call.account), InstanceKey::Number(number)).await?;
    match call.gateway().remove_instance(own.ok_or(Refusal::PARTNER_NOT_FOUND)?.id).await {
        Ok(()) => answer::json(&Answer { delete_instance_account: true }),
        // Somebody else was faster.
        Err(error) if error.kind() == Kind::NotFound => Err(Refusal::PARTNER_NOT_FOUND),
        Err(error) => Err(error.into()),
    }
}
