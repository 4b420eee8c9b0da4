use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use whatsapp_rust::futures::future::join_all;

use super::*;
use crate::network::Tls;

/// A page server on loopback that answers every request with the next of these answers, the last
/// one for ever, and counts.
struct Pages {
    url: Url,
    asked: Arc<AtomicUsize>,
}

async fn serving(answers: &'static [(u16, &'static str)]) -> Pages {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/sw.js", listener.local_addr().unwrap()).parse().unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    #[expect(clippy::disallowed_methods, reason = "a test")]
    tokio::task::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = vec![0; 4096];
            if stream.read(&mut request).await.unwrap_or(0) == 0 {
                continue;
            }
            let nth = count.fetch_add(1, Ordering::SeqCst).min(answers.len() - 1);
            let (status, body) = answers[nth];
            let head = format!(
                "HTTP/1.1 {status} X\r\nlocation: /elsewhere\r\nconnection: close\r\n\
                 content-length: {}\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(head.as_bytes()).await.unwrap();
        }
    });
    Pages { url, asked }
}

fn book(pages: &Pages) -> VersionBook {
    let http = LinkHttp::new(&Tls::new().unwrap()).unwrap();
    VersionBook::new(VersionSource::LookedUp(pages.url.clone()), http)
}

const FIRST: &str = r#"self.__swData=JSON.parse("{\"client_revision\":1035000001}")"#;
const SECOND: &str = r#"self.__swData=JSON.parse("{\"client_revision\":1035000002}")"#;

#[tokio::test]
async fn a_hundred_connections_ask_for_the_version_once() {
    let pages = serving(&[(200, FIRST)]).await;
    let book = book(&pages);
    for version in join_all((0..100).map(|_| book.current())).await {
        assert_eq!(version, Ok((2, 3000, 1_035_000_001)));
    }
    assert_eq!(pages.asked.load(Ordering::SeqCst), 1);
}

/// As if the last look-up had been so long ago.
async fn let_pass(book: &VersionBook, time: Duration) {
    let mut asked = book.asked.lock().await;
    let asked = asked.as_mut().unwrap();
    asked.at = asked.at.checked_sub(time).unwrap();
}

#[tokio::test]
async fn a_refused_version_is_asked_for_again_but_not_within_the_hour() {
    let pages = serving(&[(200, FIRST), (200, SECOND)]).await;
    let book = book(&pages);
    let first = book.current().await.unwrap();
    book.refused(first).await;
    assert_eq!(book.current().await, Ok(first), "too soon to ask again");
    let_pass(&book, LOOKUP_SPACING).await;
    assert_eq!(book.current().await, Ok((2, 3000, 1_035_000_002)));
    book.refused(first).await;
    let_pass(&book, LOOKUP_SPACING).await;
    assert_eq!(book.current().await, Ok((2, 3000, 1_035_000_002)), "the new one is not to blame");
    assert_eq!(pages.asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_hundred_connections_share_a_failed_look_up() {
    let pages = serving(&[(500, ""), (200, FIRST)]).await;
    let book = book(&pages);
    for version in join_all((0..100).map(|_| book.current())).await {
        assert_eq!(version, Err(VersionUnknown::NoVersion(500)));
    }
    assert_eq!(pages.asked.load(Ordering::SeqCst), 1);
    let_pass(&book, FAILURE_SHARED).await;
    assert_eq!(book.current().await, Ok((2, 3000, 1_035_000_001)));
}

#[tokio::test]
async fn a_page_without_a_version_is_an_error_the_first_time_and_no_loss_later() {
    let pages =
        serving(&[(500, ""), (200, "nothing"), (302, FIRST), (200, FIRST), (500, "")]).await;
    let book = book(&pages);
    for status in [500, 200, 302] {
        // A redirect is not followed.
        assert_eq!(book.current().await, Err(VersionUnknown::NoVersion(status)));
        let_pass(&book, FAILURE_SHARED).await;
    }
    let first = book.current().await.unwrap();
    assert_eq!(first, (2, 3000, 1_035_000_001));
    book.refused(first).await;
    let_pass(&book, LOOKUP_SPACING).await;
    for _ in 0..3 {
        let old = book.current().await;
        assert_eq!(old, Ok((2, 3000, 1_035_000_001)), "the old one is still the best");
    }
    assert_eq!(pages.asked.load(Ordering::SeqCst), 5, "a failed renewal is not repeated at once");
}

#[tokio::test]
async fn an_unreachable_page_is_told_without_its_address() {
    let pages = serving(&[(200, FIRST)]).await;
    let nobody = Pages { url: "http://127.0.0.1:1/secret-path".parse().unwrap(), ..pages };
    let error = book(&nobody).current().await.unwrap_err();
    assert!(!error.to_string().contains("secret-path"), "{error}");
}
