//! The page: a browser that comes with the token is sent on to where a person links the instance.
//! What it keeps in its history and shows in its address bar from then on is a ticket.

use axum::http::header::LOCATION;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::Response;
use waygate_core::error::{Error, Kind};
use waygate_engine::link_tickets::NewLinkTicket;

use crate::answer;
use crate::call::AccountCall;
use crate::refusal::Refusal;

/// Where tickets are opened.
const LINK_PAGE: &str = "/link/";

pub(crate) async fn page(call: AccountCall) -> Result<Response, Refusal> {
    if call.said.verb == Method::HEAD {
        // Who only asks whether the address is good opens no ticket.
        return Ok(answer::empty(StatusCode::OK));
    }
    let new = NewLinkTicket::default();
    let ticket = call.gateway().issue_link_ticket(call.instance.id, new).await?;
    let location = HeaderValue::try_from(format!("{LINK_PAGE}{}", ticket.text.expose()));
    // The cause would quote the ticket.
    let mut location = location
        .map_err(|_quotes| Error::new(Kind::Internal, "a ticket does not fit into an address"))?;
    location.set_sensitive(true);
    let mut response = answer::empty(StatusCode::SEE_OTHER);
    response.headers_mut().insert(LOCATION, location);
    Ok(response)
}
