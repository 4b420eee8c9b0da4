//! `getInstances`: the instances of an account, also those that were removed lately.

use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;
use waygate_core::port::registry::InstanceFilter;
use waygate_core::token::TokenKind;
use waygate_engine::instances::InstanceWithToken;

use crate::answer;
use crate::call::PartnerCall;
use crate::refusal::Refusal;
use crate::wire::messenger::TYPE_INSTANCE;

/// The vendor's "never", as its server writes a time that it does not have.
const NEVER: &str = "0001-01-01T00:00:00";

/// Nothing expires here. Clients compare it with today, or count the days.
const FAR_AWAY: &str = "2099-12-31T23:59:59";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "the vendor's")]
struct Entry {
    id_instance: u64,
    name: String,
    type_instance: &'static str,
    type_account: &'static str,
    partner_user_uiid: &'static str,
    time_created: String,
    time_deleted: String,
    api_token_instance: String,
    deleted: bool,
    tariff: &'static str,
    is_free: bool,
    is_partner: bool,
    expiration_date: &'static str,
    is_expired: bool,
}

pub(crate) async fn get_instances(call: PartnerCall) -> Result<Response, Refusal> {
    let filter = InstanceFilter { account: Some(call.account), with_removed: true };
    let instances = call.gateway().list_instances(filter, TokenKind::Instance).await?;
    let entries: Vec<Entry> = instances.into_iter().map(entry).collect();
    answer::json(&entries)
}

fn entry(instance: InstanceWithToken) -> Entry {
    let InstanceWithToken { record, token } = instance;
    Entry {
        id_instance: record.number.get(),
        name: record.name,
        type_instance: TYPE_INSTANCE,
        type_account: "",
        partner_user_uiid: "",
        time_created: time(record.created_at),
        time_deleted: record.removed_at.map_or_else(|| NEVER.to_owned(), time),
        api_token_instance: token.map(|token| token.expose().to_owned()).unwrap_or_default(),
        deleted: record.removed_at.is_some(),
        tariff: "PARTNER",
        is_free: false,
        is_partner: true,
        expiration_date: FAR_AWAY,
        is_expired: false,
    }
}

/// A time as the vendor's examples have it: UTC, without saying so.
fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}
