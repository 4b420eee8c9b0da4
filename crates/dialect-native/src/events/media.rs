//! `GET /instances/{instance}/events/{event}/media`: the file of the message that an event tells of.

use axum::response::Response;
use waygate_engine::files::FilePlace;

use crate::call::InstanceCall;
use crate::files;
use crate::problem::Problem;

pub(crate) async fn media(call: InstanceCall) -> Result<Response, Problem> {
    let part = files::part(call.said.query.text("part"))?;
    let place = FilePlace { instance: call.instance.id(), sequence: call.said.event()?, part };
    files::fetched(&call.gateway, place).await
}
