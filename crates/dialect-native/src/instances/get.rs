//! `GET /instances/{instance}`: one instance, with what lets the vendors' clients in.

use axum::response::Response;

use crate::answer;
use crate::call::InstanceCall;
use crate::problem::Problem;
use crate::wire::instance::{InstanceBody, VendorTokens};

pub(crate) async fn get(call: InstanceCall) -> Result<Response, Problem> {
    let record = call.instance.record();
    let tokens = VendorTokens::shown(&call.gateway, record, call.rights).await?;
    answer::json(&InstanceBody::of(record, &call.gateway).with_tokens(&tokens))
}
