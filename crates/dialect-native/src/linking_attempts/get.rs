//! `GET .../linking-attempts/{attempt}`: an attempt, at once or when it changes.

use std::time::Duration;

use axum::response::Response;

use crate::answer;
use crate::call::InstanceCall;
use crate::link_pass::no_pass;
use crate::problem::Problem;
use crate::wire::attempt::AttemptBody;

/// The longest wait, in seconds: less than proxies commonly allow, and than our own handlers may
/// take.
const WAIT_SECONDS_MAX: u64 = 60;

pub(crate) async fn get(call: InstanceCall) -> Result<Response, Problem> {
    let wait = call.said.query.number("wait", 0..=WAIT_SECONDS_MAX, 0)?;
    let after = call.said.query.number("after", 0..=u64::MAX, 0)?;
    let (instance, id) = (call.instance.id(), call.said.attempt()?);
    let within = Duration::from_secs(wait);
    let next = call.gateway.next_of_attempt(instance, id, after, within);
    let attempt = match &call.visit {
        None => next.await?,
        // Who waits by a ticket that is taken back hears of it at once.
        Some(visit) => tokio::select! {
            biased;
            () = call.gateway.until_visit_ends(visit) => return Err(no_pass()),
            attempt = next => attempt?,
        },
    };
    answer::json(&AttemptBody::of(&attempt, call.view, call.gateway.now()))
}
