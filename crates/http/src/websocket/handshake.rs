//! The request that asks for a session (RFC 6455, 4.2).

use std::future::Future;

use axum::http::header::{
    ALLOW, CONNECTION, CONTENT_LENGTH, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_VERSION, TRANSFER_ENCODING, UPGRADE,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest as _, Sha1};

use super::session::Session;
use super::talk::{Switchable, Talk};
use crate::origin::Origins;

/// The one version that there is (RFC 6455, 4.1).
const VERSION: HeaderValue = HeaderValue::from_static("13");

/// Proves that a server understood the key (RFC 6455, 1.3).
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The length of a key in bytes, decoded (RFC 6455, 4.1).
const KEY_BYTES: usize = 16;

/// A request that asks for a session, and may have one.
#[derive(Debug)]
#[must_use = "a handshake is accepted or refused"]
pub struct Handshake {
    accept: HeaderValue,
}

/// Why a request gets no session. Closed on purpose: a new reason must stop the build in every
/// dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HandshakeError {
    /// It does not ask for one.
    #[error("the request asks for no websocket")]
    NotAnUpgrade,
    /// It asks with another method than GET.
    #[error("a websocket is asked for with GET")]
    WrongMethod,
    /// It is not HTTP/1.1, whose upgrade this is.
    #[error("a websocket is asked for in HTTP/1.1")]
    WrongProtocol,
    /// It has a body, behind which no session can begin for sure.
    #[error("a request for a websocket has no body")]
    HasBody,
    /// It wants another version than 13, or does not say which.
    #[error("the websocket version is not 13")]
    WrongVersion,
    /// Its key is missing, or is not 16 bytes in Base64.
    #[error("the websocket key is not 16 bytes in Base64")]
    BadKey,
    /// It comes from a page that [`Origins`] does not allow.
    #[error("the request comes from a page of somebody else")]
    ForeignOrigin,
    /// It did not come over a connection that can stop being HTTP: the listener was left out.
    #[error("the request came over no connection")]
    NoConnection,
}

impl HandshakeError {
    /// What HTTP says to it: 426 for a request that could be asked again as a right one (RFC 6455,
    /// 4.4), 403 for a foreign page, 405 for the method, 500 for a server without a connection, else
    /// 400.
    pub fn status(self) -> StatusCode {
        match self {
            Self::NotAnUpgrade | Self::WrongProtocol | Self::WrongVersion => {
                StatusCode::UPGRADE_REQUIRED
            }
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::HasBody | Self::BadKey => StatusCode::BAD_REQUEST,
            Self::ForeignOrigin => StatusCode::FORBIDDEN,
            Self::NoConnection => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What such an answer has to say beside its status: which upgrade is meant with 426 (RFC 9110,
    /// 15.5.22, and RFC 6455, 4.4), which method with 405 (RFC 9110, 15.5.6).
    pub fn headers(self) -> HeaderMap {
        let headers = match self {
            Self::NotAnUpgrade | Self::WrongProtocol | Self::WrongVersion => &[
                (CONNECTION, HeaderValue::from_static("upgrade")),
                (UPGRADE, HeaderValue::from_static("websocket")),
                (SEC_WEBSOCKET_VERSION, VERSION),
            ][..],
            Self::WrongMethod => &[(ALLOW, HeaderValue::from_static("GET"))],
            Self::HasBody | Self::BadKey | Self::ForeignOrigin | Self::NoConnection => &[],
        };
        headers.iter().cloned().collect()
    }
}

impl Handshake {
    /// Reads the head of a request that should ask for a session from an allowed page.
    ///
    /// The request stays an ordinary one, whatever this returns, until the answer of
    /// [`Handshake::accept`] is given. What it offers of extensions and subprotocols is passed over.
    pub fn read(head: &Parts, origins: &Origins) -> Result<Self, HandshakeError> {
        let headers = &head.headers;
        if !has_token(headers, &UPGRADE, "websocket") || !has_token(headers, &CONNECTION, "upgrade")
        {
            return Err(HandshakeError::NotAnUpgrade);
        }
        if head.version != Version::HTTP_11 {
            return Err(HandshakeError::WrongProtocol);
        }
        if head.method != Method::GET {
            return Err(HandshakeError::WrongMethod);
        }
        if has_body(headers) {
            return Err(HandshakeError::HasBody);
        }
        if only(headers, &SEC_WEBSOCKET_VERSION) != Some(&VERSION) {
            return Err(HandshakeError::WrongVersion);
        }
        let key = only(headers, &SEC_WEBSOCKET_KEY).ok_or(HandshakeError::BadKey)?;
        let accept = accept_of(key).ok_or(HandshakeError::BadKey)?;
        if !origins.allow(headers) {
            return Err(HandshakeError::ForeignOrigin);
        }
        if head.extensions.get::<Switchable>().is_none() {
            return Err(HandshakeError::NoConnection);
        }
        Ok(Self { accept })
    }

    /// The answer that makes a session of the connection, and what is then done in it.
    ///
    /// `handler` runs when the answer has been sent, and not at all when it never is: where the
    /// client has left, the request's time was over, or something else was answered. It runs in the
    /// span of the request and has no limit of time. A panic in it is counted like one of any
    /// handler, and the client is told 1011.
    pub fn accept<F>(self, handler: impl FnOnce(Session) -> F + Send + 'static) -> Response
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let mut response = Response::default();
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(SEC_WEBSOCKET_ACCEPT, self.accept);
        Talk::new(handler).attach(&mut response);
        response
    }
}

/// Whether a header that is a list, in one line or several, has this token in any case.
fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    let lists = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(|item| item.trim().eq_ignore_ascii_case(token))
}

fn has_body(headers: &HeaderMap) -> bool {
    headers.contains_key(TRANSFER_ENCODING)
        || headers.get_all(CONTENT_LENGTH).iter().any(|length| length != "0")
}

/// The header's value if it occurs once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a HeaderValue> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_first| values.next().is_none())
}

/// The answer to a key, if it is one.
fn accept_of(key: &HeaderValue) -> Option<HeaderValue> {
    let decoded = STANDARD.decode(key.as_bytes()).ok()?;
    if decoded.len() != KEY_BYTES {
        return None;
    }
    let digest = Sha1::new().chain_update(key.as_bytes()).chain_update(GUID).finalize();
    HeaderValue::try_from(STANDARD.encode(digest)).ok()
}

#[cfg(test)]
mod tests;
