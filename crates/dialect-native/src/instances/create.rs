//! `POST /instances`: a new instance, which may keep the number and the token it had elsewhere.

use axum::response::Response;
use waygate_core::error::Error;
use waygate_core::id::{InstanceNumber, InvalidInstanceNumber};
use waygate_core::instance::record::InstanceRecord;
use waygate_core::secret::TokenText;
use waygate_core::token::taken_over;
use waygate_engine::Gateway;
use waygate_engine::instances::{NewInstance, NewbornInstance};

use crate::call::AccountCall;
use crate::fields::{Fields, unusable};
use crate::idempotency::{Told, keeping};
use crate::problem::Problem;
use crate::wire::instance::{InstanceBody, VendorTokens};

const GREEN_ID: &str = "green_id";
const GREEN_TOKEN: &str = "green_token";

pub(crate) async fn create(mut call: AccountCall) -> Result<Response, Problem> {
    let name = call.said.fields.text("name")?.unwrap_or_default();
    let (number, token) = taken_over_from(&mut call.said.fields)?.unzip();
    let phone = call.said.fields.phone("phone")?;
    let account = call.owner().await?;
    let new = NewInstance { name, phone, number, token, ..NewInstance::unnamed(account) };
    let (gateway, rights) = (call.gateway.clone(), call.rights);
    // It does not run yet. What is answered takes the place of this as soon as it does.
    let keeping = keeping(call.said.once.as_ref(), move |newborn: &NewbornInstance| {
        told(&newborn.record, &gateway, &VendorTokens::of_newborn(newborn, rights))
    });
    let record = &call.gateway.create_instance_keeping(new, keeping).await?.record;
    // Whoever made it is shown no more of it than who reads it.
    let tokens = VendorTokens::shown(&call.gateway, record, call.rights).await?;
    Ok(told(record, &call.gateway, &tokens)?.into_response())
}

fn told(record: &InstanceRecord, gateway: &Gateway, tokens: &VendorTokens) -> Result<Told, Error> {
    let path = format!("/api/v1/instances/{}", record.id);
    Told::created(Some(path), &InstanceBody::of(record, gateway).with_tokens(tokens))
}

/// What GREEN-API's clients know the instance by already. One without the other would be of no use
/// to them.
fn taken_over_from(fields: &mut Fields) -> Result<Option<(InstanceNumber, TokenText)>, Problem> {
    match (fields.digits(GREEN_ID)?, fields.text(GREEN_TOKEN)?) {
        (None, None) => Ok(None),
        (Some(number), Some(token)) => {
            let number =
                number.parse().map_err(|error: InvalidInstanceNumber| unusable(GREEN_ID, error))?;
            let token = taken_over(&token).map_err(|error| unusable(GREEN_TOKEN, error))?;
            Ok(Some((number, token)))
        }
        (Some(_), None) | (None, Some(_)) => {
            Err(Problem::invalid("`green_id` and `green_token` come together or not at all"))
        }
    }
}
