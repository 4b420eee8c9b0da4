//! Requests with a key: sent twice, carried out once.

use std::time::Duration;

use futures_util::FutureExt as _;
use waygate_core::port::link_tickets::LinkTickets as _;
use waygate_core::scope::Scope;
use waygate_core::secret::TokenText;
use waygate_dialect_native::{Guard, ROUTES, Route, Verb};
use waygate_played::link::PlayedLink;

use crate::kept_answers::BrokenOff;
use crate::server::{Answer, Server};
use crate::tenants;

/// As long as an answer is told again.
const ALMOST_A_DAY: Duration = Duration::from_millis(24 * 60 * 60 * 1000 - 1);

const TOKEN: &str = r#"{"kind":"native"}"#;

/// Every `POST` but those of a passkey, which are right at one moment only: see `passkey.rs`.
fn posts() -> impl Iterator<Item = &'static Route> {
    let posts = ROUTES.iter().filter(|it| it.verb() == Verb::Post && it.guard() == Guard::Key);
    posts.filter(|route| !route.template().contains("{attempt}"))
}

/// A body with which a `POST` does something.
fn body(route: &Route) -> &'static str {
    let opens = route.template() == "/api/v1/accounts";
    if opens { r#"{"name":"Bakery"}"# } else { tenants::body(route) }
}

fn is_replayed(answer: &Answer) -> bool {
    answer.header("idempotency-replayed") == Some("true")
}

/// Status, body and whatever headers matter to a client.
fn whole(answer: &Answer) -> (u16, String, Vec<Option<&str>>) {
    let headers = ["location", "content-type"].map(|name| answer.header(name)).to_vec();
    (answer.status, answer.body().to_owned(), headers)
}

async fn tokens(server: &Server) -> usize {
    server.get("/tokens").await.json()["data"].as_array().unwrap().len()
}

#[tokio::test(start_paused = true)]
async fn a_post_of_every_route_that_is_sent_twice_is_answered_twice_and_carried_out_once() {
    let server = Server::start().await;
    let token = server.key_for(Scope::ALL).await;
    let instance = server.instance().await;
    let endpoint = server.send_as(&token, "POST", "/webhook-endpoints", tenants::ENDPOINT).await;
    for (count, route) in posts().enumerate() {
        let path = route.template().strip_prefix("/api/v1").unwrap();
        let path = path.replace("{instance}", &instance.id.to_string());
        let path = path.replace("{webhook_endpoint}", &endpoint.text("id"));
        let key = format!("key-{count}");
        let first = server.post_once(&token, &path, &key, body(route)).await;
        assert!(first.status < 300 && !is_replayed(&first), "{path}: {first}");
        let acts = server.gateway.acts(None, None, 100).await.unwrap().len();
        tokio::time::advance(Duration::from_secs(3600)).await;
        let again = server.post_once(&token, &path, &format!("\"{key}\""), body(route)).await;
        assert!(is_replayed(&again), "{path}: {again}");
        assert_eq!(whole(&again), whole(&first), "{path}");
        let acts_after = server.gateway.acts(None, None, 100).await.unwrap().len();
        assert_eq!(acts_after, acts, "{path}: nothing was done a second time");
    }
    assert_eq!(server.gateway.accounts().await.unwrap().len(), 2);
    let store = server.link.store();
    assert_eq!(store.link_tickets(instance.id).await.unwrap().len(), 1);
    assert_eq!(server.get("/instances").await.json()["data"].as_array().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_key_belongs_to_one_request() {
    let server = Server::start().await;
    let (instance, key) = (server.instance().await, &server.key);
    assert_eq!(server.post_once(key, "/tokens", "k", TOKEN).await.status, 201);
    for (path, body) in [
        ("/tokens", r#"{"kind":"partner"}"#),
        ("/tokens", r#"{"kind": "native"}"#),
        ("/instances", ""),
        (&instance.path("/stop"), ""),
    ] {
        let refused = server.post_once(key, path, "k", body).await;
        insta::allow_duplicates!(
            insta::assert_snapshot!(refused, @r#"422 {"type":"about:blank","title":"Unprocessable Entity","status":422,"code":"key_reused","detail":"this `Idempotency-Key` was used for another request"}"#)
        );
    }
    assert_eq!(tokens(&server).await, 2);
    assert_eq!(server.get("/instances").await.json()["data"].as_array().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_key_belongs_to_one_caller() {
    let server = Server::start().await;
    let (_account, stranger) = server.stranger().await;
    let other = server.key_for([Scope::Tokens]).await;
    let mut texts = vec![];
    for token in [&server.key, &other, &stranger] {
        let body = r#"{"kind":"native","scopes":["tokens"]}"#;
        let issued = server.post_once(token, "/tokens", "k", body).await;
        assert!(!is_replayed(&issued), "{issued}");
        texts.push(issued.text("token"));
    }
    texts.sort_unstable();
    texts.dedup();
    assert_eq!(texts.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn of_two_at_the_same_time_one_is_carried_out_and_the_other_is_told_to_come_back() {
    let server = Server::start().await;
    let post = |body| server.post_once(&server.key, "/instances", "k", body);
    let (first, second, third) = tokio::join!(post("{}"), post("{}"), post(r#"{"name":"x"}"#));
    assert_eq!(first.status, 201);
    assert_eq!(second.header("retry-after"), Some("1"));
    insta::assert_snapshot!(second, @r#"409 {"type":"about:blank","title":"Conflict","status":409,"code":"under_way","detail":"the first request with this `Idempotency-Key` is still being carried out"}"#);
    assert_eq!((third.status, third.code().as_str()), (422, "key_reused"));
    let late = post("{}").await;
    assert!(is_replayed(&late));
    assert_eq!(whole(&late), whole(&first));
    assert_eq!(server.get("/instances").await.json()["data"].as_array().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_was_refused_may_be_sent_again_or_corrected_under_its_key() {
    let server = Server::start().await;
    let (_account, stranger) = server.stranger().await;
    let rights = server.key_for([Scope::Tokens, Scope::Read]).await;
    for body in [r#"{"kind":"none"}"#, "{", r#"{"kind":"native","scopes":["link"]}"#] {
        let refused = server.post_once(&rights, "/tokens", "k", body).await;
        assert!(matches!(refused.status, 400 | 403), "{refused}");
    }
    let body = r#"{"kind":"native","scopes":["read"]}"#;
    let issued = server.post_once(&rights, "/tokens", "k", body).await;
    assert_eq!((issued.status, is_replayed(&issued)), (201, false), "{issued}");
    let instance = server.instance().await;
    let stop = instance.path("/stop");
    assert_eq!(server.post_once(&stranger, &stop, "k", "").await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_none_is_refused_before_anything_is_done() {
    let server = Server::start().await;
    for key in ["", "a b", "a, b", "\"a", &"k".repeat(256)] {
        let refused = server.post_once(&server.key, "/tokens", key, TOKEN).await;
        assert_eq!((refused.status, refused.code().as_str()), (400, "invalid"), "{key}");
    }
    assert_eq!(tokens(&server).await, 1);
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_told_again_for_a_day() {
    let server = Server::start().await;
    let post = async || server.post_once(&server.key, "/tokens", "k", TOKEN).await;
    let first = post().await;
    tokio::time::advance(ALMOST_A_DAY).await;
    assert_eq!(whole(&post().await), whole(&first));
    tokio::time::advance(Duration::from_millis(1)).await;
    let anew = post().await;
    assert!(!is_replayed(&anew));
    assert_ne!(anew.text("token"), first.text("token"));
    assert_eq!(whole(&post().await), whole(&anew));
}

#[tokio::test(start_paused = true)]
async fn an_answer_outlives_the_process() {
    let server = Server::start().await;
    let first = server.post_once(&server.key, "/instances", "k", "").await;
    let next = Server::beside(&server).await;
    let again = next.post_once(&server.key, "/instances", "k", "").await;
    assert!(is_replayed(&again));
    assert_eq!(whole(&again), whole(&first));
}

/// What is created and the answer that tells of it are one transaction, so no end of the process can
/// come between them. What is kept afterwards can be lost.
#[tokio::test(start_paused = true)]
async fn what_was_created_when_the_process_ended_is_told_of_by_the_next_one() {
    let link = PlayedLink::default();
    let broken = BrokenOff::new(link.store());
    let server = Server::keeping(link, broken).await;
    let token = server.key_for(Scope::ALL).await;
    let next = Server::beside(&server).await;
    let instance = server.instance().await;
    for (count, route) in posts().enumerate() {
        let path = route.template().strip_prefix("/api/v1").unwrap();
        if path.contains("{webhook_endpoint}") {
            // Done first, and the answer is kept after.
            continue;
        }
        let is_elsewhere = path.contains("{instance}");
        let path = path.replace("{instance}", &instance.id.to_string());
        let key = format!("key-{count}");
        let first = server.post_once(&token, &path, &key, body(route)).await;
        assert!(first.status < 300, "{path}: {first}");
        if is_elsewhere {
            // The next process does not run the instance, and is asked about it below.
            continue;
        }
        let again = next.post_once(&token, &path, &key, body(route)).await;
        assert!(is_replayed(&again), "{path}: {again}");
        assert_eq!(again.json()["id"], first.json()["id"], "{path}");
    }
    next.gateway.run_instance(instance.id).await.unwrap();
    let tickets = instance.path("/link-tickets");
    let first = server.post_once(&token, &tickets, "ticket", "").await;
    let again = next.post_once(&token, &tickets, "ticket", "").await;
    assert_eq!(whole(&again), whole(&first));
    let stop = instance.path("/stop");
    assert_eq!(server.post_once(&token, &stop, "stop", "").await.status, 200);
    let again = next.post_once(&token, &stop, "stop", "").await;
    assert_eq!((again.status, is_replayed(&again)), (200, false), "it is done again, to no harm");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_goes_away_hears_later_what_became_of_its_request() {
    let server = Server::start().await;
    let gone = server.post_once(&server.key, "/instances", "k", "").now_or_never();
    assert!(gone.is_none(), "it was answered at once");
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    let told = loop {
        let answer = server.post_once(&server.key, "/instances", "k", "").await;
        if answer.status != 409 || tokio::time::Instant::now() > deadline {
            break answer;
        }
        tokio::task::yield_now().await;
    };
    assert!(is_replayed(&told), "{told}");
    assert_eq!(server.get("/instances").await.json()["data"].as_array().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_a_store_gets_of_an_answer_shows_no_token() {
    let link = PlayedLink::default();
    let broken = BrokenOff::new(link.store());
    let server = Server::keeping(link, std::sync::Arc::clone(&broken) as _).await;
    let issued = server.post_once(&server.key, "/tokens", "k", TOKEN).await;
    let text = issued.text("token");
    let seen = broken.seen();
    assert_eq!(seen.len(), 2, "with the token, and the answer as it was given");
    for bytes in seen {
        for secret in [text.as_bytes(), issued.text("id").as_bytes(), b"native"] {
            assert!(!bytes.windows(secret.len()).any(|part| part == secret));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_revoked_token_is_told_nothing_again() {
    let server = Server::start().await;
    let token: TokenText = server.key_for(Scope::ALL).await;
    let first = server.post_once(&token, "/tokens", "k", TOKEN).await;
    assert_eq!(first.status, 201);
    let own = server.send_as(&token, "GET", "/tokens", "").await.json();
    let id = own["data"][1]["id"].as_str().unwrap().to_owned();
    assert_eq!(server.send("DELETE", &format!("/tokens/{id}"), "").await.status, 204);
    assert_eq!(server.post_once(&token, "/tokens", "k", TOKEN).await.status, 401);
}
