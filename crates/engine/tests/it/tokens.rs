//! Who is let in, and with what.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::SignedDuration;
use waygate_core::error::Kind;
use waygate_core::id::{AccountId, InstanceId};
use waygate_core::port::registry::{InstanceFilter, Registry as _};
use waygate_core::secret::TokenText;
use waygate_core::token::TokenKind;
use waygate_engine::accounts::NewToken;
use waygate_engine::dice::Dice;
use waygate_engine::keyring::Keyring;
use waygate_played::application::create;
use waygate_played::deadline::within;
use waygate_played::link::PlayedLink;

use crate::gated_registry::GatedRegistry;

#[tokio::test]
async fn a_token_opens_what_it_was_made_for_and_nothing_else() {
    let gateway = PlayedLink::default().gateway();
    let created = create(&gateway).await;
    let owner = created.record.account;
    let partner = gateway.issue_token(NewToken::new(TokenKind::Partner, owner)).await.unwrap().text;
    let instance = created.token.unwrap();

    let grant = gateway.authenticate(TokenKind::Instance, &instance).await.unwrap().unwrap();
    assert_eq!(grant.account, owner);
    assert_eq!(grant.instance.unwrap().id, created.record.id);
    let grant = gateway.authenticate(TokenKind::Partner, &partner).await.unwrap().unwrap();
    assert!(grant.instance.is_none());

    for (kind, text) in [
        (TokenKind::Partner, instance.expose().to_owned()),
        (TokenKind::Instance, partner.expose().to_owned()),
        (TokenKind::Instance, instance.expose().to_uppercase()),
        (TokenKind::Instance, format!("{}0", instance.expose())),
        (TokenKind::Instance, String::new()),
    ] {
        let let_in = gateway.authenticate(kind, &TokenText::new(text)).await.unwrap();
        assert!(let_in.is_none(), "{kind:?}");
    }
}

#[tokio::test]
async fn a_wrong_token_takes_the_same_way_whichever_byte_of_it_is_wrong() {
    let link = PlayedLink::default();
    let registry = GatedRegistry::new(&link);
    let gateway = link.gateway_over(Arc::<GatedRegistry>::clone(&registry), link.store());
    let created = create(&gateway).await;
    let issue = async |kind| {
        let new = NewToken::new(kind, created.record.account);
        gateway.issue_token(new).await.unwrap().text
    };
    for (kind, token) in [
        (TokenKind::Instance, created.token.unwrap()),
        (TokenKind::Partner, issue(TokenKind::Partner).await),
        (TokenKind::Native, issue(TokenKind::Native).await),
        (TokenKind::Hypersender, issue(TokenKind::Hypersender).await),
    ] {
        assert!(gateway.authenticate(kind, &token).await.unwrap().is_some());
        for place in 0..token.expose().len() {
            let mut wrong = token.expose().as_bytes().to_vec();
            wrong[place] = if wrong[place] == b'0' { b'1' } else { b'0' };
            let wrong = TokenText::new(String::from_utf8(wrong).unwrap());
            let before = registry.lookups.load(Ordering::SeqCst);
            assert!(gateway.authenticate(kind, &wrong).await.unwrap().is_none());
            let lookups = registry.lookups.load(Ordering::SeqCst) - before;
            assert_eq!(lookups, 1, "{kind:?}, byte {place}");
        }
    }
}

#[tokio::test]
async fn a_new_token_ends_the_one_before() {
    let link = PlayedLink::default();
    let gateway = link.gateway();
    let created = create(&gateway).await;
    let old = created.token.unwrap();
    let new = gateway.renew_instance_token(created.record.id).await.unwrap();
    assert!(gateway.authenticate(TokenKind::Instance, &old).await.unwrap().is_none());
    assert!(gateway.authenticate(TokenKind::Instance, &new).await.unwrap().is_some());
    let listed =
        gateway.list_instances(InstanceFilter::default(), TokenKind::Instance).await.unwrap();
    assert_eq!(listed[0].token.as_ref(), Some(&new), "the list shows the one that holds");
    let again = link.gateway();
    assert!(again.authenticate(TokenKind::Instance, &new).await.unwrap().is_some());

    let nobody = InstanceId::from_random_bytes([3; 16]);
    let error = gateway.renew_instance_token(nobody).await.unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
    let nobody = AccountId::from_random_bytes([3; 16]);
    let error = gateway.issue_token(NewToken::new(TokenKind::Partner, nobody)).await.unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
}

#[tokio::test]
async fn a_renewal_of_a_token_is_finished_when_whoever_asked_for_it_has_gone() {
    let link = PlayedLink::default();
    let registry = GatedRegistry::new(&link);
    let gateway = link.gateway_over(Arc::<GatedRegistry>::clone(&registry), link.store());
    let created = create(&gateway).await;
    let (instance, old) = (created.record.id, created.token.unwrap());
    let asked = gateway.renew_instance_token(instance);
    // The first look at it only starts it.
    drop(futures_util::future::select(Box::pin(asked), std::future::ready(())).await);
    registry.leaves.add_permits(1);
    let renewed = async {
        while gateway.authenticate(TokenKind::Instance, &old).await.unwrap().is_some() {
            tokio::task::yield_now().await;
        }
    };
    within(renewed).await;
}

#[tokio::test]
async fn what_the_store_holds_of_a_token_does_not_let_anybody_in() {
    let link = PlayedLink::default();
    let gateway = link.gateway();
    let created = create(&gateway).await;
    let text = created.token.unwrap();
    let kept = link.store().tokens(created.record.account).await.unwrap();
    let sanctum = gateway.instance_token_text(&created.record, TokenKind::Hypersender).await;
    for (kept, text) in kept.iter().zip([text, sanctum.unwrap().unwrap()]) {
        let plain = text.expose().as_bytes();
        let sealed = kept.sealed.as_ref().unwrap();
        assert!(!sealed.as_bytes().windows(plain.len()).any(|bytes| bytes == plain));
        assert_ne!(hex::encode(kept.hash.as_bytes()), text.expose());
    }
    assert_eq!(kept.len(), 2);
}

#[tokio::test]
async fn a_store_is_bound_to_its_first_master_key() {
    let store = PlayedLink::default().store();
    let (first, second) = (Keyring::from_master(&[1; 32]), Keyring::from_master(&[2; 32]));
    let dice = Dice::from_seed(1);
    first.bind(&*store, &dice).await.unwrap();
    first.bind(&*store, &dice).await.unwrap();
    let error = second.bind(&*store, &dice).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Invalid);
}

#[tokio::test]
async fn an_instance_comes_with_a_token_of_each_kind_that_is_shown_again() {
    let link = PlayedLink::default();
    let gateway = link.gateway();
    let created = create(&gateway).await;
    let record = &created.record;
    for kind in [TokenKind::Instance, TokenKind::Hypersender] {
        let text = gateway.instance_token_text(record, kind).await.unwrap().unwrap();
        assert!(kind.may_be(text.expose()));
        let again = gateway.instance_token_or_new(record, kind).await.unwrap();
        assert_eq!(again, text, "there is one already");
        let grant = gateway.authenticate(kind, &text).await.unwrap().unwrap();
        assert_eq!(grant.instance.map(|instance| instance.id), Some(record.id));
        let listed = gateway.list_instances(InstanceFilter::default(), kind).await.unwrap();
        assert_eq!(listed[0].token, Some(text));
    }
    assert!(
        gateway.list_tokens(record.account).await.unwrap().is_empty(),
        "they open one instance"
    );
}

#[tokio::test]
async fn an_instance_from_before_a_kind_of_token_gets_one_when_it_is_asked_for() {
    let link = PlayedLink::default();
    let gateway = link.gateway();
    let record = create(&gateway).await.record;
    for token in link.store().tokens(record.account).await.unwrap() {
        link.store().revoke_token(token.id(), gateway.now()).await.unwrap();
    }
    let kind = TokenKind::Hypersender;
    assert_eq!(gateway.instance_token_text(&record, kind).await.unwrap(), None);
    let asked = (0..8).map(|_| gateway.instance_token_or_new(&record, kind));
    let texts = futures_util::future::try_join_all(asked).await.unwrap();
    assert!(texts.iter().all(|text| *text == texts[0]), "eight who ask at once get one");
    assert!(gateway.authenticate(kind, &texts[0]).await.unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_token_ends_at_its_time() {
    let link = PlayedLink::default();
    let gateway = link.gateway();
    let owner = create(&gateway).await.record.account;
    let expires_at = Some(gateway.now() + SignedDuration::from_secs(60));
    let new = NewToken { expires_at, ..NewToken::new(TokenKind::Native, owner) };
    let text = gateway.issue_token(new).await.unwrap().text;
    let grant = gateway.authenticate(TokenKind::Native, &text).await.unwrap().unwrap();

    let worthless = gateway.until_worthless(&grant);
    tokio::time::timeout(Duration::from_secs(59), worthless).await.unwrap_err();
    assert!(gateway.authenticate(TokenKind::Native, &text).await.unwrap().is_some());
    within(gateway.until_worthless(&grant)).await;
    assert!(gateway.authenticate(TokenKind::Native, &text).await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_with_a_token_hears_of_its_end() {
    let link = PlayedLink::default();
    let gateway = link.gateway();
    let owner = create(&gateway).await.record.account;
    let issue = async || {
        let text = gateway.issue_token(NewToken::new(TokenKind::Native, owner)).await.unwrap().text;
        gateway.authenticate(TokenKind::Native, &text).await.unwrap().unwrap()
    };
    let (one, other) = (issue().await, issue().await);
    let mut waits_on = std::pin::pin!(gateway.until_worthless(&other));
    let revoked = async {
        // The other one's end is none of its business.
        gateway.revoke_token(owner, one.token).await.unwrap();
    };
    within(async { tokio::join!(gateway.until_worthless(&one), revoked) }).await;
    let hour = Duration::from_secs(3600);
    tokio::time::timeout(hour, &mut waits_on).await.unwrap_err();
    gateway.revoke_token(owner, other.token).await.unwrap();
    within(waits_on).await;
    within(gateway.until_worthless(&one)).await;
}

#[tokio::test]
async fn the_renewal_of_an_instances_token_ends_what_waits_with_the_old_one() {
    let link = PlayedLink::default();
    let gateway = link.gateway();
    let created = create(&gateway).await;
    let old = created.token.unwrap();
    let grant = gateway.authenticate(TokenKind::Instance, &old).await.unwrap().unwrap();
    let renewed = async { drop(gateway.renew_instance_token(created.record.id).await.unwrap()) };
    within(async { tokio::join!(gateway.until_worthless(&grant), renewed) }).await;
}
