//! The record of who did what.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use serde_json::Value;
use waygate_core::audit::Actor;
use waygate_core::scope::Scope;
use waygate_core::secret::TokenText;
use waygate_core::token::TokenKind;
use waygate_dialect_native::{Guard, ROUTES, Verb};
use waygate_http::peer::PeerAddress;

use crate::server::Server;

/// A body that every route with a body reads and most cannot use.
const BODY: &str = "{}";

#[tokio::test(start_paused = true)]
async fn every_route_that_changes_something_leaves_one_entry_and_every_other_none() {
    let server = Server::start().await;
    let key = server.key_for(Scope::ALL).await;
    let grant = server.gateway.authenticate(TokenKind::Native, &key).await.unwrap().unwrap();
    let instance = server.instance().await;
    let page = server.page(instance.id);
    let mut last = 0;
    // What takes the others' instance away comes last.
    let (rest, removing): (Vec<_>, Vec<_>) =
        ROUTES.iter().partition(|route| route.verb() != Verb::Delete);
    for route in rest.into_iter().chain(removing.into_iter().rev()) {
        tokio::time::advance(Duration::from_secs(1)).await;
        let path = route.template().replace("{instance}", &instance.id.to_string());
        let path = path.replace("{ticket}", page.ticket.expose());
        let path = path.replace(['{', '}'], "");
        let request = Request::builder()
            .method(route.verb().as_str())
            .uri(&path)
            .header("authorization", format!("Bearer {}", key.expose()))
            .header("cookie", page.cookie())
            .header("content-type", "application/json");
        let answer = server.answer(request.body(Body::from(BODY)).unwrap()).await;
        let what = format!("{} {}: {answer}", route.verb().as_str(), route.template());
        let entries = server.gateway.acts(None, None, 100).await.unwrap();
        let new: Vec<_> = entries.iter().filter(|entry| entry.number > last).collect();
        let Some(name) = route.act() else {
            assert!(new.is_empty(), "{what}");
            continue;
        };
        let [entry] = new[..] else { panic!("{} entries: {what}", new.len()) };
        last = entry.number;
        let actor = match route.guard() {
            Guard::Key => Actor::Token(grant.token),
            Guard::LinkPass => Actor::LinkTicket,
        };
        let act = &entry.act;
        assert_eq!((act.name.as_str(), act.actor), (name, actor), "{what}");
        assert_eq!(act.status, Some(answer.status), "{what}");
        assert_eq!(act.request.as_deref(), answer.header("x-request-id"), "{what}");
        let about = route.template().contains("{instance}") || route.guard() == Guard::LinkPass;
        assert_eq!(act.instance, about.then_some(instance.id), "{what}");
        assert_eq!(act.account, Some(server.account), "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_entry_says_who_did_what_from_where_and_no_secret() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let mut request = Request::post(format!("/api/v1{}", instance.path("/stop")))
        .header("authorization", format!("Bearer {}", server.key.expose()))
        .body(Body::empty())
        .unwrap();
    let peer = PeerAddress(SocketAddr::new([192, 0, 2, 1].into(), 4000));
    request.extensions_mut().insert(peer);
    let answer = server.answer(request).await;
    let listed = server.get("/audit").await;
    let told = listed.shown().replace(answer.header("x-request-id").unwrap(), "<request>");
    insta::assert_snapshot!(told, @r#"200 {"data":[{"number":1,"at":"2026-03-01T10:20:30.456Z","account_id":"<uuid>","actor":"token","token_id":"<token id>","act":"instance_stop","instance_id":"<uuid>","address":"192.0.2.1","status":200,"request_id":"<token id>"}],"next_cursor":null}"#);
    server.operate("POST", &instance.path("/start"), "").await;
    let newest = server.get("/audit?limit=1").await.json();
    let entry = &newest["data"][0];
    assert_eq!((&entry["actor"], &entry["act"]), (&"operator".into(), &"instance_start".into()));
    assert_eq!((&entry["token_id"], &entry["address"]), (&Value::Null, &Value::Null));
}

#[tokio::test(start_paused = true)]
async fn a_tenant_sees_what_was_done_with_his_things_and_the_operator_all() {
    let server = Server::start().await;
    let (_stranger, other) = server.stranger().await;
    for key in [&server.key, &other] {
        server.send_as(key, "POST", "/instances", "").await;
    }
    let count =
        async |answer: crate::server::Answer| answer.json()["data"].as_array().unwrap().len();
    assert_eq!(count(server.get("/audit").await).await, 1);
    assert_eq!(count(server.send_as(&other, "GET", "/audit", "").await).await, 1);
    assert_eq!(count(server.operate("GET", "/audit", "").await).await, 2);
    assert_eq!(count(server.operate("GET", "/audit?account=other", "").await).await, 1);
    let first = server.operate("GET", "/audit?limit=1", "").await.json();
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = server.operate("GET", &format!("/audit?limit=1&cursor={cursor}"), "").await.json();
    assert_ne!(first["data"][0]["number"], rest["data"][0]["number"]);
    assert_eq!(rest["next_cursor"], Value::Null);
    let wrong = server.get("/audit?cursor=x").await;
    assert_eq!((wrong.status, wrong.code().as_str()), (400, "invalid"));
}

#[tokio::test(start_paused = true)]
async fn whoever_leaves_before_the_answer_is_in_the_record_all_the_same() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let key = TokenText::new(server.key.expose());
    let never =
        Body::from_stream(futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>());
    let (path, seen) = (instance.path("/restart"), Duration::from_millis(10));
    let sent = server.send_as(&key, "POST", &path, never);
    assert!(tokio::time::timeout(seen, sent).await.is_err(), "it was not answered");
    let written = async {
        loop {
            let entries = server.gateway.acts(None, None, 1).await.unwrap();
            match entries.into_iter().next() {
                Some(entry) => break entry,
                None => tokio::task::yield_now().await,
            }
        }
    };
    let entry = waygate_played::deadline::within(written).await;
    assert_eq!((entry.act.name.as_str(), entry.act.status), ("instance_restart", None));
}
