//! What `qr` and `scanqrcode` tell somebody who wants to link an instance: the one place for its
//! words.

use std::borrow::Cow;
use std::time::Duration;

use serde::Serialize;
use waygate_core::error::Error;
use waygate_core::id::InstanceId;
use waygate_engine::look::Look;

use crate::call::Desk;

const ALREADY_LOGGED: &str = "instance account already authorized";
const UNUSABLE_KEYS: &str = "Instance has auth. You need to make log out";
const PASSKEY_REQUIRED: &str = "WhatsApp asks this account for a passkey, so a QR code alone \
    cannot link it. Open the instance's page in a browser and go on there";

/// Always these two fields, both of them texts.
#[derive(Serialize)]
pub(crate) struct Notice {
    r#type: &'static str,
    message: Cow<'static, str>,
}

impl Notice {
    /// The time of a session is over.
    pub(crate) const TIMEOUT: Self = Self::new("timeout", Cow::Borrowed("timeout"));

    const fn new(r#type: &'static str, message: Cow<'static, str>) -> Self {
        Self { r#type, message }
    }

    /// Why there is no code, in words.
    pub(crate) fn error(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new("error", message.into())
    }

    /// What a look came to.
    pub(crate) fn of(look: &Look, instance: InstanceId, desk: &Desk) -> Result<Self, Error> {
        let now = desk.gateway.now();
        Ok(match look {
            Look::Code(code) => {
                let picture = desk.pictures.base64_png(instance, code, now)?;
                Self::new("qrCode", picture.as_ref().to_owned().into())
            }
            Look::AlreadyLinked(_account) => Self::new("alreadyLogged", ALREADY_LOGGED.into()),
            Look::PasskeyRequired => Self::new("passkeyRequired", PASSKEY_REQUIRED.into()),
            Look::NotBefore { at, why } => {
                let wait = now.until(*at).unwrap_or_default();
                let wait = in_words(Duration::try_from(wait).unwrap_or_default());
                Self::error(format!("{why}; the next code can be shown in {wait}"))
            }
            Look::Unusable(_reason) => Self::error(UNUSABLE_KEYS),
            Look::Impossible(reason) => Self::error(*reason),
        })
    }

    /// What kind of notice it is, as the client reads it.
    pub(crate) fn name(&self) -> &'static str {
        self.r#type
    }
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
