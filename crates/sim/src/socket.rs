//! The websocket front of a simulator (docs/internals/sim.md, "Transport"). What it serves besides is
//! in `http_front.rs`.
//!
//! A websocket here is only a byte stream: messages and frames of the protocol are not aligned in
//! either direction.

use std::{
    future::Future,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use axum::{
    Router,
    extract::{
        State, WebSocketUpgrade,
        ws::{Message, WebSocket},
    },
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use tokio::{net::TcpListener, sync::watch, time::timeout};

use crate::{
    Pipe, Sim, control,
    frame::FRAME_BYTES_MAX,
    http_front,
    sim::{Admission, Line},
};

/// The only origin a client may come from.
pub(crate) const ORIGIN: &str = "https://web.whatsapp.com";

/// How long a client may take to read the word that the connection is closed.
const CLOSE_LIMIT: Duration = Duration::from_secs(2);

/// How long open requests may go on after the order to stop.
const STOP_LIMIT: Duration = Duration::from_secs(2);

/// The chat listener's state.
#[derive(Debug, Clone)]
struct Chat {
    sim: Sim,
    stopped: watch::Receiver<bool>,
}

impl Chat {
    /// Resolves when the simulator stops.
    async fn stop(&self) {
        let mut stopped = self.stopped.clone();
        // An error means that the sender is gone, which is a stop as well.
        drop(stopped.wait_for(|stopped| *stopped).await);
    }
}

/// See [`Sim::serve`].
pub(crate) async fn serve(
    sim: Sim,
    chat: TcpListener,
    control: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    sim.serve_files_at(reachable(chat.local_addr()?));
    let (stopper, stopped) = watch::channel(false);
    let state = Chat { sim: sim.clone(), stopped };
    let (on_chat, on_control) = (state.clone(), state.clone());
    let steered_at = reachable(control.local_addr()?);
    let websocket = Router::new().fallback(upgrade).with_state(state);
    let chat_router = http_front::router(sim.clone()).merge(websocket);
    let chat = axum::serve(chat, chat_router)
        .with_graceful_shutdown(async move { on_chat.stop().await })
        .into_future();
    let control = axum::serve(control, control::router(sim, steered_at))
        .with_graceful_shutdown(async move { on_control.stop().await })
        .into_future();
    let serving = async { tokio::try_join!(chat, control).map(|((), ())| ()) };
    tokio::pin!(serving);
    tokio::select! {
        // A listener that failed ends everything; otherwise both go on until the stop.
        ended = &mut serving => return ended,
        () = stop => {}
    }
    stopper.send_replace(true);
    // A request that hangs by order does not hold up the end.
    timeout(STOP_LIMIT, serving).await.unwrap_or(Ok(()))
}

/// Where a listener on this address can be reached from its own machine.
fn reachable(listening: SocketAddr) -> SocketAddr {
    let loopback = match listening.ip() {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
    };
    let everywhere = listening.ip().is_unspecified();
    SocketAddr::new(if everywhere { loopback } else { listening.ip() }, listening.port())
}

async fn upgrade(
    State(chat): State<Chat>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, axum::extract::ws::rejection::WebSocketUpgradeRejection>,
) -> Response {
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(rejection) => return rejection.into_response(),
    };
    if headers.get(header::ORIGIN).is_none_or(|origin| origin != ORIGIN) {
        return (StatusCode::FORBIDDEN, "the origin is not allowed\n").into_response();
    }
    let line = match chat.sim.admit() {
        Admission::Open(id) => chat.sim.open(id),
        Admission::Hang => {
            chat.stop().await;
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
        Admission::Refuse(refused) => {
            let status = StatusCode::from_u16(refused.status);
            let status = status.unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
            return (status, format!("{refused}\n")).into_response();
        }
    };
    upgrade.max_message_size(FRAME_BYTES_MAX).max_frame_size(FRAME_BYTES_MAX).on_upgrade(
        async move |socket| {
            tokio::select! {
                // The stop closes what is open; nothing is resumed after it.
                () = carry(socket, line, &chat.sim) => {}
                () = chat.stop() => {}
            }
        },
    )
}

/// Carries bytes both ways until one side ends it.
async fn carry(mut socket: WebSocket, line: Line, sim: &Sim) {
    let Line { id, pipe: Pipe { to_server, mut from_server }, cut } = line;
    loop {
        tokio::select! {
            // Both receivers keep what they have not handed out, whichever branch wins.
            sent = from_server.recv() => match sent {
                Some(bytes) => tokio::select! {
                    // A client that does not read holds up neither the order nor its report.
                    () = cut.ordered() => return,
                    sent = socket.send(Message::Binary(bytes)) => if sent.is_err() {
                        return;
                    },
                },
                None if cut.is_drop() => return,
                None => {
                    drop(timeout(CLOSE_LIMIT, socket.send(Message::Close(None))).await);
                    return;
                }
            },
            received = socket.recv() => match received {
                Some(Ok(Message::Binary(bytes))) => {
                    if to_server.send(bytes).await.is_err() {
                        return;
                    }
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Text(_))) => sim.refuse_text(id),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
            },
        }
    }
}
