//! Sessions over a real socket, in a time that only the test moves.
//!
//! A paused clock of tokio runs ahead as soon as every task waits, and does not know of bytes on their
//! way through a socket. It does not while a blocking task runs, so one that waits for the end of the
//! test holds it. Then time passes in small steps, each taken when the server has answered a ping:
//! by then it has done what was to be done before.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::mpsc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use tokio_websockets::{ClientBuilder, Message, WebSocketStream};
use waygate_engine::tasks::Tasks;
use waygate_http::listener::{Limits, serve};

use crate::server::Server;

/// How far time is moved at once; every time of the contract is a multiple of it.
const STEP: Duration = Duration::from_millis(100);

/// Longer than any session.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long time is held, by a clock that runs. A test that is stuck then goes on, and fails of a wait
/// that says what is missing.
const STILL_FOR: Duration = Duration::from_secs(30);

/// A listener for a server. While it is there, the clock stands still.
pub(crate) struct Sockets {
    address: SocketAddr,
    _tasks: Tasks,
    /// Ends the blocking task when it is dropped.
    _still: mpsc::Sender<()>,
}

/// One session, seen from the client.
pub(crate) struct Client {
    session: WebSocketStream<TcpStream>,
    began: Instant,
    unread: VecDeque<(Duration, Said)>,
    is_over: bool,
}

/// What the server did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    Text(String),
    /// Said goodbye with this code.
    Close(u16),
    /// Closed the connection.
    End,
}

impl Sockets {
    pub(crate) async fn open(server: &Server) -> Self {
        let (still, released) = mpsc::channel::<()>();
        drop(tokio::task::spawn_blocking(move || released.recv_timeout(STILL_FOR)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (tasks, site) = (Tasks::default(), server.site.clone());
        let serving = tasks.clone();
        tasks.start("listener", async move {
            serve(listener, site, Limits::default(), &serving).await;
        });
        Self { address, _tasks: tasks, _still: still }
    }

    /// Begins a session at this path.
    pub(crate) async fn begin(&self, path: &str) -> Client {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let uri = format!("ws://{}{path}", self.address);
        let began = Instant::now();
        let (session, response) =
            ClientBuilder::new().uri(&uri).unwrap().connect_on(stream).await.unwrap();
        assert_eq!(response.status(), 101);
        Client { session, began, unread: VecDeque::new(), is_over: false }
    }
}

impl Client {
    /// What the server does next, and how long after the beginning. Time passes for it.
    pub(crate) async fn next(&mut self) -> (Duration, Said) {
        let began = Instant::now();
        loop {
            self.settle().await;
            if let Some(said) = self.unread.pop_front() {
                return said;
            }
            assert!(began.elapsed() < PATIENCE && !self.is_over, "the server says nothing");
            tokio::time::advance(STEP).await;
        }
    }

    /// The next text.
    pub(crate) async fn text(&mut self) -> String {
        match self.next().await {
            (_at, Said::Text(text)) => text,
            (at, other) => panic!("no text, but {other:?} after {at:?}"),
        }
    }

    /// Lets time pass in which the server says nothing.
    pub(crate) async fn silence(&mut self, time: Duration) {
        let began = Instant::now();
        loop {
            self.settle().await;
            assert_eq!(self.unread, [], "after {:?}", began.elapsed());
            if began.elapsed() >= time {
                return;
            }
            tokio::time::advance(STEP).await;
        }
    }

    pub(crate) async fn say(&mut self, text: &str) {
        self.session.send(Message::text(text.to_owned())).await.unwrap();
    }

    /// Sees the session closed as it should be.
    pub(crate) async fn closed(mut self) {
        assert_eq!(self.next().await.1, Said::Close(1000));
        assert_eq!(self.next().await.1, Said::End);
    }

    /// Leaves without a word.
    pub(crate) async fn leave(self) {
        drop(self.session);
        // Long enough for the server to see it.
        for _ in 0..10 {
            tokio::time::advance(STEP).await;
        }
    }

    /// Reads what has come, until the server has answered a ping.
    async fn settle(&mut self) {
        if self.is_over {
            return;
        }
        let pinged = self.session.send(Message::ping("settled?")).await.is_ok();
        loop {
            let Some(Ok(message)) = self.session.next().await else {
                self.is_over = true;
                return self.note(Said::End);
            };
            if let Some(text) = message.as_text() {
                self.note(Said::Text(text.to_owned()));
            } else if let Some((code, _reason)) = message.as_close() {
                self.note(Said::Close(code.into()));
            } else if message.is_pong() && pinged {
                return;
            }
        }
    }

    fn note(&mut self, said: Said) {
        self.unread.push_back((self.began.elapsed(), said));
    }
}
