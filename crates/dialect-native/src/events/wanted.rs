//! Which events a client asks for.

use std::collections::BTreeSet;

use waygate_core::event::{EventName, Sequence};
use waygate_engine::events::EventsWanted;

use crate::call::InstanceCall;
use crate::problem::Problem;
use crate::query::Query;

/// Events that are read and told at a time, where there is no end of them.
const PAGE: usize = 100;

/// The events behind a cursor; without one, those that are still to come.
pub(super) async fn from_there(
    call: &InstanceCall,
    text: Option<&str>,
) -> Result<EventsWanted, Problem> {
    let (gateway, instance) = (&call.gateway, call.instance.id());
    let names = kinds(&call.said.query)?;
    let after = match cursor(text)? {
        Some(after) => after,
        None => gateway.newest_event(instance).await?,
    };
    // Now, since there is no status any more once it has begun.
    gateway.check_cursor(instance, after).await?;
    Ok(EventsWanted { after, names, limit: PAGE })
}

/// The kinds, with commas between; none where all are meant.
pub(super) fn kinds(query: &Query) -> Result<BTreeSet<EventName>, Problem> {
    let Some(text) = query.text("kind") else { return Ok(BTreeSet::new()) };
    let kinds = text.split(',').map(str::parse);
    let kinds: Result<_, _> = kinds.collect();
    kinds.map_err(|_unknown| Problem::invalid("`kind` names a kind of event that there is not"))
}

/// The place that a client has come to.
pub(super) fn cursor(text: Option<&str>) -> Result<Option<Sequence>, Problem> {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let number = |text: &str| text.parse().ok().filter(|_number| digits(text)).map(Sequence);
    let read = |text| number(text).ok_or_else(no_cursor);
    text.map(read).transpose()
}

fn no_cursor() -> Problem {
    Problem::invalid("`cursor` is not one that this list gave")
}
