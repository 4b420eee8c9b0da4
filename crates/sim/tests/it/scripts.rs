//! Phones that act by themselves.

use std::time::Duration;

use tokio::time::{Instant, advance};
use waygate_sim::{
    Answers, Away, Behaviour, BehaviourError, ChatState, InboxMessage, Phone, Reads, Sim,
    SimConfig, Wait, Writes,
};

use crate::{
    companion::Companion,
    correspondent::Correspondent,
    linking::{NUMBER, world},
    messages::{OTHER, two_phones},
};

fn wait(min_ms: u64, max_ms: u64) -> Wait {
    Wait { min_ms, max_ms }
}

fn two() -> (Sim, [Phone; 2]) {
    let sim = Sim::new(SimConfig::default());
    let phones = [NUMBER, OTHER].map(|number| sim.add_phone(number).unwrap());
    (sim, phones)
}

fn reads_after(after: Wait) -> Reads {
    Reads { percent: 100, after }
}

/// Whether somebody has read a message.
fn is_read(message: &InboxMessage) -> bool {
    message.receipts.iter().any(|receipt| receipt.kind == "read")
}

#[tokio::test(start_paused = true)]
async fn a_phone_reads_types_and_answers_in_its_time() {
    let (sim, [ada, ben]) = two();
    let answers = Answers { percent: 100, after: wait(2_000, 2_000), typing: wait(3_000, 3_000) };
    let reads = Some(reads_after(wait(1_000, 1_000)));
    ben.behave(Behaviour { reads, answers: Some(answers), ..Behaviour::default() }).unwrap();
    ada.send_text(OTHER, "are you there?").unwrap();
    let begun = Instant::now();
    ada.inbox_has(|inbox| is_read(&inbox[0]).then_some(())).await;
    assert_eq!(begun.elapsed().as_millis(), 1_000);
    advance(Duration::from_millis(2_000)).await;
    tokio::task::yield_now().await;
    assert_eq!(ada.chat_states()[OTHER], ChatState::Composing);
    let answer = ada.inbox_has(|inbox| inbox.get(1).cloned()).await;
    assert_eq!((answer.from.as_str(), begun.elapsed().as_millis()), (OTHER, 6_000));
    assert_eq!(ada.chat_states()[OTHER], ChatState::Paused);
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn of_a_hundred_messages_so_many_are_read_as_was_said() {
    for (percent, expected) in [(0, 0..=0), (50, 30..=70), (100, 100..=100)] {
        let (sim, [ada, ben]) = two();
        let reads = Some(Reads { percent, after: wait(0, 100) });
        ben.behave(Behaviour { reads, ..Behaviour::default() }).unwrap();
        for _ in 0..100 {
            ada.send_text(OTHER, "hello").unwrap();
        }
        advance(Duration::from_millis(100)).await;
        tokio::time::timeout(Duration::from_secs(1), std::future::pending::<()>())
            .await
            .unwrap_err();
        let read = ada.inbox().iter().filter(|message| is_read(message)).count();
        assert!(expected.contains(&read), "{percent} of a hundred: {read}");
        sim.report().is_clean().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_phone_writes_of_its_own_accord_until_it_is_told_not_to() {
    let (sim, [ada, ben]) = two();
    let writes = Writes { to: vec![NUMBER.to_owned()], every: wait(1_000, 1_000) };
    ben.behave(Behaviour { writes: Some(writes), ..Behaviour::default() }).unwrap();
    ada.inbox_has(|inbox| (inbox.len() == 3).then_some(())).await;
    ben.behave(Behaviour::default()).unwrap();
    assert_eq!(ben.behaviour(), Behaviour::default());
    passes(Duration::from_secs(10)).await;
    assert_eq!(ada.inbox().len(), 3);
    sim.report().is_clean().unwrap();
}

/// Lets time pass, with all that happens in it.
async fn passes(time: Duration) {
    tokio::time::timeout(time, std::future::pending::<()>()).await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn a_phone_that_is_put_away_reads_when_it_is_back() {
    let (sim, [ada, ben]) = two();
    let away = Some(Away { after: wait(1_000, 1_000), stays: wait(60_000, 60_000) });
    let reads = Some(reads_after(wait(0, 0)));
    ben.behave(Behaviour { reads, away, ..Behaviour::default() }).unwrap();
    passes(Duration::from_secs(2)).await;
    ada.send_text(OTHER, "are you there?").unwrap();
    let sent = Instant::now();
    ada.inbox_has(|inbox| is_read(&inbox[0]).then_some(())).await;
    assert_eq!(sent.elapsed().as_secs(), 59);
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn whoever_watches_sees_a_phone_come_and_go() {
    let (sim, _, other, mut ada) = two_phones().await;
    let away = Some(Away { after: wait(1_000, 1_000), stays: wait(2_000, 2_000) });
    other.behave(Behaviour { away, ..Behaviour::default() }).unwrap();
    let subscribe = wacore_binary::builder::NodeBuilder::new("presence")
        .attr("type", "subscribe")
        .attr("to", format!("{OTHER}@s.whatsapp.net"));
    passes(Duration::from_millis(500)).await;
    ada.stream.send(&subscribe.build()).await;
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.push(crate::stream::text(&ada.stream.next_of("presence").await, "type"));
    }
    assert_eq!(seen, ["", "unavailable", ""]);
    other.behave(Behaviour::default()).unwrap();
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_code_is_scanned_when_its_owner_has_found_the_camera() {
    let (sim, phone) = world();
    phone.behave(Behaviour { scans: Some(wait(7_000, 7_000)), ..Behaviour::default() }).unwrap();
    let begun = Instant::now();
    Companion::new(1).link(&sim, &phone).await;
    // 300 ms of them are the end of the stream.
    assert_eq!(begun.elapsed().as_millis(), 7_300);
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_phone_unlinks_its_devices_after_so_long() {
    let (sim, phone) = world();
    let mut ada = Correspondent::online(&sim, &phone, 1).await;
    phone.behave(Behaviour { unlinks: Some(wait(5_000, 5_000)), ..Behaviour::default() }).unwrap();
    let error = ada.stream.next_of("stream:error").await;
    assert_eq!(crate::stream::text(&error, "code"), "401");
    assert_eq!(phone.devices(), []);
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_behaviour_that_cannot_be_played_is_refused_and_changes_nothing() {
    let (sim, phone) = world();
    let right = Behaviour { scans: Some(wait(1, 2)), ..Behaviour::default() };
    phone.behave(right.clone()).unwrap();
    let wrong = Behaviour { scans: Some(wait(2, 1)), ..Behaviour::default() };
    assert_eq!(phone.behave(wrong), Err(BehaviourError::Wait));
    assert_eq!(phone.behaviour(), right);
    sim.report().is_clean().unwrap();
}
