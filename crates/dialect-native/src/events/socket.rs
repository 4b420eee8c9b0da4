//! `GET /instances/{instance}/events/ws`: what happens, as it happens, over a websocket.
//!
//! Each frame is a text with one object, which says by its `kind` what it is. Nothing is held for a client
//! but its cursor: a page is read when the one before has been written to the socket, and the listener
//! cuts off who takes nothing. What a client says is not listened to.

use std::future::pending;
use std::time::Duration;

use axum::response::Response;
use serde::Serialize;
use waygate_core::error::{Error, Kind};
use waygate_core::event::Sequence;
use waygate_core::id::InstanceId;
use waygate_engine::Gateway;
use waygate_engine::accounts::Grant;
use waygate_engine::events::{EventPage, EventsWanted};
use waygate_http::websocket::{CloseCode, Gone, Session};

use super::codes::Teller;
use super::wanted::from_there;
use crate::call::SessionCall;
use crate::problem::Problem;

/// The longest time without a word of how far it has come, where events pass that are not wanted. That
/// the connection lives, pings tell.
const BEAT: Duration = Duration::from_secs(15);

/// The code for an instance that was removed while somebody listened; those of an API's own begin at
/// 4000.
const REMOVED: u16 = 4404;

/// What is told beside events.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Aside {
    /// Where to go on: whoever is cut off before the first event misses none.
    Cursor { cursor: String },
    /// So many are not kept any more.
    Missed { count: u64 },
}

/// Why a session ends.
enum End {
    /// The client has left.
    Left,
    /// The token is worth nothing any more, or the browser is signed out.
    SignedOut,
    ShutDown,
    Failed(Error),
}

/// What is told from here on.
struct Telling {
    gateway: Gateway,
    instance: InstanceId,
    wanted: EventsWanted,
    teller: Teller,
}

pub(crate) async fn socket(call: SessionCall) -> Result<Response, Problem> {
    let SessionCall { call, handshake, grant } = call;
    let teller = Teller::of(&call)?;
    let wanted = from_there(&call, call.said.query.text("cursor")).await?;
    let telling = Telling { gateway: call.gateway, instance: call.instance.id(), wanted, teller };
    Ok(handshake.accept(move |session| telling.hold(session, grant)))
}

impl Telling {
    async fn hold(mut self, mut session: Session, grant: Option<Grant>) {
        let gateway = self.gateway.clone();
        // What is given up here is over: a frame that was half written is written before the close.
        let end = tokio::select! {
            biased;
            () = until_worthless(&gateway, grant.as_ref()) => End::SignedOut,
            () = gateway.until_shut_down() => End::ShutDown,
            end = self.tell(&mut session) => end,
        };
        let (code, reason) = match end {
            End::Left => return,
            End::SignedOut => (CloseCode::POLICY, "the token is not valid any more"),
            End::ShutDown => (CloseCode::GOING_AWAY, ""),
            End::Failed(error) if error.kind() == Kind::NotFound => {
                let removed = CloseCode::private(REMOVED).unwrap_or(CloseCode::NORMAL);
                (removed, "the instance was removed")
            }
            End::Failed(error) => {
                let cause = error.with_causes();
                tracing::error!(cause, "events could not be read for a websocket");
                (CloseCode::TRY_AGAIN, "come again with your cursor")
            }
        };
        session.close(code, reason).await;
    }

    /// Tells until it cannot go on.
    async fn tell(&mut self, session: &mut Session) -> End {
        let mut told = self.wanted.after;
        if session.send_text(place(told)).await.is_err() {
            return End::Left;
        }
        loop {
            let next = self.gateway.next_events(self.instance, self.wanted.clone(), BEAT);
            // Neither loses anything: what the client says is ignored, and a page that is not told is
            // read again by whoever comes next.
            let page = tokio::select! {
                biased;
                () = left(session) => return End::Left,
                page = next => page,
            };
            let page = match page {
                Ok(page) => page,
                Err(error) => return End::Failed(error),
            };
            self.wanted.after = page.cursor;
            if send(session, &page, &self.teller, &mut told).await.is_err() {
                return End::Left;
            }
        }
    }
}

/// Sends a page, and where to go on when that is not behind its last event.
async fn send(
    session: &mut Session,
    page: &EventPage,
    teller: &Teller,
    told: &mut Sequence,
) -> Result<(), Gone> {
    if page.missed > 0 {
        session.send_text(json(&Aside::Missed { count: page.missed })).await?;
    }
    for event in &page.events {
        session.send_text(json(&teller.told(event))).await?;
        *told = event.sequence;
    }
    if *told < page.cursor {
        session.send_text(place(page.cursor)).await?;
        *told = page.cursor;
    }
    Ok(())
}

/// Waits until the client has left. Cancel-safe.
async fn left(session: &mut Session) {
    while session.receive().await.is_some() {}
}

async fn until_worthless(gateway: &Gateway, grant: Option<&Grant>) {
    match grant {
        Some(grant) => gateway.until_worthless(grant).await,
        None => pending().await,
    }
}

fn place(cursor: Sequence) -> String {
    json(&Aside::Cursor { cursor: cursor.0.to_string() })
}

fn json(told: &impl Serialize) -> String {
    // Words and numbers under fixed keys are always written.
    serde_json::to_string(told).unwrap_or_default()
}
