//! What a refusal of the native API means to a command.

use std::time::Duration;

use serde::Deserialize;

use super::exchange::Answer;
use crate::exit::{Exit, Failure};

/// A problem document (RFC 9457), as far as it matters here.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Problem {
    code: String,
    detail: String,
}

/// How a command ends that was refused like this.
pub(super) fn failure(answer: Answer) -> Failure {
    let Answer { status, body, retry_after } = answer;
    let Problem { code, detail } = serde_json::from_value(body).unwrap_or_default();
    let exit = match code.as_str() {
        "not_found" => Exit::NotFound,
        "invalid" | "too_large" | "conflict" | "unauthorized" | "forbidden" => Exit::Usage,
        // What a state or a rate of WhatsApp's forbids.
        "wrong_state" | "limited" => Exit::Refused,
        "unreachable" | "timeout" => Exit::TimedOut,
        _ => Exit::Internal,
    };
    let sentence = if detail.is_empty() { format!("the server answered {status}") } else { detail };
    // Of what cannot be reached nobody knows when it can be.
    let wait = retry_after.filter(|_wait| code == "limited");
    let when = wait.map(|wait| format!("; the next in {}", in_words(wait)));
    Failure::new(exit, format!("{sentence}{}", when.unwrap_or_default()))
}

/// A wait, never shorter than it is.
pub(crate) fn in_words(wait: Duration) -> String {
    let seconds = wait.as_secs().max(1);
    if seconds < 120 { format!("{seconds} s") } else { format!("{} min", seconds.div_ceil(60)) }
}

#[cfg(test)]
mod tests {
    use hyper::StatusCode;
    use serde_json::{Value, json};

    use super::*;

    fn refused(status: StatusCode, body: Value) -> Failure {
        failure(Answer { status, body, retry_after: None })
    }

    #[test]
    fn each_kind_of_refusal_has_its_exit_code_and_keeps_its_sentence() {
        for (status, code, exit) in [
            (400, "invalid", Exit::Usage),
            (413, "too_large", Exit::Usage),
            (409, "conflict", Exit::Usage),
            (404, "not_found", Exit::NotFound),
            (409, "wrong_state", Exit::Refused),
            (429, "limited", Exit::Refused),
            (503, "unreachable", Exit::TimedOut),
            (408, "timeout", Exit::TimedOut),
            (500, "internal", Exit::Internal),
            (401, "unauthorized", Exit::Usage),
            (403, "forbidden", Exit::Usage),
        ] {
            let body = json!({ "code": code, "detail": "a sentence", "new": [1] });
            let failure = refused(StatusCode::from_u16(status).unwrap(), body);
            assert_eq!(failure.exit(), exit, "{code}");
            assert!(format!("{failure:?}").contains("a sentence"), "{failure:?}");
        }
    }

    #[test]
    fn an_answer_that_is_no_problem_document_is_told_by_its_status() {
        for body in [Value::Null, json!("x"), json!({ "code": 1 })] {
            let failure = refused(StatusCode::BAD_GATEWAY, body);
            assert_eq!(failure.exit(), Exit::Internal);
            assert!(format!("{failure:?}").contains("502"), "{failure:?}");
        }
    }

    #[test]
    fn what_was_asked_too_often_tells_when_it_may_be_asked_again() {
        for (seconds, words) in [(7, "the next in 7 s"), (2161, "the next in 37 min")] {
            let body = json!({ "code": "limited", "detail": "too many" });
            let retry_after = Some(Duration::from_secs(seconds));
            let status = StatusCode::TOO_MANY_REQUESTS;
            let failure = failure(Answer { status, body, retry_after });
            assert!(failure.sentence().ends_with(words), "{failure:?}");
        }
    }
}
