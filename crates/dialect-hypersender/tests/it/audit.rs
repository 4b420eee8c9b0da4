//! The record of who did what, and of who only tried.

use std::net::SocketAddr;

use axum::body::Body;
use axum::http::Request;
use waygate_core::audit::Actor;
use waygate_core::token::TokenKind;
use waygate_http::peer::PeerAddress;

use crate::server::{BASE, Server};

#[tokio::test(start_paused = true)]
async fn what_changes_something_leaves_one_entry_and_a_look_leaves_none() {
    let server = Server::start().await;
    let instance = server.online().await;
    server.list("").await;
    server.health(&instance).await;
    assert!(server.gateway.acts(None, None, 9).await.unwrap().is_empty());
    for (name, status) in [("restart", 200), ("request-new-qr-code", 200)] {
        server.call("POST", &instance, name).await;
        let newest = server.gateway.acts(None, None, 1).await.unwrap().remove(0).act;
        assert_eq!((newest.name.as_str(), newest.status), (name, Some(status)));
        assert_eq!((newest.instance, newest.account), (Some(instance.id), Some(server.account)));
        assert!(matches!(newest.actor, Actor::Token(_)));
    }
    server.create("{}").await;
    let newest = server.gateway.acts(None, None, 9).await.unwrap();
    assert_eq!((newest[0].act.name.as_str(), newest[0].act.status), ("create-instance", Some(422)));
    assert_eq!(newest.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_address_that_tries_many_tokens_is_kept_out_for_a_while() {
    let server = Server::start().await;
    let wrong = TokenKind::Hypersender.token([3; TokenKind::RANDOM_BYTES]);
    let send = async |token: &str| {
        let mut request = Request::get(format!("{BASE}/instances"))
            .header("authorization", format!("Bearer {token}"))
            .body(Body::empty())
            .unwrap();
        let peer = SocketAddr::new([192, 0, 2, 1].into(), 4000);
        request.extensions_mut().insert(PeerAddress(peer));
        server.answer(request).await
    };
    for _ in 0..10 {
        assert_eq!(send(server.token.expose()).await.status, 200, "good ones are free");
        assert_eq!(send(wrong.expose()).await.status, 401);
    }
    let kept_out = send(server.token.expose()).await;
    assert_eq!((kept_out.status, kept_out.header("retry-after")), (429, Some("6")));
}
