//! What a client wants of an endpoint.

use std::collections::BTreeSet;

use waygate_core::event::EventName;
use waygate_core::id::InstanceId;
use waygate_core::webhook::EventFilter;
use waygate_http::outbound::Policy;

use crate::fields::{Fields, quoted, unusable};
use crate::problem::Problem;
use crate::wire::settings::TEXT_BYTES_MAX;

pub(super) const INSTANCES: &str = "instances";
pub(super) const EVENTS: &str = "events";

/// Refuses an address that nothing may be sent to.
pub(super) fn check_url(outbound: &Policy, url: &str) -> Result<(), Problem> {
    if url.len() > TEXT_BYTES_MAX {
        return Err(Problem::invalid(format!("`url` is longer than {TEXT_BYTES_MAX} bytes")));
    }
    let checked = outbound.check(url).map(|_destination| ());
    checked.map_err(|why| Problem::invalid(format!("`url` must {why}")))
}

/// What a new endpoint hears of.
pub(super) fn filter(fields: &mut Fields) -> Result<EventFilter, Problem> {
    Ok(EventFilter { instances: instances(fields)?, events: events(fields)? })
}

pub(super) fn instances(fields: &mut Fields) -> Result<Option<BTreeSet<InstanceId>>, Problem> {
    let Some(ids) = fields.texts(INSTANCES)? else { return Ok(None) };
    let ids = ids.iter().map(|id| id.parse()).collect::<Result<_, _>>();
    ids.map(Some).map_err(|error| unusable(INSTANCES, error))
}

pub(super) fn events(fields: &mut Fields) -> Result<Option<BTreeSet<EventName>>, Problem> {
    let Some(words) = fields.texts(EVENTS)? else { return Ok(None) };
    let events = words.iter().map(|word| {
        let unknown = || unusable(EVENTS, format_args!("there is no kind {}", quoted(word)));
        word.parse().map_err(|_no_kind| unknown())
    });
    events.collect::<Result<_, _>>().map(Some)
}
