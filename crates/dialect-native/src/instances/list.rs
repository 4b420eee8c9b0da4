//! `GET /instances`: the caller's instances, page by page.

use axum::response::Response;
use serde::Serialize;
use waygate_core::id::InstanceId;
use waygate_core::port::registry::InstanceFilter;

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
    let limit = call.said.query.number("limit", 1..=LIMIT_MAX, LIMIT_DEFAULT)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let no_page = || Problem::invalid("`cursor` is not one that this list gave");
    let after = call.said.query.text("cursor").map(str::parse::<InstanceId>);
    let after = after.transpose().map_err(|_invalid| no_page())?;
    // Removed ones too: a page may have ended with an instance that is gone by now.
    let filter = InstanceFilter { account: call.asked().await?.account(), with_removed: true };
    let listed = call.gateway.instances(filter).await?;
    let begin = match after {
        None => 0,
        Some(last) => {
            let place = listed.iter().position(|record| record.id == last);
            place.ok_or_else(no_page)? + 1
        }
    };
    let rest = listed.iter().skip(begin);
    let mut rest = rest.filter(|record| record.removed_at.is_none()).peekable();
    let page: Vec<_> = rest.by_ref().take(limit).collect();
    let next_cursor =
        page.last().filter(|_last| rest.peek().is_some()).map(|last| last.id.to_string());
    let data = page.into_iter().map(|record| InstanceBody::of(record, &call.gateway)).collect();
    answer::json(&Answer { data, next_cursor })
}
