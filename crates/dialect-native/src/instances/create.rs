//! `POST /instances`: a new instance, which may keep the number and the token it had elsewhere.

use axum::response::Response;
use waygate_core::id::{InstanceNumber, InvalidInstanceNumber};
use waygate_core::secret::TokenText;
use waygate_core::token::taken_over;
use waygate_engine::instances::NewInstance;

use crate::answer;
use crate::call::AccountCall;
use crate::fields::{Fields, unusable};
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
    let record = &call.gateway.create_instance(new).await?.record;
    // Whoever made it is shown no more of it than who reads it.
    let tokens = VendorTokens::shown(&call.gateway, record, call.rights).await?;
    let body = InstanceBody::of(record, &call.gateway).with_tokens(&tokens);
    answer::created_at(&format!("/api/v1/instances/{}", record.id), &body)
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
