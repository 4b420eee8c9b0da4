//! W8: events have numbers by which a receiver sees what it lacks; after a replay it lacks nothing.

use proptest::prelude::*;
use tokio::runtime::Builder;
use waygate_core::port::outbound::Undelivered;
use waygate_core::port::webhooks::DeadLetters;

use super::promises::until_nothing_is_due;
use super::receiver::{answer, sequences};
use super::*;

/// What becomes of letters, one after the other, round and round; at the end all is well.
#[derive(Debug, Clone, Copy)]
enum Turn {
    Arrives,
    /// It was worked on, and there is no answer.
    Dies,
    Refused(u16),
}

fn turn() -> impl Strategy<Value = Turn> {
    prop_oneof![
        Just(Turn::Arrives),
        Just(Turn::Dies),
        prop_oneof![Just(302), Just(400), Just(429), Just(500), Just(503)].prop_map(Turn::Refused),
    ]
}

/// Each case lives through the three days of ten attempts, so there are fewer of them than of others.
fn config() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { cases: usual.cases / 16, failure_persistence: None, ..usual }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn there_is_no_gap_after_a_replay(
        turns in prop::collection::vec(turn(), 1..12),
        written in prop::collection::vec(1_usize..6, 1..5),
    ) {
        let runtime = Builder::new_current_thread().enable_all().start_paused(true).build();
        runtime.unwrap().block_on(no_gap(turns, written));
    }
}

async fn no_gap(turns: Vec<Turn>, written: Vec<usize>) {
    let (place, gateway) = Place::new().await;
    let endpoint = place.endpoint(&gateway, "https://receiver.example/hook").await.record.id;
    gateway.shut_down(PATIENCE).await;
    let mut fates = turns.into_iter().cycle();
    let receiver = Receiver::new(move |_| {
        let came = match fates.next() {
            Some(Turn::Refused(status)) => Ok(answer(status)),
            Some(Turn::Dies) => Err(Undelivered::Garbled),
            Some(Turn::Arrives) | None => Ok(answer(200)),
        };
        (Duration::from_millis(20), came)
    });
    // Each process ends in the middle of something.
    for &events in &written {
        place.happens(events).await;
        let heard = receiver.heard().len();
        let gateway = place.deliverer(&receiver);
        receiver.hears(heard + 1).await;
        gateway.shut_down(PATIENCE).await;
    }
    let gateway = place.deliverer(&receiver);
    until_nothing_is_due(&place).await;
    let well = Receiver::new(|_| (Duration::ZERO, Ok(answer(200))));
    let of = (place.account, endpoint);
    let dead = gateway.webhook_deliveries(of, true, None, u32::MAX).await.unwrap().len();
    gateway.shut_down(PATIENCE).await;
    let gateway = place.deliverer(&well);
    let replayed = gateway.replay_webhook_deliveries(of.0, of.1, DeadLetters::default());
    assert_eq!(replayed.await.unwrap(), dead as u64);
    until_nothing_is_due(&place).await;
    gateway.shut_down(PATIENCE).await;
    let all = gateway.webhook_deliveries(of, false, None, u32::MAX).await.unwrap();
    assert!(all.iter().all(|it| it.status.as_str() == "arrived"));
    let told = sequences(&[receiver.heard(), well.heard()].concat());
    let count = written.iter().sum::<usize>();
    let (first, last) = (told.first().unwrap(), told.last().unwrap());
    assert_eq!((told.len(), last - first + 1), (count, count as u64));
}
