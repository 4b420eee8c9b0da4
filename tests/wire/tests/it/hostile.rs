//! A server that says nonsense, loses things and takes its time: an instance survives it.
#![expect(clippy::expect_used, clippy::panic, reason = "test code")]

use std::str::FromStr;
use std::time::Duration;

use waygate_core::instance::state::{State, StateName};
use waygate_link::WhatsApp;
use waygate_sim::{Direction, Fault, Latency, Moment, Order, Phone, StanzaKind, ViolationKind};
use waygate_testkit::deadline;
use waygate_testkit::world::{PHONE, Watched, World};

const KINDS: [StanzaKind; 8] = [
    StanzaKind::Message,
    StanzaKind::Receipt,
    StanzaKind::Notification,
    StanzaKind::Iq,
    StanzaKind::Ack,
    StanzaKind::Presence,
    StanzaKind::Chatstate,
    StanzaKind::Ib,
];

/// What a client does that is told nonsense: it says what it should not, asks for what there is not,
/// and owes a receipt for what it could not make out. That it uses a counter twice, keeps two
/// streams or forgets its keys is never the server's doing.
const PLANTED: [ViolationKind; 3] =
    [ViolationKind::Refused, ViolationKind::Unknown, ViolationKind::AckedAndDropped];

/// What goes wrong in a round: some of everything that can be done to a stanza, and now and then the
/// end of a connection.
fn hostility() -> Vec<Order> {
    let mut orders = Vec::new();
    // All but `<success>`: a client waits for that one as long as its pings are answered.
    for kind in KINDS {
        let stanza = Some(kind);
        orders.push(Order::from(Fault::Mutate { stanza }).percent(25));
        for direction in [Direction::ToClient, Direction::FromClient] {
            orders.extend([
                Order::from(Fault::Drop { direction, stanza }).percent(5),
                Order::from(Fault::Delay { by_ms: 3_000, direction, stanza }).percent(10),
                Order::from(Fault::Duplicate { direction, stanza }).percent(10),
                Order::from(Fault::Reorder { direction, stanza }).percent(10),
            ]);
        }
    }
    for at in [Moment::Login, Moment::BeforeClientAck, Moment::AfterClientAck] {
        orders.push(Order::from(Fault::CutConnection { at }).percent(5));
    }
    orders.push(Order::from(Fault::refuse_dials()).percent(10));
    orders
}

/// What a server does all day, and a few reasons to log in again.
async fn a_busy_minute(world: &World, instance: &Watched, other: &Phone) {
    for second in 0..6 {
        other.send_text(PHONE, "hello").expect("it is sent");
        other.show_chat_state(PHONE, waygate_sim::ChatState::Composing).expect("it is shown");
        world.phone().set_push_name(&format!("Phone {second}"));
        if second == 2 {
            world.sim.inject(Fault::stream_error(515).on(PHONE));
        }
        if second == 4 {
            // Refused while it is put away; then a person will do it.
            drop(world.gateway.restart_instance(instance.id).await);
        }
        world.pass(Duration::from_secs(10)).await;
    }
}

/// Waits until an instance is online again, and sees it take a message on its next connection: what was
/// lost on a connection stays lost as long as that lasts.
async fn is_well(world: &World, instance: &mut Watched, other: &Phone, named: &str) {
    // The longest wait of a linked instance is a quarter of an hour and ten per cent; a connection
    // that is half dead by then is given up within three minutes.
    let limit = Duration::from_mins(20);
    let well = deadline::shown(&mut instance.shown, limit, named, |machine| {
        matches!(machine.state(), State::Online { .. } | State::Failed { .. })
    });
    if well.await.state().name() == StateName::Failed {
        world.gateway.restart_instance(instance.id).await.expect("a person may always try");
        instance.reaches(StateName::Online).await;
    }
    world.sim.inject(Fault::cut().on(PHONE));
    instance.reaches(StateName::Offline).await;
    // With all that has gone wrong the waits may have grown to the longest.
    instance.reaches_within(limit, StateName::Online).await;
    let id = other.send_text(PHONE, "are you well?").expect("it is sent");
    let taken = other.inbox_has(|inbox| {
        let sent = inbox.iter().find(|it| it.id == id)?;
        sent.receipts.iter().any(|it| it.device != 0 && it.kind != "retry").then_some(())
    });
    tokio::time::timeout(Duration::from_mins(10), taken)
        .await
        .unwrap_or_else(|_| panic!("a message is not taken: {named}"));
}

#[expect(clippy::disallowed_methods, reason = "test code that a person runs with other figures")]
fn setting<T: FromStr>(name: &str) -> Option<T> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

#[tokio::test(start_paused = true)]
async fn an_instance_survives_a_server_gone_mad_and_is_well_when_it_has_recovered() {
    let seed = setting("HOSTILITY_SEED").unwrap_or(1);
    let wanted = setting("HOSTILITY").unwrap_or(20);
    let world = World::seeded(Latency::FortyMillis, seed);
    let other = world.sim.add_phone("15550002222").expect("a phone");
    let mut instance = world.linked().await;
    let panics = WhatsApp::panics_caught();
    let changed = || world.sim.report().faults.get("mutate").copied().unwrap_or_default();
    while changed() < wanted {
        for order in hostility() {
            world.sim.inject(order);
        }
        a_busy_minute(&world, &instance, &other).await;
        world.sim.lift_faults();
        let named = format!("seed {seed}, after {} changed stanzas", changed());
        is_well(&world, &mut instance, &other, &named).await;
    }
    assert_eq!(WhatsApp::panics_caught(), panics, "seed {seed}");
    world.end_with_planted(&PLANTED).await;
}
