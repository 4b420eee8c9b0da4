//! Websockets over a real socket, in a time that only the test moves.
//!
//! A paused clock of tokio runs ahead as soon as every task waits, and does not know of bytes on their way
//! through a socket. It does not while a blocking task runs, so one that waits for the end of the test
//! holds it.

use std::net::SocketAddr;
use std::sync::mpsc;
use std::time::Duration;

use futures_util::StreamExt as _;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio_websockets::upgrade::Error as UpgradeError;
use tokio_websockets::{ClientBuilder, Error, Message, WebSocketStream};
use waygate_core::secret::TokenText;
use waygate_engine::tasks::Tasks;
use waygate_http::listener::{Limits, serve};

use crate::server::Server;

/// How long time is held, by a clock that runs. A test that is stuck then goes on, and fails of a wait
/// that says what is missing.
const STILL_FOR: Duration = Duration::from_secs(50);

/// Longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(3600);

/// A listener for a server. While it is there, the clock stands still.
pub(crate) struct Sockets {
    address: SocketAddr,
    _tasks: Tasks,
    /// Ends the blocking task when it is dropped.
    _still: mpsc::Sender<()>,
}

/// A client of the standard's kind, written for this. Dropped, it leaves without a word.
pub(crate) struct Client(WebSocketStream<TcpStream>);

impl Sockets {
    pub(crate) async fn open(server: &Server) -> Self {
        let (still, released) = mpsc::channel::<()>();
        drop(tokio::task::spawn_blocking(move || released.recv_timeout(STILL_FOR)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (tasks, site) = (Tasks::default(), server.keyed.clone());
        let serving = tasks.clone();
        tasks.start("listener", async move {
            serve(listener, site, Limits::default(), &serving).await;
        });
        Self { address, _tasks: tasks, _still: still }
    }

    /// Opens a websocket with a key.
    pub(crate) async fn begin(&self, key: &TokenText, path: &str) -> Client {
        let bearer = format!("Bearer {}", key.expose());
        self.ask(path, &[("authorization", &bearer)]).await.unwrap()
    }

    /// Asks for a websocket with these headers; else it is told with which status it was refused.
    pub(crate) async fn ask(&self, path: &str, headers: &[(&str, &str)]) -> Result<Client, u16> {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let uri = format!("ws://{}/api/v1{path}", self.address);
        let mut builder = ClientBuilder::new().uri(&uri).unwrap();
        for (name, value) in headers {
            builder = builder.add_header(name.parse().unwrap(), value.parse().unwrap()).unwrap();
        }
        match tokio::time::timeout(PATIENCE, builder.connect_on(stream)).await.unwrap() {
            Ok((session, _response)) => Ok(Client(session)),
            Err(Error::Upgrade(UpgradeError::DidNotSwitchProtocols(status))) => Err(status),
            Err(other) => panic!("{other}"),
        }
    }

    /// What a request for this listener names as its host.
    pub(crate) fn host(&self) -> String {
        self.address.to_string()
    }
}

impl Client {
    /// What the next text says.
    pub(crate) async fn next(&mut self) -> Value {
        let message = self.message().await;
        let text = message.as_text().unwrap_or_else(|| panic!("no text, but {message:?}"));
        serde_json::from_str(text).unwrap()
    }

    /// With which code the session is closed, whatever is told before.
    pub(crate) async fn closed(mut self) -> u16 {
        let code = loop {
            if let Some((code, _reason)) = self.message().await.as_close() {
                break code.into();
            }
        };
        let ended = tokio::time::timeout(PATIENCE, self.0.next()).await.expect("it goes on");
        assert!(!matches!(ended, Some(Ok(_))), "something came after the close");
        code
    }

    async fn message(&mut self) -> Message {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.0.next());
            let message = next.await.expect("nothing comes").expect("it ended").unwrap();
            if !message.is_ping() {
                return message;
            }
        }
    }
}
