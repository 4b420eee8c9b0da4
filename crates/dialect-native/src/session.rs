//! Who comes with the cookie that signing in to the console left in the browser.

use axum::http::HeaderMap;
use waygate_core::secret::TokenText;
use waygate_engine::Gateway;
use waygate_engine::accounts::Grant;
use waygate_http::cookie;

use crate::problem::Problem;

/// The cookie's name; the console sets it.
const COOKIE: &str = "waygate_session";

/// What the session of the cookie lets its browser do.
pub(crate) async fn find(gateway: &Gateway, headers: &HeaderMap) -> Result<Grant, Problem> {
    let Some(session) = cookie::find(headers, COOKIE) else {
        return Err(Problem::no_key("a bearer token is needed"));
    };
    let grant = gateway.session_grant(&TokenText::new(session)).await?;
    grant.ok_or_else(Problem::signed_out)
}
