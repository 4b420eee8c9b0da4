//! A code to scan, as answers tell it: a picture that clients put behind their own prefix.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use waygate_core::error::{Error, Kind};
use waygate_core::id::InstanceId;
use waygate_core::instance::state::QrCode;
use waygate_engine::Gateway;
use waygate_engine::look::Look;
use waygate_http::qr_image;

use crate::refusal::Refusal;

/// What somebody who asked for a code gets to see.
pub(crate) enum Shown {
    /// A PNG in Base64.
    Code(String),
    /// There is nothing to scan; why the status says.
    Nothing,
    /// There is no code now, and may be one later.
    Unavailable(Refusal),
}

/// Waits for a code.
pub(crate) async fn shown(
    gateway: &Gateway,
    instance: InstanceId,
    within: Duration,
) -> Result<Shown, Error> {
    Ok(match gateway.look_at_code(instance, within).await {
        Ok(Look::Code(code)) => Shown::Code(picture(&code)?),
        Ok(Look::NotBefore { at, why }) => {
            let wait = gateway.now().duration_until(at).unsigned_abs();
            Shown::Unavailable(Refusal::unavailable(why, wait))
        }
        Ok(
            Look::AlreadyLinked(_)
            | Look::PasskeyRequired
            | Look::Unusable(_)
            | Look::Impossible(_),
        ) => Shown::Nothing,
        Err(error) if error.kind() == Kind::Unreachable => Shown::Unavailable(error.into()),
        Err(error) => return Err(error),
    })
}

fn picture(code: &QrCode) -> Result<String, Error> {
    let drawn = qr_image::png(&code.text).map_err(|error| {
        Error::new(Kind::Internal, "the code could not be drawn").because(error)
    })?;
    Ok(STANDARD.encode(drawn))
}
