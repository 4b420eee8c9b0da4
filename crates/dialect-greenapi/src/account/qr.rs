//! `qr`: a code that can be scanned, or why there is none. It waits for the first code and never
//! says "not yet".

use axum::response::Response;
use waygate_core::error::Kind;

use super::notice::Notice;
use crate::answer;
use crate::call::AccountCall;
use crate::refusal::Refusal;

pub(crate) async fn qr(call: AccountCall) -> Result<Response, Refusal> {
    let within = call.desk.settings.code_within;
    match call.gateway().look_at_code(call.instance.id, within).await {
        Ok(look) => answer::json(&Notice::of(&look, call.instance.id, &call.desk)?),
        Err(error) => match error.kind() {
            Kind::Unreachable => answer::json(&Notice::error(error.public().to_owned())),
            Kind::NotFound
            | Kind::Invalid
            | Kind::Conflict
            | Kind::WrongState
            | Kind::Limited { .. }
            | Kind::Internal => Err(error.into()),
        },
    }
}
