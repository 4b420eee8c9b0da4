//! Browsers that are signed in.

use std::pin::pin;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::time::{Instant, advance};
use waygate_core::secret::TokenText;
use waygate_core::token::TokenKind;
use waygate_engine::accounts::NewToken;
use waygate_engine::sessions::{SESSION_FOR, SESSIONS_MAX};
use waygate_played::link::PlayedLink;

#[tokio::test(start_paused = true)]
async fn a_session_is_worth_what_its_key_is_worth() {
    let gateway = PlayedLink::default().gateway();
    let account = gateway.first_account().await.unwrap().id;
    let issued = gateway.issue_token(NewToken::new(TokenKind::Native, account)).await.unwrap();
    let session = gateway.open_session(&issued.text).await.unwrap().unwrap();
    let grant = gateway.session_grant(&session.text).await.unwrap().unwrap();
    assert_eq!((grant.account, grant.token), (account, issued.token.id()));
    assert_eq!(grant.scopes, issued.token.scopes);
    gateway.revoke_token(account, issued.token.id()).await.unwrap();
    assert!(gateway.session_grant(&session.text).await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn only_a_key_of_the_native_api_signs_in() {
    let gateway = PlayedLink::default().gateway();
    let account = gateway.first_account().await.unwrap().id;
    let partner = gateway.issue_token(NewToken::new(TokenKind::Partner, account)).await.unwrap();
    for text in ["", "wg_", partner.text.expose()] {
        assert!(gateway.open_session(&TokenText::new(text)).await.unwrap().is_none(), "{text}");
    }
    let key = gateway.issue_token(NewToken::new(TokenKind::Native, account)).await.unwrap().text;
    assert!(gateway.session_grant(&key).await.unwrap().is_none(), "a key is no session");
}

#[tokio::test(start_paused = true)]
async fn a_session_ends_by_its_time_by_its_owner_and_by_too_many_others() {
    let gateway = PlayedLink::default().gateway();
    let account = gateway.first_account().await.unwrap().id;
    let key = gateway.issue_token(NewToken::new(TokenKind::Native, account)).await.unwrap().text;
    let open = async || gateway.open_session(&key).await.unwrap().unwrap().text;
    let holds = async |text: &TokenText| gateway.session_grant(text).await.unwrap().is_some();
    let (stays, closed) = (open().await, open().await);
    gateway.close_session(&closed);
    assert_eq!((holds(&stays).await, holds(&closed).await), (true, false));
    advance(SESSION_FOR.saturating_sub(Duration::from_secs(1))).await;
    assert!(holds(&stays).await);
    advance(Duration::from_secs(1)).await;
    assert!(!holds(&stays).await);
    let oldest = open().await;
    for _ in 0..SESSIONS_MAX {
        advance(Duration::from_millis(1)).await;
        assert!(holds(&open().await).await);
    }
    assert!(!holds(&oldest).await);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_goes_on_ends_with_the_browsers_session() {
    let gateway = PlayedLink::default().gateway();
    let account = gateway.first_account().await.unwrap().id;
    let key = gateway.issue_token(NewToken::new(TokenKind::Native, account)).await.unwrap().text;
    let open = async || gateway.open_session(&key).await.unwrap().unwrap().text;
    let (closed, expires) = (open().await, open().await);
    let grant = async |text: &TokenText| gateway.session_grant(text).await.unwrap().unwrap();
    let (closed_grant, expiring) = (grant(&closed).await, grant(&expires).await);
    let mut until = pin!(gateway.until_worthless(&closed_grant));
    assert_eq!(until.as_mut().now_or_never(), None);
    gateway.close_session(&closed);
    until.await;
    let began = Instant::now();
    gateway.until_worthless(&expiring).await;
    assert_eq!(began.elapsed(), SESSION_FOR);
}
