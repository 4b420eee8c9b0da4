//! A simulator on real sockets, and just enough HTTP to talk to it.

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
};
use waygate_sim::{Sim, SimConfig};

/// A simulator that serves until it is stopped.
pub(crate) struct Served {
    pub(crate) sim: Sim,
    pub(crate) chat: String,
    pub(crate) control: String,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<std::io::Result<()>>,
}

pub(crate) async fn serve() -> Served {
    let sim = Sim::new(SimConfig::default());
    let [chat, control] = [
        TcpListener::bind("127.0.0.1:0").await.unwrap(),
        TcpListener::bind("127.0.0.1:0").await.unwrap(),
    ];
    let address = |listener: &TcpListener| listener.local_addr().unwrap().to_string();
    let (on_chat, on_control) = (address(&chat), address(&control));
    let (stop, stopped) = oneshot::channel();
    let server = sim.clone();
    #[expect(clippy::disallowed_methods, reason = "a test has no task table")]
    let serving =
        tokio::spawn(
            async move { server.serve(chat, control, async { drop(stopped.await) }).await },
        );
    Served { sim, chat: on_chat, control: on_control, stop, serving }
}

impl Served {
    /// Ends it, with nothing for the oracle to find but what was refused.
    pub(crate) async fn stop(self) {
        self.stop_with_breaches(0).await;
    }

    pub(crate) async fn stop_with_breaches(self, count: usize) {
        let report = self.sim.report();
        assert_eq!((report.breaches.len(), report.unknown.len()), (count, 0), "{report:?}");
        self.stop.send(()).unwrap();
        self.serving.await.unwrap().unwrap();
    }
}

/// A request with an optional body; returns the status and the body.
pub(crate) async fn call(address: &str, request: &str, body: Option<&str>) -> (u16, String) {
    let (status, body) = fetch(address, request, body).await;
    (status, String::from_utf8(body).unwrap())
}

/// As [`call`], with the body as it came.
pub(crate) async fn fetch(address: &str, request: &str, body: Option<&str>) -> (u16, Vec<u8>) {
    let json = if body.is_some() { "Content-Type: application/json\r\n" } else { "" };
    send(address, request, json, body.unwrap_or_default()).await
}

/// As [`fetch`], with these header lines besides the usual ones.
pub(crate) async fn send(
    address: &str,
    request: &str,
    headers: &str,
    body: &str,
) -> (u16, Vec<u8>) {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "{request} HTTP/1.1\r\nHost: sim\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n\
         {body}",
        body.len()
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).await.unwrap();
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
    let body = answer.split_off(end + 4);
    let head = String::from_utf8(answer).unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body)
}

/// As [`call`], with the body read as JSON.
pub(crate) async fn json(address: &str, request: &str, body: Option<&str>) -> (u16, Value) {
    let (status, body) = call(address, request, body).await;
    let value = serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}"));
    (status, value)
}
