//! `qr`: a code that can be scanned, or why there is none. It waits for the first code and never
//! says "not yet".

use std::borrow::Cow;
use std::time::Duration;

use axum::response::Response;
use serde::Serialize;
use waygate_core::error::Kind;
use waygate_engine::look::Look;

use crate::answer;
use crate::call::AccountCall;
use crate::refusal::Refusal;

const ALREADY_LOGGED: &str = "instance account already authorized";
const UNUSABLE_KEYS: &str = "Instance has auth. You need to make log out";
const PASSKEY_REQUIRED: &str = "WhatsApp asks this account for a passkey, so a QR code cannot link \
    it. Turn the passkey off in WhatsApp on the phone and ask for a code again";

/// Always these two fields, both of them texts.
#[derive(Serialize)]
struct Answer<'a> {
    r#type: &'static str,
    message: &'a str,
}

pub(crate) async fn qr(call: AccountCall) -> Result<Response, Refusal> {
    let within = call.desk.settings.code_within;
    let look = match call.gateway().look_at_code(call.instance.id, within).await {
        Ok(look) => look,
        Err(error) => {
            return match error.kind() {
                Kind::Unreachable => told("error", error.public()),
                Kind::NotFound
                | Kind::Invalid
                | Kind::Conflict
                | Kind::WrongState
                | Kind::Limited { .. }
                | Kind::Internal => Err(error.into()),
            };
        }
    };
    let now = call.gateway().now();
    match look {
        Look::Code(code) => {
            let picture = call.desk.pictures.base64_png(call.instance.id, &code, now)?;
            told("qrCode", &picture)
        }
        Look::AlreadyLinked(_account) => told("alreadyLogged", ALREADY_LOGGED),
        Look::PasskeyRequired => told("passkeyRequired", PASSKEY_REQUIRED),
        Look::NotBefore { at, why } => {
            let wait = Duration::try_from(now.until(at).unwrap_or_default()).unwrap_or_default();
            told("error", &format!("{why}; the next code can be shown in {}", in_words(wait)))
        }
        Look::Unusable(_reason) => told("error", UNUSABLE_KEYS),
        Look::Impossible(reason) => told("error", reason),
    }
}

fn told(r#type: &'static str, message: &str) -> Result<Response, Refusal> {
    answer::json(&Answer { r#type, message })
}

/// A wait for a person: rounded up, in minutes once it is longer than two.
fn in_words(wait: Duration) -> Cow<'static, str> {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    match seconds {
        0 | 1 => "1 second".into(),
        2..=120 => format!("{seconds} seconds").into(),
        _ => format!("{} minutes", seconds.div_ceil(60)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_told_in_seconds_or_minutes_and_never_too_short() {
        for (millis, told) in [
            (0, "1 second"),
            (1, "1 second"),
            (1001, "2 seconds"),
            (120_000, "120 seconds"),
            (120_001, "3 minutes"),
            (300_000, "5 minutes"),
            (3_600_000, "60 minutes"),
        ] {
            assert_eq!(in_words(Duration::from_millis(millis)), told, "{millis} ms");
        }
    }
}
