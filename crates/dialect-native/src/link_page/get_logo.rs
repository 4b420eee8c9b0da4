//! `GET /link/{ticket}/logo`: the logo of the page's brand.

use axum::http::HeaderValue;
use axum::response::Response;

use crate::answer;
use crate::call::InstanceCall;
use crate::link_pass::no_pass;
use crate::problem::{Code, Problem};

pub(crate) async fn get_logo(call: InstanceCall) -> Result<Response, Problem> {
    let visit = call.visit.as_ref().ok_or_else(no_pass)?;
    let logo = call.gateway.link_terms(visit)?.brand.logo;
    let logo = logo.ok_or_else(|| Problem::new(Code::NotFound, "this page has no logo"))?;
    Ok(answer::content(HeaderValue::from_static(logo.form.media_type()), logo.bytes))
}
