//! `session.status`: the instance's status is another one. The vendor's documents do not have it; it is
//! told as in WAHA, which the vendor's other events are those of.

use serde::Serialize;
use waygate_core::event::StateChanged;
use waygate_core::event::topic::Availability;
use waygate_core::instance::settings::Switch;

use super::{Payload, Told};
use crate::wire::status::Status;

const NAME: &str = "session.status";

#[derive(Serialize)]
pub(super) struct SessionStatus {
    status: Status,
}

/// A change that is news of two things is told once.
pub(super) fn session_status(topic: Switch, change: &StateChanged) -> Option<Told<'static>> {
    let is_told = topic == Switch::StateChanges
        || (topic == Switch::ConnectionChanges
            && Availability::of(change.from, true) == change.availability());
    let payload = Payload::SessionStatus(SessionStatus { status: Status::of_change(change) });
    is_told.then_some(Told { event: NAME, payload })
}
