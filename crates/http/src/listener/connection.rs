//! One connection, from its first request to its end, or to the request that makes a session of it.
//!
//! hyper's own upgrades take the stream away from whoever serves the connection, and with it the
//! lingering close. So its pending upgrade is left alone: after a 101 hyper is done as after any last
//! answer (hyper 1.12, `proto/h1/dispatch.rs`: `poll_without_shutdown`), and its parts are the stream
//! and what was read behind the request.

use std::convert::Infallible;
use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CONNECTION, HOST, TRANSFER_ENCODING};
use axum::http::{HeaderValue, Request, Response, StatusCode, Version};
use futures_util::FutureExt as _;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

use super::Limits;
use super::head_timer::HeadTimer;
use super::stream::{Received, WatchedStream, linger};
use crate::peer::PeerAddress;
use crate::site::Site;
use crate::websocket::talk::{Ground, Switchable, Talk};

/// The most that one connection buffers in each direction. hyper takes no less than 8 KiB.
const BUFFER_BYTES_MAX: usize = 64 * 1024;

/// The session that follows the last answer of a connection, if one does.
type Next = Arc<Mutex<Option<Talk>>>;

/// Serves requests until the client leaves, breaks a limit, or `stop` fires and its request in
/// flight has been answered.
pub(super) async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: Option<PeerAddress>,
    site: Site,
    limits: Limits,
    stop: CancellationToken,
) {
    let talk = talk(stream, peer, site.clone(), limits, stop);
    // A handler's panic ends earlier; what comes here is one of a body that is made while it is
    // sent, and there is no answer left to give.
    if let Err(payload) = AssertUnwindSafe(talk).catch_unwind().await {
        site.count_panic(&*payload, "connection");
    }
}

async fn talk<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    peer: Option<PeerAddress>,
    site: Site,
    limits: Limits,
    stop: CancellationToken,
) {
    let received = Received::default();
    let next = Next::default();
    let io = TokioIo::new(WatchedStream::new(stream, received.clone(), limits.write_stall));
    let (served, upgrade) = (site.clone(), Arc::clone(&next));
    let service = service_fn(move |request| {
        let exchange =
            exchange(served.clone(), request, peer, limits.handler, Arc::clone(&upgrade));
        Box::pin(exchange.map(Ok::<_, Infallible>))
    });
    let mut connection = http1::Builder::new()
        .timer(HeadTimer::new(received, limits.head))
        .header_read_timeout(limits.idle)
        .max_header_size(limits.head_bytes_max)
        .max_buf_size(BUFFER_BYTES_MAX.max(limits.head_bytes_max))
        .serve_connection(io, service);
    // Cancel-safe: the connection keeps its state, and the token has none.
    let ended = tokio::select! {
        ended = poll_fn(|cx| connection.poll_without_shutdown(cx)) => Some(ended),
        () = stop.cancelled() => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            // Idle, it ends at once; else with the answer to the request in flight.
            Pin::new(&mut connection).graceful_shutdown();
            let last = poll_fn(|cx| connection.poll_without_shutdown(cx));
            match tokio::time::timeout(limits.grace, last).await {
                Ok(ended) => ended,
                Err(_elapsed) => {
                    tracing::debug!("a connection was cut: its request outlasted the grace period");
                    return;
                }
            }
        }
    };
    let talk = next.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let (Some(talk), Ok(())) = (talk, &ended) {
        let parts = connection.into_parts();
        let stream = Box::new(parts.io.into_inner());
        let (early, grace) = (parts.read_buf, limits.grace);
        talk.run(Ground { stream, early, limits: limits.session, grace, stop, site }).await;
    } else if may_be_listening(ended) && !stop.is_cancelled() {
        linger(connection.into_parts().io.into_inner().into_inner()).await;
    }
}

/// One request and its answer.
async fn exchange(
    site: Site,
    request: Request<Incoming>,
    peer: Option<PeerAddress>,
    handler_limit: Duration,
    next: Next,
) -> Response<Body> {
    if !names_its_host(&request) {
        tracing::debug!("a request was refused: it names no host, or more than one");
        return unclear();
    }
    // hyper reads a request with both a length and chunks by its chunks, and drops the length before
    // anyone sees it. A proxy may have read it by the length, and taken what follows the chunks for
    // part of it. So nothing may follow: RFC 9112, 6.3, asks to close after such a request, and since
    // we cannot tell which it was, we do after every chunked one. Few clients send any.
    let is_last = request.headers().contains_key(TRANSFER_ENCODING);
    let mut request = request.map(Body::new);
    if let Some(peer) = peer {
        request.extensions_mut().insert(peer);
    }
    request.extensions_mut().insert(Switchable);
    let mut response = site.answer(request, handler_limit).await;
    if let Some(talk) = Talk::detach(&mut response) {
        *next.lock().unwrap_or_else(PoisonError::into_inner) = Some(talk);
    }
    if is_last {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Whether it says once which host it is for, or is of HTTP/1.0, where nobody has to. Of two hosts a
/// proxy may have gone by the other one (RFC 9112, 3.2).
fn names_its_host(request: &Request<Incoming>) -> bool {
    match request.headers().get_all(HOST).iter().count() {
        0 => request.version() == Version::HTTP_10,
        count => count == 1,
    }
}

/// What hyper says, too, of a head that cannot be read.
fn unclear() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Whether the client may still read an answer; tells why the connection ended, in words that hold
/// nothing of what was sent on it.
fn may_be_listening(ended: Result<(), hyper::Error>) -> bool {
    let Err(error) = ended else { return true };
    let why = if error.is_timeout() {
        "the client sent no request in time"
    } else if error.is_parse() {
        "the client sent no HTTP"
    } else {
        "the client left"
    };
    tracing::debug!(why, "a connection ended early");
    error.is_parse()
}
