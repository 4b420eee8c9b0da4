//! `clearWebhooksQueue`: forgets what waits, once a minute.

use std::time::Duration;

use axum::response::Response;
use serde::Serialize;
use waygate_core::id::InstanceId;
use waygate_http::rate::{self, Decision, Quota, whole_seconds};

use crate::answer;
use crate::call::AccountCall;
use crate::refusal::Refusal;
use crate::surface::RateLimits;

/// How long the next one is refused in words, beside the rate of the method.
const ONCE_IN: Duration = Duration::from_secs(60);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    is_cleared: bool,
    reason: &'static str,
    /// Seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_time: Option<u64>,
}

/// Who has cleared a queue just now.
#[derive(Debug)]
pub(crate) struct Clearings(Option<rate::RateLimits<InstanceId>>);

impl Clearings {
    pub(crate) fn new(limits: RateLimits) -> Self {
        Self(match limits {
            RateLimits::Published => Some(rate::RateLimits::new(Quota::one_per(ONCE_IN))),
            RateLimits::Off => None,
        })
    }
}

pub(crate) async fn clear_webhooks_queue(call: AccountCall) -> Result<Response, Refusal> {
    let instance = call.instance.id;
    let decision = call.desk.clearings.0.as_ref().map(|limits| limits.take(&instance));
    if let Some(Decision::Refused { retry_after }) = decision {
        let left_time = Some(whole_seconds(retry_after));
        return answer::json(&Answer { is_cleared: false, reason: "Too many requests", left_time });
    }
    call.gateway().clear_notifications(instance).await?;
    answer::json(&Answer { is_cleared: true, reason: "", left_time: None })
}
