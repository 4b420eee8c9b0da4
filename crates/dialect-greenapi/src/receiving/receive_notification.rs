//! `receiveNotification`: the notification that has waited longest, or `null` when none comes in time.

use std::time::Duration;

use axum::response::Response;
use serde::Serialize;
use tokio::time::Instant;
use url::form_urlencoded;
use waygate_engine::notifications::Fetched;

use super::notification::Body;
use crate::answer;
use crate::call::{AccountCall, Said};
use crate::refusal::Refusal;
use crate::wire::value;

const TIMEOUT: &str = "receiveTimeout";

/// Seconds that a client waits at least, and when it does not say.
const TIMEOUT_SECONDS_MIN: i64 = 5;

/// Seconds that a client waits at most.
const TIMEOUT_SECONDS_MAX: i64 = 60;

/// How long the refusal is held back where nothing can be fetched: the vendor's own client for Python
/// asks again at once, and for ever.
const REFUSED_AFTER: Duration = Duration::from_secs(1);

/// The vendor's words as far as they are known, and what to do in ours.
const PUSHED: &str = "Message cannot be received because custom webhook url is set. To receive \
                      notifications here, clear webhookUrl in the settings";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    receipt_id: u64,
    body: Body<'a>,
}

pub(crate) async fn receive_notification(call: AccountCall) -> Result<Response, Refusal> {
    let deadline = Instant::now() + timeout(&call.said)?;
    let (gateway, instance) = (call.gateway(), &call.instance);
    loop {
        let within = deadline.saturating_duration_since(Instant::now());
        match gateway.fetch_notification(instance.id, within).await? {
            Fetched::Notification(found) => {
                let telling = gateway.telling(instance.id, &found.event).await?;
                match Body::of(&found, instance.number, &telling) {
                    Some(body) => {
                        return answer::json(&Answer { receipt_id: found.receipt.0, body });
                    }
                    // Else nothing behind it would ever come.
                    None => drop(gateway.settle_notification(instance.id, found.receipt).await?),
                }
            }
            Fetched::Nothing => return answer::json(&()),
            Fetched::Pushed => {
                tokio::time::sleep(REFUSED_AFTER).await;
                return Err(Refusal::bad_request(PUSHED));
            }
        }
    }
}

/// How long to wait. What is too short or too long is taken for the nearest that is not: a client that is
/// refused asks again at once.
fn timeout(said: &Said) -> Result<Duration, Refusal> {
    let query = said.query.as_deref().unwrap_or_default();
    let asked = form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == TIMEOUT);
    let seconds = match asked {
        Some((_, text)) if !text.is_empty() => value::integer(TIMEOUT, &text.into())?,
        Some(_) | None => TIMEOUT_SECONDS_MIN,
    };
    let seconds = seconds.clamp(TIMEOUT_SECONDS_MIN, TIMEOUT_SECONDS_MAX);
    Ok(Duration::from_secs(seconds.unsigned_abs()))
}
