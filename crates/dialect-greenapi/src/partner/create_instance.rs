//! `createInstance`: a new instance, with its token.

use axum::response::Response;
use serde::Serialize;
use serde_json::{Map, Value};
use waygate_core::error::{Error, Kind};
use waygate_core::instance::record::NAME_LENGTH_MAX;
use waygate_core::instance::settings::Settings;
use waygate_engine::instances::NewInstance;

use crate::answer;
use crate::call::PartnerCall;
use crate::refusal::Refusal;
use crate::wire::messenger::TYPE_INSTANCE;
use crate::wire::settings::Change;
use crate::wire::{json, value};

/// Sent by clients, deprecated by the vendor, and of no consequence.
const DEPRECATED: &str = "partnerUserUiid";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the vendor's names")]
struct Answer<'a> {
    id_instance: u64,
    api_token_instance: &'a str,
    type_instance: &'static str,
}

pub(crate) async fn create_instance(call: PartnerCall) -> Result<Response, Refusal> {
    let mut sent = json::object(&call.said.body)?;
    let name = name(&mut sent)?;
    refuse_other_messengers(&mut sent)?;
    sent.remove(DEPRECATED);
    let mut settings = Settings::default();
    Change::read(&sent, &call.desk.settings.outbound)?.apply(&mut settings);
    let new = NewInstance { name, settings, ..NewInstance::unnamed(call.account) };
    let created = call.gateway().create_instance(new).await?;
    let token =
        created.token.ok_or_else(|| Error::new(Kind::Internal, "a new instance has no token"))?;
    answer::json(&Answer {
        id_instance: created.record.number.get(),
        api_token_instance: token.expose(),
        type_instance: TYPE_INSTANCE,
    })
}

fn name(sent: &mut Map<String, Value>) -> Result<String, Refusal> {
    match sent.remove("name") {
        None | Some(Value::Null) => Ok(String::new()),
        Some(name) => value::text("name", &name, NAME_LENGTH_MAX).map(str::to_owned),
    }
}

/// An instance of another messenger cannot be had here, and one of this must not pass for it.
fn refuse_other_messengers(sent: &mut Map<String, Value>) -> Result<(), Refusal> {
    match sent.remove("typeInstance") {
        None | Some(Value::Null) => Ok(()),
        Some(Value::String(kind)) if kind.is_empty() || kind == TYPE_INSTANCE => Ok(()),
        Some(_) => Err(Refusal::invalid(format_args!("'typeInstance' must be [{TYPE_INSTANCE}]"))),
    }
}
