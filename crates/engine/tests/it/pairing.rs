//! Linking by a code that is typed on the phone.

#![expect(clippy::unwrap_used, reason = "test code")]

use std::time::Duration;

use waygate_core::error::{Error, Kind};
use waygate_core::id::InstanceId;
use waygate_core::instance::pairing::{PairingCode, PairingRefusal};
use waygate_core::instance::state::StateName;
use waygate_core::phone::PhoneNumber;
use waygate_core::port::link::LinkEvent;
use waygate_core::reason::EndReason;
use waygate_engine::Gateway;
use waygate_engine::look::Look;
use waygate_played::application::reaches;
use waygate_played::deadline::within;
use waygate_played::link::{PlayedLink, pairing_code};
use waygate_played::passkey::challenge;

const WAIT: Duration = Duration::from_secs(20);

pub(crate) fn phone() -> PhoneNumber {
    "15550001111".parse().unwrap()
}

/// Asks for a code, while WhatsApp answers the `count`th request, on as many connections, with this.
async fn ask(
    link: &PlayedLink,
    gateway: &Gateway,
    instance: InstanceId,
    count: usize,
    answer: LinkEvent,
) -> Result<PairingCode, Error> {
    let whatsapp = async {
        assert_eq!(link.offer(instance, count).await, phone());
        link.tell(instance, answer).await;
    };
    let asked = gateway.request_pairing_code(instance, phone(), WAIT);
    within(async { tokio::join!(asked, whatsapp) }).await.0
}

#[tokio::test]
async fn a_pairing_code_is_given_and_the_qr_code_beside_it_can_be_scanned() {
    let link = PlayedLink::default();
    let (gateway, instance) = link.running().await;
    let given = ask(&link, &gateway, instance, 1, pairing_code("ABCD1234")).await.unwrap();
    assert_eq!(given.text.expose(), "ABCD1234");
    assert_eq!(given.phone, phone());
    let look = gateway.look_at_code(instance, WAIT).await.unwrap();
    assert!(matches!(look, Look::Code(_)), "{look:?}");
    assert_eq!((link.dials(), link.open_most()), (1, 1));
}

#[tokio::test]
async fn two_who_ask_at_once_get_the_same_code() {
    let link = PlayedLink::default();
    let (gateway, instance) = link.running().await;
    let second = gateway.request_pairing_code(instance, phone(), WAIT);
    let first = ask(&link, &gateway, instance, 1, pairing_code("ABCD1234"));
    // Polled in this order, so the second one asks before WhatsApp answers.
    let (second, first) = within(Box::pin(async { tokio::join!(second, first) })).await;
    assert_eq!(first.unwrap(), second.unwrap());
    assert_eq!(link.dials(), 1);
}

#[tokio::test]
async fn a_later_request_gets_a_new_code_on_a_new_connection() {
    let link = PlayedLink::default();
    let (gateway, instance) = link.running().await;
    let first = ask(&link, &gateway, instance, 1, pairing_code("ABCD1234")).await.unwrap();
    let second = ask(&link, &gateway, instance, 2, pairing_code("EFGH5678")).await.unwrap();
    assert_ne!(first, second);
    assert_eq!((link.dials(), link.open_most()), (2, 1));
}

#[tokio::test]
async fn a_refusal_by_whatsapp_is_told_by_its_kind() {
    let patience = Duration::from_secs(7);
    for (refusal, kind) in [
        (PairingRefusal::NumberRefused, Kind::Invalid),
        (PairingRefusal::NotAvailable, Kind::WrongState),
        (PairingRefusal::Failed, Kind::Unreachable),
        (
            PairingRefusal::TooMany { retry_after: Some(patience) },
            Kind::Limited { retry_after: patience },
        ),
    ] {
        let link = PlayedLink::default();
        let (gateway, instance) = link.running().await;
        let refused = LinkEvent::PairingCodeRefused(refusal);
        let error = ask(&link, &gateway, instance, 1, refused).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{refusal:?}");
        let look = gateway.look_at_code(instance, WAIT).await.unwrap();
        assert!(matches!(look, Look::Code(_)), "the QR code stays: {look:?}");
    }
}

#[tokio::test]
async fn an_account_with_a_passkey_gets_no_code_and_hears_why() {
    let link = PlayedLink::default();
    let (gateway, instance) = link.running().await;
    let error = ask(&link, &gateway, instance, 1, challenge()).await.unwrap_err();
    assert_eq!(error.kind(), Kind::WrongState);
    assert_eq!(error.public(), "WhatsApp wants a passkey before it links this account");
}

#[tokio::test]
async fn a_linked_instance_gets_no_code_and_stays_as_it_is() {
    let link = PlayedLink::linked();
    let (gateway, instance) = link.running().await;
    link.log_in(instance).await;
    let error = gateway.request_pairing_code(instance, phone(), WAIT).await.unwrap_err();
    assert_eq!(error.kind(), Kind::WrongState);
    assert_eq!(error.public(), "the instance is linked already");
    assert_eq!(link.dials(), 1);
}

#[tokio::test(start_paused = true)]
async fn whatsapp_out_of_reach_is_told_after_the_wait() {
    let link = PlayedLink::default();
    let (gateway, instance) = link.running().await;
    let asked = gateway.request_pairing_code(instance, phone(), WAIT);
    let ended = link.tell(instance, LinkEvent::Ended(EndReason::DialFailed));
    let (asked, ()) = tokio::join!(asked, ended);
    let error = asked.unwrap_err();
    assert_eq!((error.kind(), error.public()), (Kind::Unreachable, "WhatsApp cannot be reached"));
}

#[tokio::test]
async fn whoever_asks_for_another_phone_takes_over() {
    let link = PlayedLink::default();
    let (gateway, instance) = link.running().await;
    let other: PhoneNumber = "15550002222".parse().unwrap();
    let first = gateway.request_pairing_code(instance, phone(), WAIT);
    let second = gateway.request_pairing_code(instance, other.clone(), WAIT);
    let whatsapp = async {
        link.show(instance, "2@first").await;
        assert_eq!(link.asked(instance).await, other);
        link.tell(instance, pairing_code("ABCD1234")).await;
    };
    let (first, second, ()) = within(async { tokio::join!(first, second, whatsapp) }).await;
    assert_eq!(first.unwrap_err().kind(), Kind::Conflict);
    assert_eq!(second.unwrap().phone, other);
}

#[tokio::test]
async fn a_phone_that_types_the_code_links_the_instance() {
    let link = PlayedLink::default();
    let (gateway, instance) = link.running().await;
    ask(&link, &gateway, instance, 1, pairing_code("ABCD1234")).await.unwrap();
    link.tell(instance, LinkEvent::PairingCodeTyped).await;
    link.link(instance).await;
    reaches(&gateway, instance, StateName::Online).await;
}

#[tokio::test(start_paused = true)]
async fn a_look_for_a_qr_code_waits_while_a_typed_code_is_not_through() {
    let link = PlayedLink::default();
    let (gateway, instance) = link.running().await;
    ask(&link, &gateway, instance, 1, pairing_code("ABCD1234")).await.unwrap();
    link.tell(instance, LinkEvent::PairingCodeTyped).await;
    let mut shown = gateway.watch_instance(instance).unwrap();
    let now = gateway.now();
    within(shown.wait_for(|machine| machine.state().qr_code(now).is_none())).await.unwrap();
    let error = gateway.look_at_code(instance, WAIT).await.unwrap_err();
    assert_eq!(error.public(), "a phone has typed a pairing code, and is not through yet");
}
