//! Who is let in, and with what.

use std::sync::Arc;

use waygate_core::error::Kind;
use waygate_core::id::{AccountId, InstanceId};
use waygate_core::port::registry::{InstanceFilter, Registry as _};
use waygate_core::secret::TokenText;
use waygate_core::token::TokenKind;
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
    let partner = gateway.issue_token(TokenKind::Partner, owner).await.unwrap().text;
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
async fn a_new_token_ends_the_one_before() {
    let link = PlayedLink::default();
    let gateway = link.gateway();
    let created = create(&gateway).await;
    let old = created.token.unwrap();
    let new = gateway.renew_instance_token(created.record.id).await.unwrap();
    assert!(gateway.authenticate(TokenKind::Instance, &old).await.unwrap().is_none());
    assert!(gateway.authenticate(TokenKind::Instance, &new).await.unwrap().is_some());
    let listed = gateway.list_instances(InstanceFilter::default()).await.unwrap();
    assert_eq!(listed[0].token.as_ref(), Some(&new), "the list shows the one that holds");
    let again = link.gateway();
    assert!(again.authenticate(TokenKind::Instance, &new).await.unwrap().is_some());

    let nobody = InstanceId::from_random_bytes([3; 16]);
    let error = gateway.renew_instance_token(nobody).await.unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
    let nobody = AccountId::from_random_bytes([3; 16]);
    let error = gateway.issue_token(TokenKind::Partner, nobody).await.unwrap_err();
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
    let [kept] = kept.try_into().unwrap();
    let plain = text.expose().as_bytes();
    let sealed = kept.sealed.unwrap();
    assert!(!sealed.as_bytes().windows(plain.len()).any(|bytes| bytes == plain));
    assert_ne!(hex::encode(kept.hash.as_bytes()), text.expose());
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
