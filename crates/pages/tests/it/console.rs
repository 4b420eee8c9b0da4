//! The console's page, and signing in and out.

use waygate_core::secret::TokenText;
use waygate_core::token::TokenKind;
use waygate_engine::accounts::NewToken;

use crate::server::{Answer, Server};

const HOST: (&str, &str) = ("host", "gate.example");
const OWN: (&str, &str) = ("origin", "https://gate.example");
const JSON: (&str, &str) = ("content-type", "application/json");

async fn key(server: &Server) -> TokenText {
    let account = server.gateway.first_account().await.unwrap().id;
    server.gateway.issue_token(NewToken::new(TokenKind::Native, account)).await.unwrap().text
}

async fn sign_in(server: &Server, key: &str, headers: &[(&str, &str)]) -> Answer {
    let body = format!(r#"{{"key":"{key}"}}"#);
    server.send_with("POST", "/console/session", headers, body).await
}

#[tokio::test(start_paused = true)]
async fn the_page_is_the_same_for_everybody() {
    let server = Server::start();
    let page = server.get("/", &[]).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("id=\"sign-in\""));
    assert!(page.header("content-security-policy").unwrap().starts_with("default-src 'none'"));
    assert_eq!(server.get("/", &[("cookie", "waygate_session=x")]).await.body, page.body);
    for name in ["console.mjs", "console.css", "style.css", "icon.svg"] {
        let (before, _) = page.body.split_once(&format!("/{name}\"")).unwrap();
        let (_, address) = before.rsplit_once('"').unwrap();
        assert_eq!(server.get(&format!("/{address}/{name}"), &[]).await.status, 200, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_is_traded_for_a_cookie_that_is_no_key() {
    let server = Server::start();
    let key = key(&server).await;
    let signed_in = sign_in(&server, key.expose(), &[HOST, OWN, JSON]).await;
    assert_eq!((signed_in.status, signed_in.body.as_str()), (204, ""));
    let set = signed_in.header("set-cookie").unwrap();
    assert!(set.ends_with("; HttpOnly; SameSite=Strict; Path=/; Max-Age=43200"), "{set}");
    assert!(!set.contains(key.expose()));
    let cookie = signed_in.cookie().unwrap();
    let (name, session) = cookie.split_once('=').unwrap();
    assert_eq!(name, "waygate_session");
    let grant = server.gateway.session_grant(&TokenText::new(session)).await.unwrap();
    assert!(grant.is_some());
    let headers = [HOST, OWN, ("cookie", cookie.as_str())];
    let signed_out = server.send("DELETE", "/console/session", &headers).await;
    let forgotten = "waygate_session=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0";
    assert_eq!((signed_out.status, signed_out.header("set-cookie")), (204, Some(forgotten)));
    let grant = server.gateway.session_grant(&TokenText::new(session)).await.unwrap();
    assert!(grant.is_none());
}

#[tokio::test(start_paused = true)]
async fn over_tls_the_session_stays_there() {
    let server = Server::start();
    let key = key(&server).await;
    let headers = [HOST, OWN, JSON, ("x-forwarded-proto", "https")];
    let signed_in = sign_in(&server, key.expose(), &headers).await;
    assert!(signed_in.header("set-cookie").unwrap().ends_with("; Secure"));
}

#[tokio::test(start_paused = true)]
async fn a_wrong_key_and_a_foreign_page_sign_nobody_in() {
    let server = Server::start();
    let key = key(&server).await;
    for (key, headers, status) in [
        ("wg_wrong", &[HOST, OWN, JSON][..], 401),
        (key.expose(), &[HOST, JSON, ("origin", "https://evil.example")], 403),
        (key.expose(), &[HOST, JSON, ("origin", "null")], 403),
        (key.expose(), &[HOST, OWN, ("content-type", "text/plain")], 400),
    ] {
        let answer = sign_in(&server, key, headers).await;
        assert_eq!((answer.status, answer.header("set-cookie")), (status, None), "{}", answer.body);
        assert!(!answer.body.contains(key));
    }
    for body in ["", "{", "[]", r#"{"key":1}"#, &"a".repeat(5000)] {
        let headers = [HOST, OWN, JSON];
        let answer = server.send_with("POST", "/console/session", &headers, body.to_owned()).await;
        assert_eq!(answer.status, 400);
    }
    assert_eq!(server.get("/console/session", &[]).await.status, 405);
}
