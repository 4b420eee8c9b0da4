//! How much of a receiver is borne.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use waygate_core::port::outbound::REPLY_BYTES_MAX;

use super::*;

/// Long enough for any machine, where nothing is awaited that never comes.
const LONG: Duration = Duration::from_secs(60);

/// Short, where the end of the wait is what is awaited.
const SHORT: Duration = Duration::from_millis(200);

/// What a receiver does when it has read a request.
#[derive(Clone, Copy)]
enum Manner {
    /// Writes this and closes.
    Says(&'static str),
    /// Writes this and nothing more, for ever.
    SaysAndWaits(&'static str),
    /// Writes this and then without an end.
    SaysAndFloods(&'static str),
}

/// A receiver with one manner; its address.
async fn receiver(manner: Manner, tasks: &Tasks) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = tasks.stop_token();
    tasks.start("receiver", async move {
        stop.run_until_cancelled(async {
            while let Ok((stream, _)) = listener.accept().await {
                answer(stream, manner).await;
            }
        })
        .await;
    });
    format!("http://{address}/")
}

async fn answer(mut stream: TcpStream, manner: Manner) {
    let mut read = [0; 4096];
    let mut len = 0;
    while !read[..len].ends_with(b"\r\n\r\n{}") {
        len += stream.read(&mut read[len..]).await.unwrap();
    }
    let (Manner::Says(text) | Manner::SaysAndWaits(text) | Manner::SaysAndFloods(text)) = manner;
    stream.write_all(text.as_bytes()).await.unwrap();
    match manner {
        Manner::Says(_) => {}
        // Until the client has gone.
        Manner::SaysAndWaits(_) => drop(stream.read(&mut read).await),
        Manner::SaysAndFloods(_) => while stream.write_all(&vec![b'x'; 65536]).await.is_ok() {},
    }
}

async fn posted(manner: Manner, within: Duration) -> Result<Reply, Undelivered> {
    let tasks = Tasks::default();
    let url = receiver(manner, &tasks).await;
    let client = client(allowing(&["127.0.0.0/8"]), Told::new(&[]));
    let posted = post(&client, &url, within).await;
    assert!(tasks.end_within(LONG).await, "the receiver is still being asked");
    posted
}

#[tokio::test]
async fn an_answer_is_told_as_it_came() {
    let said = "HTTP/1.1 429 Slow\r\nRetry-After: 120\r\nContent-Length: 5\r\n\r\nlater";
    let reply = posted(Manner::Says(said), LONG).await.unwrap();
    assert_eq!((reply.status, reply.retry_after.as_deref()), (429, Some("120")));
    assert_eq!(reply.body, b"later");
    assert_eq!(format!("{reply:?}"), "Reply { status: 429, .. }");
}

#[tokio::test]
async fn the_whole_attempt_is_bounded_before_and_after_the_head() {
    for said in ["", "HTTP/1.1 200 OK\r\nX-Long: ", "HTTP/1.1 100 Continue\r\n\r\n"] {
        let late = posted(Manner::SaysAndWaits(said), SHORT).await;
        assert_eq!(late, Err(Undelivered::Late), "{said}");
    }
    // The status counts, and the worker is free when the time is over.
    let dripping = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nab";
    let reply = posted(Manner::SaysAndWaits(dripping), SHORT).await.unwrap();
    assert_eq!((reply.status, reply.body.as_slice()), (200, &b"ab"[..]));
}

#[tokio::test]
async fn a_body_without_an_end_is_cut() {
    let endless = "HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n";
    let reply = posted(Manner::SaysAndFloods(endless), LONG).await.unwrap();
    assert_eq!((reply.status, reply.body.len()), (200, REPLY_BYTES_MAX));
    let unframed = "HTTP/1.1 204 No Content\r\n\r\n";
    let reply = posted(Manner::SaysAndFloods(unframed), LONG).await.unwrap();
    assert_eq!((reply.status, reply.body.len()), (204, 0));
}

#[tokio::test]
async fn what_is_no_answer_is_told_apart_from_nobody() {
    for said in ["", "SSH-2.0-OpenSSH_9.9\r\n", "HTTP/1.1 200"] {
        assert_eq!(posted(Manner::Says(said), LONG).await, Err(Undelivered::Garbled), "{said}");
    }
    let flooding = "HTTP/1.1 200 OK\r\nX-Long: ";
    assert_eq!(posted(Manner::SaysAndFloods(flooding), LONG).await, Err(Undelivered::Garbled));
}

#[tokio::test]
async fn a_body_that_is_coded_is_shown_as_it_came() {
    let said = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nbomb";
    assert_eq!(posted(Manner::Says(said), LONG).await.unwrap().body, b"bomb");
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let elsewhere = Trap::set();
    for status in [301, 302, 303, 307, 308] {
        let said = format!(
            "HTTP/1.1 {status} Elsewhere\r\nLocation: http://127.0.0.1:{}/\r\nContent-Length: 0\r\n\r\n",
            elsewhere.port()
        );
        let reply = posted(Manner::Says(said.leak()), LONG).await.unwrap();
        assert_eq!(reply.status, status);
    }
    assert_eq!(elsewhere.arrived(), 0);
}

#[tokio::test]
async fn a_port_where_nobody_listens_and_one_without_encryption_are_not_reached() {
    let client = client(allowing(&["127.0.0.0/8"]), Told::new(&[]));
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = post(&client, &format!("http://{closed}/"), LONG).await;
    assert_eq!(nobody, Err(Undelivered::Unreached));
    let nameless = post(&client, "http://nobody.example/", LONG).await;
    assert_eq!(nameless, Err(Undelivered::Unreached));
    let tasks = Tasks::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tasks.start("receiver", async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        drop(stream.read(&mut [0; 4096]).await);
    });
    let plain = post(&client, &format!("https://{address}/"), LONG).await;
    assert_eq!(plain, Err(Undelivered::Unreached));
    assert!(tasks.end_within(LONG).await);
}

/// Names that nobody finds in time.
#[derive(Debug)]
struct Silent;

impl Names for Silent {
    fn look_up(&self, _name: String) -> Deed<'_, io::Result<Vec<IpAddr>>> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test(start_paused = true)]
async fn a_name_that_is_not_found_in_time_is_given_up_after_five_seconds() {
    let client = client(Policy::default(), Arc::new(Silent));
    let began = tokio::time::Instant::now();
    let late = post(&client, "http://slow.example/", LONG).await;
    assert_eq!(late, Err(Undelivered::Unreached));
    assert_eq!(began.elapsed().as_secs(), 5);
}
