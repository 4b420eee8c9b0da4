//! Linking by a code that is typed on the phone.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "test code")]

use std::time::Duration;

use waygate_core::error::{Error, Kind};
use waygate_core::event::EventKind;
use waygate_core::id::InstanceId;
use waygate_core::instance::machine::Machine;
use waygate_core::instance::pairing::PairingCode;
use waygate_core::instance::state::{LinkingStep, Outcome, State, StateName};
use waygate_engine::look::{CODE_WITHIN, Look};
use waygate_sim::{CodeError, Latency, RefusalKind};
use waygate_testkit::deadline;
use waygate_testkit::world::{PHONE, SOON, Watched, World};

/// A code lives as long as WhatsApp lets it.
const CODE_LIFE: Duration = Duration::from_secs(180);

async fn ask(world: &World, instance: InstanceId, phone: &str) -> Result<PairingCode, Error> {
    let phone = phone.parse().unwrap();
    world.gateway.request_pairing_code(instance, phone, CODE_WITHIN).await
}

/// A fresh instance with a pairing code for the phone.
async fn asked(world: &World) -> (Watched, PairingCode) {
    world.phone();
    let instance = world.instance().await;
    let code = ask(world, instance.id, PHONE).await.expect("a code");
    (instance, code)
}

async fn shows(instance: &mut Watched, what: &str, wanted: impl Fn(&State) -> bool) -> Machine {
    deadline::shown(&mut instance.shown, SOON, what, |machine| wanted(machine.state())).await
}

/// The states of an instance since it was first offered a code, oldest first.
async fn passed_through(world: &World, instance: InstanceId) -> Vec<StateName> {
    let history = world.gateway.state_history(instance, 100).await.unwrap();
    let entered = history.iter().rev().filter_map(|event| {
        let EventKind::StateChanged(change) = &event.kind else { return None };
        Some(change.to)
    });
    entered.skip_while(|state| *state != StateName::Linking).collect()
}

async fn a_typed_code_links(latency: Latency) {
    let mut world = World::new(latency);
    let (mut instance, code) = asked(&world).await;
    assert_eq!(code.text.expose().len(), 8);
    assert_eq!(code.expires_at, code.issued_at + CODE_LIFE);
    world.phone().enter_code(code.text.expose()).await.expect("the right code");
    let machine = instance.reaches(StateName::Online).await;
    assert_eq!(machine.state().linked().unwrap().phone, PHONE);
    world.restart_gateway().await;
    let machine = world.watch(instance.id).reaches(StateName::Online).await;
    assert_eq!(machine.state().linked().unwrap().phone, PHONE, "the link is kept");
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn a_typed_code_links_the_instance() {
    a_typed_code_links(Latency::None).await;
}

#[tokio::test(start_paused = true)]
async fn a_typed_code_links_the_instance_with_forty_milliseconds_of_latency() {
    a_typed_code_links(Latency::FortyMillis).await;
}

#[tokio::test(start_paused = true)]
async fn a_code_can_be_typed_in_its_last_second() {
    let world = World::new(Latency::FortyMillis);
    let (mut instance, code) = asked(&world).await;
    world.pass(CODE_LIFE.saturating_sub(Duration::from_secs(1))).await;
    world.phone().enter_code(code.text.expose()).await.expect("it still counts");
    instance.reaches(StateName::Online).await;
    assert_eq!(passed_through(&world, instance.id).await, [StateName::Linking, StateName::Online]);
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn a_code_typed_when_the_qr_codes_have_run_out_links_without_a_detour() {
    let world = World::new(Latency::FortyMillis);
    // Six QR codes last for 160 seconds.
    for second in [155, 165, 175] {
        let (mut instance, code) = asked(&world).await;
        world.pass(Duration::from_secs(second)).await;
        world.phone().enter_code(code.text.expose()).await.expect("it still counts");
        instance.reaches(StateName::Online).await;
        let passed = passed_through(&world, instance.id).await;
        assert_eq!(passed, [StateName::Linking, StateName::Online], "at {second} s");
        world.gateway.log_out(instance.id).await.unwrap();
    }
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn a_mistyped_code_can_be_typed_again() {
    let world = World::new(Latency::FortyMillis);
    let (mut instance, code) = asked(&world).await;
    let wrong = world.phone().enter_code("ABCD1234").await;
    assert_eq!(wrong, Err(CodeError::WrongCode));
    let typed =
        |state: &State| matches!(state, State::Linking(LinkingStep::PairingCodeTyped { .. }));
    shows(&mut instance, "a typed code", typed).await;
    world.pass(Duration::from_secs(10)).await;
    world.phone().enter_code(code.text.expose()).await.expect("the right code");
    instance.reaches(StateName::Online).await;
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn after_a_wrong_code_every_code_that_is_shown_works() {
    let world = World::new(Latency::FortyMillis);
    let (mut instance, _code) = asked(&world).await;
    assert_eq!(world.phone().enter_code("ABCD1234").await, Err(CodeError::WrongCode));
    // The QR codes of that attempt carry a secret that the typed code has replaced.
    let look = world.gateway.look_at_code(instance.id, Duration::from_secs(5)).await;
    assert_eq!(look.unwrap_err().kind(), Kind::Unreachable, "none is shown");
    for _ in 0..12 {
        world.gateway.keep_looking(instance.id).await.unwrap();
        world.pass(Duration::from_secs(5)).await;
    }
    let code = world.code(instance.id).await;
    world.phone().scan(code.text.expose()).await.expect("a fresh QR code");
    instance.reaches(StateName::Online).await;
    world.gateway.log_out(instance.id).await.unwrap();

    let code = ask(&world, instance.id, PHONE).await.expect("a fresh pairing code");
    world.phone().enter_code(code.text.expose()).await.expect("the right code");
    instance.reaches(StateName::Online).await;
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn a_second_request_ends_the_first_code_at_once() {
    let world = World::new(Latency::FortyMillis);
    let (mut instance, first) = asked(&world).await;
    let second = ask(&world, instance.id, PHONE).await.expect("a second code");
    assert_ne!(first.text, second.text);
    assert_eq!(world.phone().enter_code(first.text.expose()).await, Err(CodeError::WrongCode));
    world.phone().enter_code(second.text.expose()).await.expect("the newer code");
    instance.reaches(StateName::Online).await;
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn the_qr_code_beside_a_pairing_code_can_be_scanned_whenever_it_is_shown() {
    let world = World::new(Latency::FortyMillis);
    world.phone();
    for second in [0, 59, 61, 99, 141, 158] {
        let mut instance = world.instance().await;
        ask(&world, instance.id, PHONE).await.expect("a code");
        world.pass(Duration::from_secs(second)).await;
        let qr = world.code(instance.id).await;
        world.phone().scan(qr.text.expose()).await.expect("it is one that counts");
        instance.reaches(StateName::Online).await;
        world.gateway.log_out(instance.id).await.unwrap();
    }
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn whoever_looks_for_a_qr_code_that_has_run_out_beside_a_pairing_code_is_told_until_when() {
    let world = World::new(Latency::None);
    let (instance, code) = asked(&world).await;
    // Six QR codes last for 160 seconds, the pairing code for 180.
    world.pass(Duration::from_secs(159)).await;
    let look = world.gateway.look_at_code(instance.id, Duration::from_secs(5)).await.unwrap();
    assert!(matches!(look, Look::Code(_)), "{look:?}");
    world.pass(Duration::from_secs(2)).await;
    let look = world.gateway.look_at_code(instance.id, Duration::from_secs(5)).await.unwrap();
    let Look::NotBefore { at, .. } = look else { panic!("{look:?}") };
    assert_eq!(at, code.expires_at);
    let look = world.gateway.look_at_code(instance.id, CODE_WITHIN).await.unwrap();
    assert!(matches!(look, Look::Code(_)), "the next attempt begins in time: {look:?}");
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn a_code_that_nobody_types_ends_and_the_connection_with_it() {
    let world = World::new(Latency::None);
    let (mut instance, code) = asked(&world).await;
    let unlinked = instance.reaches_within(CODE_LIFE + SOON, StateName::Unlinked).await;
    assert_eq!(unlinked.state(), &State::Unlinked { last: Some(Outcome::NotTyped) });
    assert!(unlinked.since() >= code.expires_at);
    assert_eq!(world.sim.report().live_connections, 0);
    let late = world.phone().enter_code(code.text.expose()).await;
    assert_eq!(late, Err(CodeError::NothingPending));
    let code = ask(&world, instance.id, PHONE).await.expect("a new one");
    world.phone().enter_code(code.text.expose()).await.expect("the right code");
    instance.reaches(StateName::Online).await;
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn a_number_that_whatsapp_does_not_know_is_refused_and_the_next_request_works() {
    let world = World::new(Latency::FortyMillis);
    world.phone();
    let mut instance = world.instance().await;
    let error = ask(&world, instance.id, "15550009999").await.unwrap_err();
    assert_eq!(error.kind(), Kind::Invalid);
    let code = ask(&world, instance.id, PHONE).await.expect("a code");
    world.phone().enter_code(code.text.expose()).await.expect("the right code");
    instance.reaches(StateName::Online).await;
    world.end(&[RefusalKind::PairingCode]).await;
}
