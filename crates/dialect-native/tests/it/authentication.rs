//! Who is let in by the keyed door.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use waygate_core::secret::TokenText;
use waygate_core::token::TokenKind;
use waygate_dialect_native::{Guard, ROUTES};
use waygate_engine::accounts::NewToken;
use waygate_http::peer::PeerAddress;

use crate::server::{Answer, Server};

async fn with(server: &Server, authorization: &[&str]) -> Answer {
    let mut request = Request::get("/api/v1/instances");
    for value in authorization {
        request = request.header("authorization", *value);
    }
    server.answer(request.body(Body::empty()).unwrap()).await
}

#[tokio::test(start_paused = true)]
async fn without_a_token_nothing_opens() {
    let server = Server::start().await;
    for sent in [&[][..], &["Basic YWJj"], &["Bearer"], &["Bearer a b"], &["Bearer a", "Bearer a"]]
    {
        let answer = with(&server, sent).await;
        assert_eq!((answer.status, answer.code().as_str()), (401, "unauthorized"), "{sent:?}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
    insta::assert_snapshot!(with(&server, &[]).await, @r#"401 {"type":"about:blank","title":"Unauthorized","status":401,"code":"unauthorized","detail":"a bearer token is needed"}"#);
    insta::assert_snapshot!(with(&server, &["Bearer a", "Bearer a"]).await, @r#"401 {"type":"about:blank","title":"Unauthorized","status":401,"code":"unauthorized","detail":"the Authorization header holds no single bearer token"}"#);
    insta::assert_snapshot!(with(&server, &["Bearer wg_abc"]).await, @r#"401 {"type":"about:blank","title":"Unauthorized","status":401,"code":"unauthorized","detail":"the token is unknown, revoked or of another kind"}"#);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_mistyped_revoked_or_of_another_kind_opens_nothing() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let issue = async |kind| {
        server.gateway.issue_token(NewToken::new(kind, server.account)).await.unwrap().text
    };
    let revoked = issue(TokenKind::Native).await;
    let id = server.gateway.authenticate(TokenKind::Native, &revoked).await.unwrap().unwrap().token;
    server.gateway.revoke_token(server.account, id).await.unwrap();
    let key = server.key.expose();
    let (rest, last) = key.split_at(key.len() - 1);
    let other = if last == "0" { "1" } else { "0" };
    for text in [
        format!("{rest}{other}"),
        key.to_uppercase(),
        revoked.expose().to_owned(),
        TokenKind::Native.token([3; TokenKind::RANDOM_BYTES]).expose().to_owned(),
        issue(TokenKind::Partner).await.expose().to_owned(),
        issue(TokenKind::Hypersender).await.expose().to_owned(),
        instance.token.expose().to_owned(),
    ] {
        let answer = server.send_as(&TokenText::new(text.as_str()), "GET", "/instances", "").await;
        assert_eq!((answer.status, answer.code().as_str()), (401, "unauthorized"));
        assert!(!answer.body().contains(&text));
    }
    assert_eq!(server.get("/instances").await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn every_route_asks_for_a_token_or_a_pass_before_anything_else() {
    let server = Server::start().await;
    for route in ROUTES {
        let path = route.template().replace(['{', '}'], "");
        for verb in ["GET", "POST", "PATCH", "DELETE", "OPTIONS"] {
            let request = Request::builder().method(verb).uri(format!("{path}?x=1"));
            let answer = server.answer(request.body(Body::from("{")).unwrap()).await;
            assert_eq!((answer.status, answer.code().as_str()), (401, "unauthorized"), "{path}");
            let challenge = (route.guard() == Guard::Key).then_some("Bearer");
            assert_eq!(answer.header("www-authenticate"), challenge, "{path}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_address_that_tries_many_tokens_is_kept_out_for_a_while() {
    let server = Server::start().await;
    let send = async |address: &str, key: &str| {
        let mut request = Request::get("/api/v1/instances")
            .header("authorization", format!("Bearer {key}"))
            .body(Body::empty())
            .unwrap();
        let peer = PeerAddress(SocketAddr::new(address.parse().unwrap(), 4000));
        request.extensions_mut().insert(peer);
        server.answer(request).await
    };
    let wrong = TokenKind::Native.token([3; TokenKind::RANDOM_BYTES]);
    for _ in 0..10 {
        assert_eq!(send("192.0.2.1", server.key.expose()).await.status, 200, "good ones are free");
        assert_eq!(send("192.0.2.1", wrong.expose()).await.status, 401);
    }
    let kept_out = send("192.0.2.1", server.key.expose()).await;
    assert_eq!(kept_out.header("retry-after"), Some("6"));
    insta::assert_snapshot!(kept_out, @r#"429 {"type":"about:blank","title":"Too Many Requests","status":429,"code":"limited","detail":"too many wrong tokens came from this address"}"#);
    for free in ["192.0.2.2", "127.0.0.1"] {
        assert_eq!(send(free, server.key.expose()).await.status, 200, "{free}");
    }
    tokio::time::advance(Duration::from_secs(6)).await;
    assert_eq!(send("192.0.2.1", server.key.expose()).await.status, 200);
}
