//! `GET /audit`: what was done with the caller's things, newest first.

use axum::response::Response;
use serde::Serialize;

use crate::answer;
use crate::call::AccountCall;
use crate::problem::Problem;
use crate::wire::act::ActBody;

const LIMIT_MAX: u64 = 500;
const LIMIT_DEFAULT: u64 = 100;

#[derive(Serialize)]
struct Answer {
    data: Vec<ActBody>,
    next_cursor: Option<String>,
}

pub(crate) async fn list(call: AccountCall) -> Result<Response, Problem> {
    let limit = call.said.query.number("limit", 1..=LIMIT_MAX, LIMIT_DEFAULT)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let before = call.said.query.text("cursor").map(str::parse::<u64>).transpose();
    let no_page = |_invalid| Problem::invalid("`cursor` is not one that this list gave");
    let before = before.map_err(no_page)?;
    let account = call.asked().await?.account();
    // One more than is shown says whether there is another page.
    let asked = u32::try_from(limit + 1).unwrap_or(u32::MAX);
    let entries = call.gateway.acts(account, before, asked).await?;
    let shown = entries.get(..limit).unwrap_or(&entries);
    let last = shown.last().filter(|_last| entries.len() > limit);
    let next_cursor = last.map(|entry| entry.number.to_string());
    answer::json(&Answer { data: shown.iter().map(ActBody::of).collect(), next_cursor })
}
