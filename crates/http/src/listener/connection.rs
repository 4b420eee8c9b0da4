//! One connection, from its first request to its end.

use std::convert::Infallible;
use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CONNECTION, TRANSFER_ENCODING};
use axum::http::{HeaderValue, Request, Response};
use futures_util::FutureExt as _;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio_util::sync::CancellationToken;

use super::Limits;
use super::head_timer::HeadTimer;
use super::stream::{Received, WatchedStream};
use crate::peer::PeerAddress;
use crate::site::Site;

/// The most that one connection buffers in each direction. hyper takes no less than 8 KiB.
const BUFFER_BYTES_MAX: usize = 64 * 1024;

/// How long we listen to a client that we have stopped to serve.
const LINGER: Duration = Duration::from_secs(1);

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
    let io = TokioIo::new(WatchedStream::new(stream, received.clone(), limits.write_stall));
    let service = service_fn(move |request| {
        let exchange = exchange(site.clone(), request, peer, limits.handler);
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
    if may_be_listening(ended) && !stop.is_cancelled() {
        linger(connection.into_parts().io.into_inner().into_inner()).await;
    }
}

/// One request and its answer.
async fn exchange(
    site: Site,
    request: Request<Incoming>,
    peer: Option<PeerAddress>,
    handler_limit: Duration,
) -> Response<Body> {
    // hyper reads a request with both a length and chunks by its chunks, and drops the length before
    // anyone sees it. A proxy may have read it by the length, and taken what follows the chunks for
    // part of it. So nothing may follow: RFC 9112, 6.3, asks to close after such a request, and since
    // we cannot tell which it was, we do after every chunked one. Few clients send any.
    let is_last = request.headers().contains_key(TRANSFER_ENCODING);
    let mut request = request.map(Body::new);
    if let Some(peer) = peer {
        request.extensions_mut().insert(peer);
    }
    let mut response = site.answer(request, handler_limit).await;
    if is_last {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
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

/// Closes our side and waits a little for the client to close its own, throwing away what it sends.
///
/// A system that closes a connection with unread bytes resets it, and the client loses an answer
/// that it has not read yet: that its body is too large, for one.
async fn linger(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    let until_closed = async {
        stream.shutdown().await?;
        let mut unread = [0; 4096];
        while stream.read(&mut unread).await? > 0 {}
        Ok::<_, std::io::Error>(())
    };
    // However it ends, the connection is over.
    drop(tokio::time::timeout(LINGER, until_closed).await);
}
