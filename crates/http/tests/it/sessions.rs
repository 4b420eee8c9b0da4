//! What the handlers of sessions do in these tests.

use std::time::Duration;

use axum::Router;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use tokio::sync::mpsc;
use waygate_http::trace;
use waygate_http::websocket::{CloseCode, Handshake, Incoming, Origins, Session};

/// Longer than one write takes of a client that reads nothing.
pub(crate) const LARGE: usize = 1024 * 1024;

#[derive(Debug, Clone)]
struct Notes(mpsc::UnboundedSender<String>);

impl Notes {
    fn tell(&self, note: impl Into<String>) {
        // The test may be over.
        drop(self.0.send(note.into()));
    }
}

/// Tells when a handler was dropped before its end.
struct Dropped(Notes);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.tell("dropped");
    }
}

pub(crate) fn router(notes: mpsc::UnboundedSender<String>) -> Router {
    let notes = Notes(notes);
    let route = |run: fn(Session, Notes) -> futures_util::future::BoxFuture<'static, ()>| {
        let notes = notes.clone();
        any(move |head: Parts| async move { open(&head, run, notes) })
    };
    Router::new()
        .route("/api/ws/echo/{token}", route(|session, notes| Box::pin(echo(session, notes))))
        .route("/api/ws/push", route(|session, notes| Box::pin(push(session, notes))))
        .route("/api/ws/stuck", route(|session, notes| Box::pin(stuck(session, notes))))
        .route("/api/ws/panic", route(|session, _notes| Box::pin(panics(session))))
        .route("/api/ws/close", route(|session, notes| Box::pin(close(session, notes))))
        .route("/api/ws/idle", route(|session, notes| Box::pin(idle(session, notes))))
        .route("/api/ws/done", route(|session, _notes| Box::pin(async { drop(session) })))
        .route("/api/ws/late", any(late))
}

fn open<F>(head: &Parts, run: fn(Session, Notes) -> F, notes: Notes) -> Response
where
    F: Future<Output = ()> + Send + 'static,
{
    trace::name_route("/api/ws/{kind}");
    match Handshake::read(head, &Origins::Same) {
        Ok(handshake) => handshake.accept(move |session| run(session, notes)),
        Err(error) => {
            tracing::info!(%error, "no session");
            (error.status(), error.headers(), error.to_string()).into_response()
        }
    }
}

/// Says everything back, and at the end how much it was.
async fn echo(mut session: Session, notes: Notes) {
    tracing::info!("in the session");
    let mut count = 0;
    while let Some(incoming) = session.receive().await {
        tracing::info!(?incoming, "a message came");
        count += 1;
        let text = match incoming {
            Incoming::Text(text) => text,
            Incoming::Binary(bytes) => format!("{} bytes", bytes.len()),
        };
        if session.send_text(text).await.is_err() {
            break;
        }
    }
    notes.tell(format!("over after {count}"));
}

/// Sends for as long as somebody takes it.
async fn push(mut session: Session, notes: Notes) {
    let mut sent = 0;
    while session.send_text("x".repeat(LARGE)).await.is_ok() {
        sent += LARGE;
    }
    notes.tell(sent.to_string());
}

/// Takes no notice of anything.
async fn stuck(session: Session, notes: Notes) {
    let _dropped = Dropped(notes.clone());
    notes.tell("stuck");
    std::future::pending::<()>().await;
    drop(session);
}

async fn panics(mut session: Session) {
    let Some(Incoming::Text(text)) = session.receive().await else { return };
    panic!("the session met {text}");
}

async fn close(session: Session, notes: Notes) {
    let private = CloseCode::private(4001).unwrap();
    session.close(private, "enough").await;
    notes.tell("closed");
}

/// Waits for nothing but the end.
async fn idle(mut session: Session, notes: Notes) {
    notes.tell("open");
    assert_eq!(session.receive().await, None);
    assert!(session.send_text("too late").await.is_err());
    notes.tell("over");
}

/// Accepts, and then does not answer in time.
async fn late(head: Parts) -> Response {
    let handshake = Handshake::read(&head, &Origins::Any).unwrap();
    let response = handshake.accept(|_session| async { panic!("never answered") });
    tokio::time::timeout(Duration::MAX, std::future::pending::<()>()).await.unwrap();
    response
}
