//! `PATCH /instances/{instance}`: another name, or another number that is meant to be linked.

use axum::response::Response;

use crate::answer;
use crate::call::InstanceCall;
use crate::problem::Problem;
use crate::wire::instance::InstanceBody;

pub(crate) async fn change(mut call: InstanceCall) -> Result<Response, Problem> {
    let fields = &mut call.said.fields;
    let clears = fields.clears("phone");
    let (name, phone) = (fields.text("name")?, fields.phone("phone")?);
    let changed = call.gateway.describe_instance(call.instance.id(), |said| {
        if let Some(name) = name {
            said.name = name;
        }
        if clears || phone.is_some() {
            said.phone = phone;
        }
    });
    let record = changed.await?;
    answer::json(&InstanceBody::of(&record, &call.gateway))
}
