use std::sync::Mutex;

use whatsapp_rust::download::MediaHost;

use super::*;

/// `hello` and a line feed, closed as a document under the key of the bytes 1 to 32. Made by another
/// implementation than the library's.
const CLOSED: &str = "VQsnK9SQBG29wDYUG7G1TcVl8xYMoFJNp/Q=";
const KEY: &str = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";
const SHA256: &str = "WJG1tSLV3whtD/CxEPvZ0hu0/HFjrzTQgoai6Eb2vgM=";
const CLOSED_SHA256: &str = "AC2YnB5LVgZkLaXinpmcKJTMw0KNvU38KkL5IO5o4wQ=";

const OPENED: &[u8] = b"hello\n";

/// Two hosts, of which each answers the same each time.
struct Hosts {
    answers: [(u16, Vec<u8>); 2],
    asked: Mutex<Vec<String>>,
}

#[async_trait]
impl HashingHttp for Hosts {
    async fn exchange_hashing(
        &self,
        request: HttpRequest,
        body_max: usize,
        hash: &mut Sha256,
    ) -> anyhow::Result<HttpResponse> {
        let (status_code, body) = &self.answers[usize::from(request.url.contains("second"))];
        self.asked.lock().unwrap().push(request.url);
        if body.len() > body_max {
            return Err(TooLarge::of(body_max).into());
        }
        hash.update(body);
        Ok(HttpResponse { status_code: *status_code, body: body.clone() })
    }
}

fn file() -> MediaFile {
    MediaFile {
        path: "/v/t62.7118-24/1?oe=2".into(),
        key: KEY.into(),
        sha256: SHA256.into(),
        encrypted_sha256: CLOSED_SHA256.into(),
    }
}

fn closed() -> Vec<u8> {
    STANDARD.decode(CLOSED).unwrap()
}

/// What becomes of a file that the two hosts are asked for, and how many of them were.
async fn fetched(
    file: &MediaFile,
    bytes_max: u64,
    answers: [(u16, Vec<u8>); 2],
) -> (Result<Option<Vec<u8>>, Kind>, usize) {
    let hosts = Arc::new(Hosts { answers, asked: Mutex::default() });
    let named = ["first.invalid", "second.invalid"].map(|it| MediaHost::new(it.to_owned()));
    let route = MediaRoute::authenticated(named.into(), "canary".into());
    let runtime: Arc<dyn Runtime> = Arc::new(ConnectionTasks::new());
    let wanted = Wanted::read(MediaKind::Document, file, bytes_max).unwrap();
    let fetched = fetch_along(route, Arc::<Hosts>::clone(&hosts), &runtime, &wanted).await;
    let asked = hosts.asked.lock().unwrap().len();
    let told = fetched.map_err(|error| {
        let words = format!("{error:?} {}", error.with_causes());
        assert!(!words.contains("canary") && !words.contains("t62"), "{words}");
        error.kind()
    });
    (told, asked)
}

#[tokio::test]
async fn a_file_is_opened_when_it_is_the_one_of_the_message() {
    let answers = [(200, closed()), (500, vec![])];
    assert_eq!(fetched(&file(), 6, answers).await, (Ok(Some(OPENED.to_vec())), 1));
}

#[tokio::test]
async fn a_host_that_gives_something_else_or_nothing_is_passed_over() {
    for first in [(200, b"an error page".to_vec()), (503, vec![]), (200, vec![])] {
        let answers = [first, (200, closed())];
        assert_eq!(fetched(&file(), 100, answers).await, (Ok(Some(OPENED.to_vec())), 2));
    }
}

#[tokio::test]
async fn what_is_not_the_file_of_the_message_is_not_handed_out() {
    let wrong = STANDARD.encode([0; 32]);
    for file in [
        MediaFile { encrypted_sha256: wrong.clone().into(), ..file() },
        MediaFile { sha256: wrong.clone().into(), ..file() },
        MediaFile { key: wrong.into(), ..file() },
    ] {
        let answers = [(200, closed()), (200, closed())];
        assert_eq!(fetched(&file, 100, answers).await.0, Err(Kind::Invalid));
    }
}

#[tokio::test]
async fn a_file_that_is_too_large_is_not_read_to_its_end() {
    // Closed, six bytes and their padding are a block of sixteen.
    let large = vec![0; 5 + 27];
    let answers = [(200, large.clone()), (200, large)];
    assert_eq!(fetched(&file(), 5, answers).await.0, Err(Kind::Invalid));
    // One that fits only while it is closed.
    let answers = [(200, closed()), (200, closed())];
    assert_eq!(fetched(&file(), 5, answers).await.0, Err(Kind::Invalid));
}

#[tokio::test]
async fn hosts_that_do_not_know_the_file_or_us_are_told_apart_from_those_that_fail() {
    for status in [401, 403, 404, 410] {
        let answers = [(status, vec![]), (status, vec![])];
        assert_eq!(fetched(&file(), 100, answers).await.0, Ok(None), "{status}");
    }
    for status in [429, 500, 503] {
        let answers = [(status, vec![]), (status, vec![])];
        assert_eq!(fetched(&file(), 100, answers).await, (Err(Kind::Unreachable), 2), "{status}");
    }
}

#[tokio::test]
async fn a_file_of_a_channel_is_not_closed() {
    let file = MediaFile { key: "".into(), encrypted_sha256: "".into(), ..file() };
    let answers = [(200, OPENED.to_vec()), (500, vec![])];
    assert_eq!(fetched(&file, 6, answers).await, (Ok(Some(OPENED.to_vec())), 1));
    let answers = [(200, b"other\n".to_vec()), (500, vec![])];
    fetched(&file, 6, answers).await.0.unwrap_err();
}

#[tokio::test]
async fn a_message_that_does_not_say_how_its_file_is_opened_is_refused() {
    let broken = MediaFile { key: "no base64!".into(), ..file() };
    let refused = Wanted::read(MediaKind::Image, &broken, 100).err().unwrap();
    assert_eq!(refused.kind(), Kind::Invalid);
    assert!(!refused.with_causes().contains("base64!"));
}

#[tokio::test]
async fn without_a_login_nothing_is_fetched() {
    let tls = crate::network::Tls::new().unwrap();
    let http = LinkHttp::new(&tls).unwrap();
    let desk = MediaDesk { client: ClientSlot::default(), tasks: ConnectionTasks::new(), http };
    let refused = desk.fetch(MediaKind::Image, file(), 100).await.unwrap_err();
    assert_eq!(refused.kind(), Kind::WrongState);
}
