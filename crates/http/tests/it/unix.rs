//! The listener on a socket in the file system.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use waygate_engine::tasks::Tasks;
use waygate_http::listener::{Limits, serve_unix};

use crate::client::DEADLINE;
use crate::server::site;

#[tokio::test]
async fn a_socket_in_the_file_system_is_served_without_addresses() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("waygate.sock");
    let listener = UnixListener::bind(&path).unwrap();
    let (site, _notes, _gates) = site();
    let tasks = Tasks::default();
    let serving = tasks.clone();
    // One per address would be one for all, if they had one.
    let limits = Limits { connections_per_address_max: 1, ..Limits::default() };
    tasks.start("listener", async move { serve_unix(listener, site, limits, &serving).await });

    let mut clients = vec![];
    for (asked, answered) in [("/api/hello", "200 OK"), ("/api/peer", "500 ")] {
        let mut client = UnixStream::connect(&path).await.unwrap();
        client
            .write_all(format!("GET {asked} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes())
            .await
            .unwrap();
        let mut read = Vec::new();
        let came = client.read_buf(&mut read);
        tokio::time::timeout(DEADLINE, came).await.expect("the server answers").unwrap();
        let read = String::from_utf8(read).unwrap();
        assert!(read.starts_with(&format!("HTTP/1.1 {answered}")), "{asked}: {read}");
        clients.push(client);
    }
    assert!(tasks.end_within(Duration::from_secs(2)).await);
    UnixStream::connect(&path).await.expect_err("nobody listens any more");
}
