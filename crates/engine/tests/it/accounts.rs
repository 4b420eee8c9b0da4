//! Accounts: who owns instances and tokens.

use waygate_core::error::Kind;
use waygate_core::phone::PhoneNumber;
use waygate_core::tenant::NAME_LENGTH_MAX;
use waygate_core::token::TokenKind;
use waygate_engine::accounts::NewToken;
use waygate_played::application::{create, new_instance};
use waygate_played::deadline::within;
use waygate_played::link::PlayedLink;

#[tokio::test]
async fn an_account_is_known_by_the_name_that_it_has_now() {
    let gateway = PlayedLink::default().gateway();
    let shop = gateway.open_account("shop".into()).await.unwrap();
    assert_eq!(gateway.account_named("shop").await.unwrap(), shop);
    gateway.rename_account(shop.id, "store".into()).await.unwrap();
    assert_eq!(gateway.account_named("store").await.unwrap().id, shop.id);
    let error = gateway.account_named("shop").await.unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
}

#[tokio::test]
async fn a_name_that_is_none_or_anothers_is_refused() {
    let gateway = PlayedLink::default().gateway();
    let shop = gateway.open_account("shop".into()).await.unwrap();
    let other = gateway.open_account("other".into()).await.unwrap();
    let endless = "\u{e9}".repeat(NAME_LENGTH_MAX + 1);
    for (name, kind) in
        [("", Kind::Invalid), (endless.as_str(), Kind::Invalid), ("other", Kind::Conflict)]
    {
        let renamed = gateway.rename_account(shop.id, name.into()).await.unwrap_err();
        assert_eq!(renamed.kind(), kind, "{name}");
        let opened = gateway.open_account(name.into()).await.unwrap_err();
        assert_eq!(opened.kind(), kind, "{name}");
    }
    gateway.open_account("\u{e9}".repeat(NAME_LENGTH_MAX)).await.unwrap();
    assert_eq!(gateway.account_named("other").await.unwrap().id, other.id);
}

#[tokio::test]
async fn a_closed_account_opens_nothing_and_owns_nothing_any_more() {
    let gateway = PlayedLink::default().gateway();
    let first = gateway.first_account().await.unwrap();
    let shop = gateway.open_account("shop".into()).await.unwrap();
    let key = gateway.issue_token(NewToken::new(TokenKind::Native, shop.id)).await.unwrap().text;
    let grant = gateway.authenticate(TokenKind::Native, &key).await.unwrap().unwrap();
    let instance = gateway.create_instance(new_instance(shop.id)).await.unwrap().record;

    let refused = gateway.close_account(shop.id).await.unwrap_err();
    assert_eq!(refused.kind(), Kind::WrongState, "it has an instance");
    assert!(gateway.authenticate(TokenKind::Native, &key).await.unwrap().is_some());

    gateway.remove_instance(instance.id).await.unwrap();
    let closed = async { gateway.close_account(shop.id).await.unwrap() };
    within(async { tokio::join!(gateway.until_worthless(&grant), closed) }).await;
    assert!(gateway.authenticate(TokenKind::Native, &key).await.unwrap().is_none());
    for refused in [
        gateway.close_account(shop.id).await.map(drop),
        gateway.rename_account(shop.id, "new".into()).await,
        gateway.account_named("shop").await.map(drop),
        gateway.issue_token(NewToken::new(TokenKind::Native, shop.id)).await.map(drop),
        gateway.create_instance(new_instance(shop.id)).await.map(drop),
    ] {
        assert_eq!(refused.unwrap_err().kind(), Kind::NotFound);
    }
    assert_eq!(gateway.first_account().await.unwrap().id, first.id);
}

#[tokio::test]
async fn what_is_said_of_an_instance_can_be_changed_bit_by_bit() {
    let gateway = PlayedLink::default().gateway();
    let id = create(&gateway).await.record.id;
    let phone: Option<PhoneNumber> = "15550001111".parse().ok();
    let described = gateway.describe_instance(id, |it| it.phone = phone.clone()).await.unwrap();
    assert_eq!((described.name.as_str(), &described.phone), ("Shop", &phone));
    let described = gateway.describe_instance(id, |it| it.name = "Store".into()).await.unwrap();
    assert_eq!((described.name.as_str(), &described.phone), ("Store", &phone));
    let described = gateway.describe_instance(id, |it| it.phone = None).await.unwrap();
    assert_eq!(gateway.instance(id).await.unwrap(), Some(described.clone()));
    assert_eq!((described.name.as_str(), described.phone), ("Store", None));

    let endless = gateway.describe_instance(id, |it| it.name = "x".repeat(201)).await.unwrap_err();
    assert_eq!(endless.kind(), Kind::Invalid);
    gateway.remove_instance(id).await.unwrap();
    let removed = gateway.describe_instance(id, |_| {}).await.unwrap_err();
    assert_eq!(removed.kind(), Kind::NotFound);
}
