//! The form of tokens, and how long they open something.

use std::time::Duration;

use proptest::prelude::*;
use waygate_core::secret::TokenText;
use waygate_core::token::TokenKind;
use waygate_engine::accounts::NewToken;

use crate::server::{BASE, Server};

#[tokio::test(start_paused = true)]
async fn a_token_is_a_number_a_bar_and_forty_characters_with_their_checksum() {
    let server = Server::start().await;
    let instance = server.instance().await;
    for token in [&server.token, &instance.token] {
        let (number, rest) = token.expose().split_once('|').unwrap();
        assert!(number.parse::<u64>().is_ok(), "{number}");
        assert_eq!(rest.len(), 48);
        assert!(rest.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_was_revoked_or_has_expired_opens_nothing() {
    let server = Server::start().await;
    let path = format!("{BASE}/instances");
    let end = server.gateway.now() + Duration::from_secs(60);
    let new =
        NewToken { expires_at: Some(end), ..NewToken::new(TokenKind::Hypersender, server.account) };
    let short = server.gateway.issue_token(new).await.unwrap();
    assert_eq!(server.send(&short.text, "GET", &path, "").await.status, 200);
    tokio::time::advance(Duration::from_secs(60)).await;
    assert_eq!(server.send(&short.text, "GET", &path, "").await.status, 401);
    let new = NewToken::new(TokenKind::Hypersender, server.account);
    let revoked = server.gateway.issue_token(new).await.unwrap();
    server.gateway.revoke_token(server.account, revoked.token.id()).await.unwrap();
    assert_eq!(server.send(&revoked.text, "GET", &path, "").await.status, 401);
}

#[tokio::test(start_paused = true)]
async fn a_token_of_another_api_opens_nothing() {
    let server = Server::start().await;
    for kind in [TokenKind::Native, TokenKind::Partner] {
        let new = NewToken::new(kind, server.account);
        let token = server.gateway.issue_token(new).await.unwrap().text;
        let answer = server.send(&token, "GET", &format!("{BASE}/instances"), "").await;
        assert_eq!(answer.status, 401, "{kind:?}");
    }
}

proptest! {
    #[test]
    fn every_token_that_is_made_has_the_form_and_a_changed_one_has_not(
        random: [u8; TokenKind::RANDOM_BYTES],
        place in 0_usize..48,
        other in "[0-9a-zA-Z]",
    ) {
        let token = TokenKind::Hypersender.token(random);
        let text = token.expose();
        prop_assert!(TokenKind::Hypersender.may_be(text));
        let bar = text.find('|').unwrap();
        let mut changed = text.to_owned();
        changed.replace_range(bar + 1 + place..bar + 2 + place, &other);
        prop_assert_eq!(TokenKind::Hypersender.may_be(&changed), changed == text);
        for cut in 0..text.len() {
            let (start, _) = text.split_at(cut);
            prop_assert!(!TokenKind::Hypersender.may_be(start), "{}", start);
        }
    }

    #[test]
    fn any_text_is_judged_without_a_panic(text in "\\PC{0,60}") {
        let is_one = TokenKind::Hypersender.may_be(&text);
        prop_assert!(!is_one || text.contains('|'));
        drop(TokenText::new(text));
    }
}
