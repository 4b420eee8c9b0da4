//! `GET .../linking-attempts/{attempt}/qr`, `/qr.png`, `/qr.svg`, `/qr.ansi` and `/qr.txt`: the code that
//! can be scanned now, as the client likes it.

use std::time::Duration;

use axum::http::HeaderValue;
use axum::http::header::{ACCEPT, VARY};
use axum::response::Response;
use jiff::Timestamp;
use waygate_core::error::{Error, Kind};
use waygate_core::instance::state::QrCode;
use waygate_engine::attempts::{Attempt, Step};
use waygate_engine::sight::Sight;
use waygate_http::qr_image::{self, QrImageError};

use crate::answer;
use crate::call::InstanceCall;
use crate::media;
use crate::problem::{Code, Problem};
use crate::wire::attempt::AttemptBody;

const PNG: &str = "image/png";
const SVG: &str = "image/svg+xml";
const TEXT: &str = "text/plain";
const UTF8: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const JSON: &str = "application/json";

pub(crate) async fn png(call: InstanceCall) -> Result<Response, Problem> {
    picture(&look(&call).await?, call.gateway.now())
}

pub(crate) async fn svg(call: InstanceCall) -> Result<Response, Problem> {
    shapes(&look(&call).await?, call.gateway.now())
}

/// Lines for a terminal.
pub(crate) async fn ansi(call: InstanceCall) -> Result<Response, Problem> {
    let attempt = look(&call).await?;
    let code = scannable(&attempt, call.gateway.now())?;
    Ok(answer::content(UTF8, qr_image::terminal(&code.text).map_err(undrawn)?))
}

pub(crate) async fn text(call: InstanceCall) -> Result<Response, Problem> {
    plain(&look(&call).await?, call.gateway.now())
}

/// By `Accept`.
pub(crate) async fn any(call: InstanceCall) -> Result<Response, Problem> {
    let attempt = look(&call).await?;
    let now = call.gateway.now();
    let mut response = match media::preferred(&call.said.headers, &[PNG, SVG, TEXT, JSON]) {
        Some(SVG) => shapes(&attempt, now),
        Some(TEXT) => plain(&attempt, now),
        Some(JSON) => answer::json(&AttemptBody::of(&attempt, call.view, now)),
        Some(_) | None => picture(&attempt, now),
    }?;
    response.headers_mut().insert(VARY, HeaderValue::from(ACCEPT));
    Ok(response)
}

/// The attempt as it is now, kept alive by this look.
async fn look(call: &InstanceCall) -> Result<Attempt, Problem> {
    let (instance, id) = (call.instance.id(), call.said.attempt()?);
    Ok(call.gateway.next_of_attempt(instance, id, 0, Duration::ZERO).await?)
}

fn picture(attempt: &Attempt, now: Timestamp) -> Result<Response, Problem> {
    let code = scannable(attempt, now)?;
    let png = qr_image::png(&code.text).map_err(undrawn)?;
    Ok(answer::content(HeaderValue::from_static(PNG), png))
}

fn shapes(attempt: &Attempt, now: Timestamp) -> Result<Response, Problem> {
    let code = scannable(attempt, now)?;
    let svg = qr_image::svg(&code.text).map_err(undrawn)?;
    Ok(answer::content(HeaderValue::from_static(SVG), svg))
}

fn undrawn(error: QrImageError) -> Problem {
    Error::new(Kind::Internal, "the code could not be drawn").because(error).into()
}

fn plain(attempt: &Attempt, now: Timestamp) -> Result<Response, Problem> {
    let code = scannable(attempt, now)?;
    Ok(answer::content(UTF8, code.text.expose().to_owned()))
}

fn scannable(attempt: &Attempt, now: Timestamp) -> Result<&QrCode, Problem> {
    let code = match &attempt.step {
        Step::Open(Sight::QrCode(code) | Sight::PairingCode { qr: Some(code), .. }) => Some(code),
        Step::Open(
            Sight::PairingCode { qr: None, .. }
            | Sight::Idle { .. }
            | Sight::Preparing
            | Sight::NotBefore { .. }
            | Sight::PairingCodeTyped(_)
            | Sight::Passkey(_)
            | Sight::Finishing
            | Sight::Linked(_)
            | Sight::Unusable(_)
            | Sight::Impossible(_),
        )
        | Step::Linked(_)
        | Step::Failed(_) => None,
    };
    code.filter(|code| code.expires_at > now)
        .ok_or_else(|| Problem::new(Code::WrongState, "there is no code that can be scanned now"))
}
