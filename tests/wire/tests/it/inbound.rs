//! Messages for a linked instance: it takes them, says so, and stays what it is.

use std::time::Duration;

use waygate_core::instance::state::StateName;
use waygate_sim::{Fault, Latency};
use waygate_testkit::world::{PHONE, World};

const OTHER: &str = "15550002222";

#[tokio::test(start_paused = true)]
async fn an_instance_takes_a_message_and_says_that_it_has_come() {
    let world = World::new(Latency::FortyMillis);
    let other = world.sim.add_phone(OTHER).expect("a phone");
    let instance = world.linked().await;
    for number in 0..3 {
        other.send_text(PHONE, &format!("message {number}")).expect("it is sent");
    }
    world.phone().send_text(OTHER, "an answer").expect("it is sent");
    world.pass(Duration::from_secs(5)).await;
    let inbox = other.inbox();
    for message in inbox.iter().filter(|message| message.from == OTHER) {
        let by_instance: Vec<_> = message.receipts.iter().filter(|it| it.device == 1).collect();
        assert_eq!(by_instance.len(), 1, "{message:?}");
    }
    assert_eq!(inbox.len(), 4);
    assert_eq!(world.phone().devices()[0].queued, 0);
    assert_eq!(instance.shown.borrow().state().name(), StateName::Online);
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn what_came_while_an_instance_was_away_comes_when_it_is_back() {
    let world = World::new(Latency::FortyMillis);
    let other = world.sim.add_phone(OTHER).expect("a phone");
    let mut instance = world.linked().await;
    world.sim.inject(Fault::refuse_dials().times(1));
    world.sim.inject(Fault::cut().on(PHONE));
    for number in 0..3 {
        other.send_text(PHONE, &format!("message {number}")).expect("it is sent");
    }
    assert_eq!(world.phone().devices()[0].queued, 3);
    world.pass(Duration::from_secs(60)).await;
    instance.reaches(StateName::Online).await;
    assert_eq!(world.phone().devices()[0].queued, 0);
    world.end_clean().await;
}
