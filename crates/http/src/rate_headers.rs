//! What an answer tells of the limits that its request was counted for: `RateLimit-Policy` and
//! `RateLimit`, structured fields (draft-ietf-httpapi-ratelimit-headers-10).
//!
//! Each limit is one item of both lists, under one name. Neither header is about the future: whoever
//! is told that something is left may still be refused.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use crate::rate::{Decision, Quota, whole_seconds};

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");

const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// A limit, and what is left of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToldLimit {
    /// Lower-case letters and hyphens.
    pub name: &'static str,
    /// How many requests there are.
    pub quota: u32,
    /// In which time.
    pub window: Duration,
    /// How many are left.
    pub remaining: u32,
    /// When there are all of them again.
    pub whole_after: Duration,
}

impl ToldLimit {
    /// Of a quota, after this was decided.
    pub fn of(name: &'static str, quota: Quota, decision: Decision) -> Self {
        let remaining = match decision {
            Decision::Allowed { remaining } => remaining,
            Decision::Refused { .. } => 0,
        };
        Self {
            name,
            quota: quota.burst(),
            window: quota.whole_after(0),
            remaining,
            whole_after: quota.whole_after(remaining),
        }
    }

    /// Says it in these headers, before what they say of other limits.
    pub fn tell(self, headers: &mut HeaderMap) {
        let Self { name, quota, window, remaining, whole_after } = self;
        let policy = format!("\"{name}\";q={quota};w={}", whole_seconds(window));
        let seconds = if whole_after.is_zero() { 0 } else { whole_seconds(whole_after) };
        put_first(headers, RATE_LIMIT_POLICY, policy);
        put_first(headers, RATE_LIMIT, format!("\"{name}\";r={remaining};t={seconds}"));
    }
}

fn put_first(headers: &mut HeaderMap, name: HeaderName, item: String) {
    let list = match headers.get(&name).and_then(|value| value.to_str().ok()) {
        Some(others) => format!("{item}, {others}"),
        None => item,
    };
    if let Ok(value) = HeaderValue::try_from(list) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    const TEN: NonZeroU32 = NonZeroU32::new(10).unwrap();

    fn told(limits: &[ToldLimit]) -> [String; 2] {
        let mut headers = HeaderMap::new();
        for limit in limits {
            limit.tell(&mut headers);
        }
        [RATE_LIMIT_POLICY, RATE_LIMIT].map(|name| headers[name].to_str().unwrap().to_owned())
    }

    #[test]
    fn a_limit_is_told_with_what_is_left_and_when_it_is_whole() {
        let quota = Quota::one_per(Duration::from_secs(6)).with_burst(TEN);
        for (decision, says) in [
            (Decision::Allowed { remaining: 10 }, "r=10;t=0"),
            (Decision::Allowed { remaining: 9 }, "r=9;t=6"),
            (Decision::Allowed { remaining: 0 }, "r=0;t=60"),
            (Decision::Refused { retry_after: Duration::from_secs(6) }, "r=0;t=60"),
        ] {
            let limit = ToldLimit::of("wishes", quota, decision);
            let told = told(&[limit]);
            assert_eq!(told, ["\"wishes\";q=10;w=60".to_owned(), format!("\"wishes\";{says}")]);
        }
    }

    #[test]
    fn seconds_are_whole_and_never_too_few() {
        let quota = Quota::per_second(TEN);
        let limit = ToldLimit::of("a", quota, Decision::Allowed { remaining: 9 });
        assert_eq!(limit.whole_after, Duration::from_millis(100));
        assert_eq!(told(&[limit])[1], "\"a\";r=9;t=1");
    }

    #[test]
    fn several_limits_are_one_list_and_the_last_that_is_told_comes_first() {
        let limit =
            |name| ToldLimit::of(name, Quota::per_second(TEN), Decision::Allowed { remaining: 1 });
        let told = told(&[limit("b"), limit("a")]);
        assert_eq!(told[0], "\"a\";q=10;w=1, \"b\";q=10;w=1");
        assert_eq!(told[1], "\"a\";r=1;t=1, \"b\";r=1;t=1");
    }
}
