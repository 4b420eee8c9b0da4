//! `PATCH /instances/{instance}/settings`: what is named is changed, and acts from then on.

use axum::response::Response;

use crate::answer;
use crate::call::InstanceCall;
use crate::problem::Problem;
use crate::wire::settings::{Edits, SettingsBody};

pub(crate) async fn change(mut call: InstanceCall) -> Result<Response, Problem> {
    let edits = Edits::read(&mut call.said.fields, &call.outbound)?;
    let changed =
        call.gateway.change_settings(call.instance.id(), |settings| edits.apply(settings));
    answer::json(&SettingsBody::of(&changed.await?))
}
