//! The routes of the control API.

use std::net::SocketAddr;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, State},
    http::StatusCode,
    middleware::from_fn_with_state,
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use serde::{Deserialize, Serialize};

use super::{
    asked::{Body, Expected, Number, refuse_pages},
    behaviour, calls, faults, mail, oracle, passkeys,
    problem::Problem,
};
use crate::{DeviceView, LinkedDevice, Phone, PhoneError, Report, Sim};

/// The longest request body.
const BODY_BYTES_MAX: usize = 16 * 1024;

/// The control API of a simulator, which clients reach at `own`.
pub(crate) fn router(sim: Sim, own: SocketAddr) -> Router {
    Router::new()
        .route("/phones", get(list_phones).post(add_phone))
        .route("/phones/{number}", get(show_phone))
        .route("/phones/{number}/scan", post(scan))
        .route("/phones/{number}/enter-code", post(enter_code))
        .route("/phones/{number}/unlink", post(unlink))
        .merge(calls::router())
        .merge(mail::router())
        .merge(passkeys::router())
        .merge(behaviour::router())
        .merge(oracle::router())
        .merge(faults::router())
        .route("/report", get(report))
        .route("/root-key", get(root_key))
        .fallback(no_route)
        .method_not_allowed_fallback(no_method)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn_with_state(own, refuse_pages))
        .with_state(sim)
}

pub(super) fn find(sim: &Sim, number: &str) -> Result<Phone, Problem> {
    sim.phone(number).ok_or_else(|| {
        Problem::new(StatusCode::NOT_FOUND, "no_such_phone", "there is no phone with this number")
    })
}

#[derive(Debug, Serialize)]
struct PhoneView {
    number: String,
    lid: String,
    push_name: String,
    multi_device: bool,
    passkey: bool,
    /// The code that the phone shows to be compared.
    passkey_code: Option<String>,
    devices: Vec<DeviceView>,
}

impl PhoneView {
    fn of(phone: &Phone) -> Self {
        Self {
            number: phone.number().to_owned(),
            lid: phone.lid(),
            push_name: phone.push_name(),
            multi_device: phone.has_multi_device(),
            passkey: phone.requires_passkey(),
            passkey_code: phone.passkey_code(),
            devices: phone.devices(),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPhone {
    number: String,
    #[serde(default)]
    push_name: Option<String>,
    /// Whether companions are asked for a passkey.
    #[serde(default)]
    passkey: Option<bool>,
    #[serde(default)]
    multi_device: Option<bool>,
}

impl Expected for NewPhone {
    const FORM: &'static str = r#"{"number": "15550001111", "push_name"?: "...", "passkey"?: true, "multi_device"?: false}"#;
}

async fn add_phone(State(sim): State<Sim>, body: Body) -> Result<Response, Problem> {
    let wanted: NewPhone = body.read()?;
    let (status, phone) = match sim.add_phone(&wanted.number) {
        Ok(phone) => (StatusCode::CREATED, phone),
        Err(PhoneError::Exists) => (StatusCode::OK, find(&sim, &wanted.number)?),
        Err(error @ (PhoneError::InvalidNumber | PhoneError::TooMany)) => return Err(error.into()),
    };
    if let Some(name) = wanted.push_name {
        phone.set_push_name(&name);
    }
    if let Some(required) = wanted.passkey {
        phone.set_requires_passkey(required);
    }
    if let Some(multi_device) = wanted.multi_device {
        phone.set_multi_device(multi_device);
    }
    Ok((status, Json(PhoneView::of(&phone))).into_response())
}

#[derive(Debug, Serialize)]
struct PhoneList {
    phones: Vec<PhoneView>,
}

async fn list_phones(State(sim): State<Sim>) -> Json<PhoneList> {
    Json(PhoneList { phones: sim.phones().iter().map(PhoneView::of).collect() })
}

async fn show_phone(
    State(sim): State<Sim>,
    Number(number): Number,
) -> Result<Json<PhoneView>, Problem> {
    Ok(Json(PhoneView::of(&find(&sim, &number)?)))
}

/// Has no `Debug`: the text is a secret.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scan {
    qr: String,
}

impl Expected for Scan {
    const FORM: &'static str = r#"{"qr": "..."}"#;
}

async fn scan(
    State(sim): State<Sim>,
    Number(number): Number,
    body: Body,
) -> Result<Json<LinkedDevice>, Problem> {
    let phone = find(&sim, &number)?;
    let wanted: Scan = body.read()?;
    Ok(Json(phone.scan(&wanted.qr).await?))
}

/// Has no `Debug`: the code is a secret.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EnterCode {
    code: String,
}

impl Expected for EnterCode {
    const FORM: &'static str = r#"{"code": "ABCD-1234"}"#;
}

async fn enter_code(
    State(sim): State<Sim>,
    Number(number): Number,
    body: Body,
) -> Result<Json<LinkedDevice>, Problem> {
    let phone = find(&sim, &number)?;
    let wanted: EnterCode = body.read()?;
    Ok(Json(phone.enter_code(&wanted.code).await?))
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unlink {
    #[serde(default)]
    device: Option<u16>,
}

impl Expected for Unlink {
    const FORM: &'static str = r#"{"device"?: 1}"#;
}

#[derive(Debug, Serialize)]
struct Unlinked {
    unlinked: usize,
}

/// Without a body, or without a device in it, all devices are unlinked.
async fn unlink(
    State(sim): State<Sim>,
    Number(number): Number,
    body: Body,
) -> Result<Json<Unlinked>, Problem> {
    let phone = find(&sim, &number)?;
    let wanted = if body.is_empty() { Unlink::default() } else { body.read()? };
    Ok(Json(Unlinked { unlinked: phone.unlink(wanted.device).await? }))
}

async fn report(State(sim): State<Sim>) -> Json<Report> {
    Json(sim.report())
}

async fn root_key(State(sim): State<Sim>) -> String {
    hex::encode(sim.root_key())
}

async fn no_route() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "no_such_route", "there is nothing at this path")
}

async fn no_method() -> Problem {
    let message = "this path does not take this method";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message)
}
