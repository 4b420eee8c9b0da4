//! `GET /instances`: the caller's instances, page by page.

use axum::response::Response;
use serde::Serialize;
use waygate_core::id::InstanceId;
use waygate_core::instance::record::InstanceRecord;
use waygate_core::port::registry::InstanceFilter;

use super::wanted::Wanted;
use crate::answer;
use crate::call::AccountCall;
use crate::problem::Problem;
use crate::wire::instance::InstanceBody;

const LIMIT_MAX: u64 = 500;
const LIMIT_DEFAULT: u64 = 100;

#[derive(Serialize)]
struct Answer<'a> {
    data: Vec<InstanceBody<'a>>,
    next_cursor: Option<String>,
}

pub(crate) async fn list(call: AccountCall) -> Result<Response, Problem> {
    let query = &call.said.query;
    let limit = query.number("limit", 1..=LIMIT_MAX, LIMIT_DEFAULT)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let wanted = Wanted::read(query)?;
    let after = query.text("cursor").map(str::parse::<InstanceId>);
    let after = after.transpose().map_err(|_invalid| no_page())?;
    // Removed ones too: a page may have ended with an instance that is gone by now.
    let filter = InstanceFilter { account: call.asked().await?.account(), with_removed: true };
    let listed = call.gateway.instances(filter).await?;
    let rest = behind(&listed, after)?.iter().filter(|record| record.removed_at.is_none());
    let bodies = rest.filter_map(|record| {
        let body = InstanceBody::of(record, &call.gateway);
        wanted.is_met_by(record, &body).then_some((record, body))
    });
    let mut bodies = bodies.peekable();
    let page: Vec<_> = bodies.by_ref().take(limit).collect();
    let last = page.last().filter(|_last| bodies.peek().is_some());
    let next_cursor = last.map(|(record, _body)| record.id.to_string());
    let data = page.into_iter().map(|(_record, body)| body).collect();
    answer::json(&Answer { data, next_cursor })
}

/// What stands behind the last one of a page.
fn behind(
    listed: &[InstanceRecord],
    last: Option<InstanceId>,
) -> Result<&[InstanceRecord], Problem> {
    let Some(last) = last else { return Ok(listed) };
    let place = listed.iter().position(|record| record.id == last).ok_or_else(no_page)?;
    Ok(listed.get(place + 1..).unwrap_or_default())
}

fn no_page() -> Problem {
    Problem::invalid("`cursor` is not one that this list gave")
}
