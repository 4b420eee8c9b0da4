//! Every end that WhatsApp or the network can make of a connection, and what the gateway shows of it.
#![expect(clippy::expect_used, reason = "test code")]

use std::collections::BTreeMap;
use std::time::Duration;

use waygate_core::instance::machine::Machine;
use waygate_core::instance::state::{State, StateName};
use waygate_core::reason::EndReason;
use waygate_engine::look::{CODE_WITHIN, Look};
use waygate_sim::{Failure, Fault, Latency, Moment, Order, StreamError};
use waygate_testkit::deadline;
use waygate_testkit::world::{PHONE, SOON, Watched, World};

/// What an instance shows when a connection has ended for good or for a while, and why.
type Shown = (StateName, Option<EndReason>);

fn shown(machine: &Machine) -> Option<Shown> {
    match machine.state() {
        State::Pending
        | State::Stopped { .. }
        | State::Connecting { .. }
        | State::Linking(_)
        | State::Online { .. } => None,
        State::Unlinked { .. }
        | State::Offline { .. }
        | State::Suspended { .. }
        | State::Banned
        | State::Failed { .. } => Some((machine.state().name(), machine.last_end())),
    }
}

async fn end(instance: &mut Watched, named: &str) -> Shown {
    let is_shown = |machine: &Machine| shown(machine).is_some();
    let machine = deadline::shown(&mut instance.shown, SOON, named, is_shown).await;
    shown(&machine).expect("it was waited for")
}

/// Sees an instance come back, or puts it away; in either case nothing of the fault is left.
async fn is_over(world: &World, mut instance: Watched, shown: &Shown) {
    if shown.0 == StateName::Offline {
        // The longest first wait of all reasons is a quarter of an hour.
        instance.reaches_within(Duration::from_mins(16), StateName::Online).await;
    }
    world.gateway.log_out(instance.id).await.expect("it can be logged out");
    // Some were put away here only, and some on the phone only.
    drop(world.phone().unlink(None).await);
}

fn attrs(name: &str, value: &str) -> BTreeMap<String, String> {
    BTreeMap::from([(name.to_owned(), value.to_owned())])
}

/// Ends that are said in a stream, with what is known, missing and nonsense.
fn ends() -> Vec<(StreamError, Shown)> {
    use StateName::{Offline, Unlinked};
    let error = |code| StreamError { code, ..StreamError::default() };
    let conflict = |code, kind: &str| StreamError { conflict: Some(kind.into()), ..error(code) };
    let child = |tag: &str| StreamError { child: Some(tag.into()), ..error(None) };
    let fault = |code| (Offline, Some(EndReason::StreamFault { code }));
    let removed = (Unlinked, Some(EndReason::DeviceRemoved));
    let replaced = (Offline, Some(EndReason::Replaced));
    let unknown = (Offline, Some(EndReason::UnknownConflict));
    vec![
        (error(Some(516)), removed),
        (conflict(Some(401), "device_removed"), removed),
        (conflict(None, "device_removed"), removed),
        (error(Some(401)), (Offline, Some(EndReason::StreamUnauthorized))),
        (conflict(Some(401), "news"), unknown),
        (conflict(None, ""), unknown),
        (conflict(Some(409), "replaced"), replaced),
        (conflict(None, "replaced"), replaced),
        (conflict(Some(409), ""), replaced),
        (error(Some(409)), replaced),
        (error(Some(429)), (Offline, Some(EndReason::RateLimited))),
        (error(Some(503)), (Offline, Some(EndReason::ServerBusy))),
        (error(Some(500)), fault(500)),
        (error(Some(599)), fault(599)),
        (error(None), fault(0)),
        (StreamError { attrs: attrs("code", "garbage"), ..error(None) }, fault(0)),
        (child("xml-not-well-formed"), (Offline, Some(EndReason::Malformed))),
        (child("ack"), (Offline, Some(EndReason::Closed))),
    ]
}

#[tokio::test(start_paused = true)]
async fn every_end_that_is_said_while_connected_is_shown_by_the_table() {
    let world = World::new(Latency::FortyMillis);
    for (error, expected) in ends() {
        let named = format!("{error:?}");
        let mut instance = world.linked().await;
        world.sim.inject(Fault::StreamError(error).on(PHONE));
        assert_eq!(end(&mut instance, &named).await, expected, "{named}");
        is_over(&world, instance, &expected).await;
    }
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn every_end_that_is_said_in_place_of_a_login_is_shown_by_the_table() {
    let world = World::new(Latency::FortyMillis);
    for (error, expected) in ends() {
        let named = format!("{error:?}");
        let mut instance = world.linked().await;
        let at_login = StreamError { at: Moment::Login, ..error };
        world.sim.inject(Fault::StreamError(at_login).on(PHONE).times(1));
        world.sim.inject(Fault::stream_error(515).on(PHONE));
        assert_eq!(end(&mut instance, &named).await, expected, "{named}");
        is_over(&world, instance, &expected).await;
    }
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn an_end_without_a_reason_is_a_lost_connection() {
    let world = World::new(Latency::FortyMillis);
    let mut instance = world.linked().await;
    let restart = || Fault::stream_error(515).on(PHONE);
    let now = |fault: Fault| vec![fault.on(PHONE)];
    let at_login = |fault: Fault| vec![fault.on(PHONE).times(1), restart()];
    let (at, login) = (Moment::Now, Moment::Login);
    for (orders, reason) in [
        (now(Fault::EndStream { at }), EndReason::Closed),
        (now(Fault::CloseConnection { at }), EndReason::Closed),
        (now(Fault::CutConnection { at }), EndReason::Closed),
        (at_login(Fault::CloseConnection { at: login }), EndReason::Closed),
        // The server's half of the handshake is lost with it.
        (at_login(Fault::CutConnection { at: login }), EndReason::DialFailed),
    ] {
        let named = format!("{orders:?}");
        for order in orders {
            world.sim.inject(order);
        }
        assert_eq!(end(&mut instance, &named).await, (StateName::Offline, Some(reason)), "{named}");
        // A wait of a second or two, ten per cent more, and a login.
        instance.reaches_within(Duration::from_mins(1), StateName::Online).await;
    }
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_dies_in_place_of_a_login_is_given_up_for_a_new_one() {
    let world = World::new(Latency::FortyMillis);
    let mut instance = world.linked().await;
    world.sim.inject(Fault::GoMute { at: Moment::Login }.on(PHONE).times(1));
    world.sim.inject(Fault::stream_error(515).on(PHONE));
    instance.reaches(StateName::Connecting).await;
    // As long as for a connection that has died later, see keep_alive.rs: three looks, two pings and 4 s.
    // Then a wait of a second and ten per cent, and a login.
    let limit = Duration::from_secs(3 * 30 + 2 * 20 + 4 + 10);
    instance.reaches_within(limit, StateName::Online).await;
    assert_eq!(world.sim.report().faults["go_mute"], 1);
    world.end_clean().await;
}

/// Refusals of a login, with what is known, missing and nonsense.
fn refusals() -> Vec<(Failure, Shown)> {
    use StateName::{Banned, Failed, Offline, Suspended, Unlinked};
    let failure = |reason| Failure { reason, ..Failure::default() };
    let mut rows: Vec<(Failure, Shown)> = [
        (Offline, &[400, 403, 404, 405, 409, 412, 415, 418, 500, 501, 503, 777][..]),
        (Unlinked, &[401]),
        (Banned, &[406]),
        (Failed, &[411, 413, 414]),
    ]
    .into_iter()
    .flat_map(|(state, codes)| codes.iter().map(move |code| (state, *code)))
    .map(|(state, code)| (failure(Some(code)), (state, Some(EndReason::Refused { code }))))
    .collect();
    let nothing = (Offline, Some(EndReason::Refused { code: 0 }));
    rows.push((failure(None), nothing));
    rows.push((Failure { attrs: attrs("reason", "garbage"), ..failure(None) }, nothing));
    let ban = |expires_in| (Suspended, Some(EndReason::TemporaryBan { expires_in }));
    let hour = Failure { code: Some(101), expire_s: Some(3600), ..failure(Some(402)) };
    rows.push((hour.clone(), ban(Some(Duration::from_hours(1)))));
    rows.push((
        Failure { message: Some("why".into()), ..hour.clone() },
        ban(Some(Duration::from_hours(1))),
    ));
    rows.push((failure(Some(402)), ban(None)));
    rows.push((Failure { code: None, ..hour.clone() }, ban(None)));
    rows.push((Failure { attrs: attrs("expire", "soon"), ..hour }, ban(None)));
    let token = Failure { attrs: attrs("appeal_token", "x"), ..failure(Some(403)) };
    rows.push((token, (Offline, Some(EndReason::Refused { code: 403 }))));
    rows
}

#[tokio::test(start_paused = true)]
async fn every_refusal_of_a_login_is_shown_by_the_table() {
    let world = World::new(Latency::FortyMillis);
    for (failure, expected) in refusals() {
        let named = format!("{failure:?}");
        let mut instance = world.linked().await;
        world.sim.inject(Fault::RefuseLogins(failure).times(1));
        world.sim.inject(Fault::stream_error(515).on(PHONE));
        assert_eq!(end(&mut instance, &named).await, expected, "{named}");
        is_over(&world, instance, &expected).await;
    }
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn a_refused_registration_is_followed_by_a_code_all_the_same() {
    let world = World::new(Latency::FortyMillis);
    for (failure, _) in refusals() {
        let named = format!("{failure:?}");
        let instance = world.instance().await;
        world.sim.inject(Fault::RefuseRegistrations(failure).times(1));
        // The longest wait is that for the end of a ban that has none: a day and half an hour.
        let limit = Duration::from_hours(25);
        let shown = tokio::time::timeout(limit, async {
            while !matches!(
                world.gateway.look_at_code(instance.id, CODE_WITHIN).await,
                Ok(Look::Code(_))
            ) {
                world.pass(Duration::from_mins(5)).await;
            }
        });
        shown.await.unwrap_or_else(|_| panic!("no code after {named}"));
        world.gateway.remove_instance(instance.id).await.expect("it is removed");
    }
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_refuses_hangs_or_restarts_is_come_back_to() {
    let world = World::new(Latency::FortyMillis);
    let other = world.sim.add_phone("15550002222").expect("a phone");
    let mut instance = world.linked().await;
    for order in [
        Fault::RestartServer { down_ms: 20_000 }.into(),
        Fault::RefuseDials { status: 429 }.times(3),
        Order::from(Fault::refuse_dials()).for_ms(20_000),
        Fault::HangDials.times(1),
    ] {
        let named = format!("{order:?}");
        world.sim.inject(order);
        world.sim.inject(Fault::cut());
        end(&mut instance, &named).await;
        other.send_text(PHONE, &named).expect("it is sent");
        // After 1, 2, 4, 7, 12, 20 and 33 s; down for 20 s, and ten per cent. A hanging dial is given
        // up after 20 s.
        instance.reaches_within(Duration::from_mins(1), StateName::Online).await;
        let read = other.inbox_has(|inbox| {
            let by_it = |it: &waygate_sim::InboxReceipt| it.device == 1 && it.kind != "retry";
            inbox.last().is_some_and(|last| last.receipts.iter().any(by_it)).then_some(())
        });
        tokio::time::timeout(SOON, read).await.expect("what has waited arrives");
        // Thirty good seconds, and the waits start anew.
        world.pass(Duration::from_mins(1)).await;
    }
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn a_notice_that_a_version_ends_and_a_slow_phone_change_nothing() {
    let world = World::new(Latency::FortyMillis);
    world.phone();
    world.sim.inject(Fault::SlowPhone { by_ms: 9_000 }.on(PHONE));
    let instance = world.linked().await;
    for in_s in [Some(86_400), None] {
        let notice = waygate_sim::Notice { in_s, ..waygate_sim::Notice::default() };
        world.sim.inject(Fault::ClientExpiration(notice));
    }
    world.pass(Duration::from_mins(1)).await;
    assert_eq!(instance.shown.borrow().state().name(), StateName::Online);
    assert_eq!(world.sim.report().faults["client_expiration"], 2);
    world.end_clean().await;
}
