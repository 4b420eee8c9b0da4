//! What WhatsApp says when it gives no pairing code, as whoever asked for one hears it.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "test code")]

use std::time::Duration;

use waygate_core::error::Kind;
use waygate_core::instance::pairing::PairingRefusal;
use waygate_core::instance::state::StateName;
use waygate_engine::look::CODE_WITHIN;
use waygate_sim::{Fault, Latency};
use waygate_testkit::world::{PHONE, World};

async fn is_told(reason: u16, backoff_s: Option<u32>, refusal: PairingRefusal) {
    let world = World::new(Latency::FortyMillis);
    world.phone();
    let mut instance = world.instance().await;
    world.sim.inject(Fault::RefuseCodes { reason, backoff_s }.times(1));
    let phone = || PHONE.parse().unwrap();
    let asked = world.gateway.request_pairing_code(instance.id, phone(), CODE_WITHIN).await;
    let (told, meant) = (asked.expect_err("no code"), refusal.error());
    assert_eq!(told.kind(), meant.kind());
    assert_eq!(told.to_string(), meant.to_string());

    let code = world.gateway.request_pairing_code(instance.id, phone(), CODE_WITHIN).await;
    let code = code.expect("the order was used up");
    world.phone().enter_code(code.text.expose()).await.expect("the right code");
    instance.reaches(StateName::Online).await;
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn too_many_requests_are_told_with_the_wait_that_whatsapp_named() {
    let retry_after = Some(Duration::from_secs(600));
    let refusal = PairingRefusal::TooMany { retry_after };
    assert_eq!(refusal.error().kind(), Kind::Limited { retry_after: Duration::from_secs(600) });
    is_told(429, Some(600), refusal).await;
}

#[tokio::test(start_paused = true)]
async fn too_many_requests_are_told_with_a_minute_when_whatsapp_named_no_wait() {
    let refusal = PairingRefusal::TooMany { retry_after: None };
    assert_eq!(refusal.error().kind(), Kind::Limited { retry_after: Duration::from_secs(60) });
    is_told(429, None, refusal).await;
}

#[tokio::test(start_paused = true)]
async fn an_account_that_cannot_be_linked_by_code_is_told_so() {
    assert_eq!(PairingRefusal::NotAvailable.error().kind(), Kind::WrongState);
    is_told(452, None, PairingRefusal::NotAvailable).await;
}

#[tokio::test(start_paused = true)]
async fn a_number_that_may_not_be_linked_by_code_is_told_as_a_refused_one() {
    is_told(403, None, PairingRefusal::NumberRefused).await;
}

#[tokio::test(start_paused = true)]
async fn a_failure_of_whatsapp_is_told_as_one() {
    is_told(500, None, PairingRefusal::Failed).await;
}
