//! A listener on a free port, with a surface that does what a test asks for.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, Path};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc};
use waygate_core::id::InstanceId;
use waygate_engine::tasks::Tasks;
use waygate_http::body::{self, BodyError};
use waygate_http::listener::{Limits, serve};
use waygate_http::peer::PeerAddress;
use waygate_http::site::{Failure, Site, Surface};
use waygate_http::{json, trace};

use crate::client::{Client, DEADLINE};
use crate::sessions;

/// The longest body that `/api/json` takes.
pub(crate) const BODY_BYTES_MAX: usize = 1024;

/// How long `/api/json` waits for more of a body.
pub(crate) const BODY_STALL: Duration = Duration::from_millis(200);

#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) site: Site,
    pub(crate) tasks: Tasks,
    /// Lets `/api/wait` answer.
    pub(crate) go_on: Arc<Notify>,
    /// Tells that `/api/wait` was entered.
    pub(crate) entered: Arc<Notify>,
    /// Tells that the handler of `/api/wait` was dropped without an answer.
    pub(crate) abandoned: Arc<Notify>,
    /// What the handlers of sessions tell.
    notes: mpsc::UnboundedReceiver<String>,
}

impl Server {
    pub(crate) async fn start(limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (site, notes, gates) = site();
        let tasks = Tasks::default();
        let (serving, served) = (tasks.clone(), site.clone());
        tasks.start("listener", async move { serve(listener, served, limits, &serving).await });
        let [go_on, entered, abandoned] = gates;
        Self { address, site, tasks, go_on, entered, abandoned, notes }
    }

    pub(crate) async fn connect(&self) -> Client {
        Client::connect(self.address).await
    }

    /// The next thing that a session's handler tells.
    pub(crate) async fn note(&mut self) -> String {
        let note = tokio::time::timeout(DEADLINE, self.notes.recv());
        note.await.expect("a handler tells something").unwrap()
    }
}

type Gates = [Arc<Notify>; 3];

/// The site with its one surface, and what a test holds of it.
pub(crate) fn site() -> (Site, mpsc::UnboundedReceiver<String>, Gates) {
    let gates: Gates = Default::default();
    let (notes_tx, notes_rx) = mpsc::unbounded_channel();
    let site = Site::new(vec![Surface {
        name: "api",
        claims: |path| path.starts_with("/api/"),
        router: router(&gates).merge(sessions::router(notes_tx)),
        on_failure,
    }]);
    (site, notes_rx, gates)
}

/// Tells when it is dropped, unless it was put aside.
struct Guard(Option<Arc<Notify>>);

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(dropped) = &self.0 {
            dropped.notify_one();
        }
    }
}

fn on_failure(failure: Failure) -> Response {
    match failure {
        Failure::Panicked => (StatusCode::INTERNAL_SERVER_ERROR, "it panicked").into_response(),
        Failure::TimedOut => (StatusCode::GATEWAY_TIMEOUT, "it timed out").into_response(),
    }
}

fn router(gates: &Gates) -> Router {
    let [go_on, entered, abandoned] = gates.clone();
    let wait = move || async move {
        let mut guard = Guard(Some(abandoned));
        entered.notify_one();
        go_on.notified().await;
        guard.0 = None;
        "waited"
    };
    Router::new()
        .route("/api/hello", get(|| async { "hello" }).post(|| async { "posted" }))
        .route("/api/echo/{*rest}", get(echo))
        .route(
            "/api/peer",
            get(|Extension(peer): Extension<PeerAddress>| async move { peer.0.to_string() }),
        )
        .route("/api/token/{token}", get(named).post(named))
        .route("/api/json/{token}", post(read_json))
        .route("/api/panic/{token}", get(panics))
        .route("/api/never/{token}", get(never))
        .route("/api/wait", get(wait))
}

async fn echo(Path(rest): Path<String>) -> String {
    rest
}

async fn named() -> &'static str {
    trace::name_route("/api/token/{token}");
    trace::name_route("/second");
    trace::name_instance(InstanceId::from_random_bytes([7; 16]));
    "named"
}

async fn panics(Path(token): Path<String>) -> &'static str {
    trace::name_route("/api/panic/{token}");
    panic!("the handler met {token}");
}

async fn never() {
    trace::name_route("/api/never/{token}");
    std::future::pending::<()>().await;
}

/// What a dialect does with a body.
async fn read_json(body: Body) -> Response {
    trace::name_route("/api/json/{token}");
    let bytes = match body::read(body, BODY_BYTES_MAX, BODY_STALL).await {
        Ok(bytes) => bytes,
        Err(error) => {
            let status = match error {
                BodyError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
                BodyError::Stalled => StatusCode::REQUEST_TIMEOUT,
                BodyError::Broken => StatusCode::BAD_REQUEST,
            };
            tracing::info!(%error, "no body");
            return (status, error.to_string()).into_response();
        }
    };
    match json::object(&bytes) {
        Ok(object) => format!("{} keys", object.len()).into_response(),
        Err(error) => {
            tracing::info!(%error, "no JSON");
            (StatusCode::BAD_REQUEST, error.to_string()).into_response()
        }
    }
}
