//! A run with one seed is the same run every time: every stanza at its moment, byte by byte.

use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use tokio::time::timeout;
use waygate_sim::{
    Answers, Away, Behaviour, Fault, Phone, Reads, Sim, SimConfig, TraceLine, Wait, Writes,
};

use crate::{correspondent::Correspondent, linking::NUMBER, messages::OTHER, oracle::ack};

/// How often somebody does something in one run.
const TURNS: u32 = 40;

/// What a run shows of itself.
#[derive(Debug, PartialEq, Eq)]
struct Run {
    trace: Vec<TraceLine>,
    inboxes: String,
    report: String,
}

fn wait(min_ms: u64, max_ms: u64) -> Wait {
    Wait { min_ms, max_ms }
}

fn behaviour(to: &str) -> Behaviour {
    Behaviour {
        scans: Some(wait(500, 5_000)),
        reads: Some(Reads { percent: 80, after: wait(100, 20_000) }),
        answers: Some(Answers { percent: 60, after: wait(500, 5_000), typing: wait(1_000, 8_000) }),
        writes: Some(Writes { to: vec![to.to_owned()], every: wait(2_000, 30_000) }),
        away: Some(Away { after: wait(10_000, 60_000), stays: wait(5_000, 40_000) }),
        unlinks: None,
    }
}

/// Takes what has come: reads, acknowledges, receipts.
async fn take_all(companion: &mut Correspondent) {
    for message in companion.settle().await.iter().filter(|node| node.tag == "message") {
        let read = companion.read(message).await;
        let own = read.device_sent_message.as_option().is_some();
        companion.stream.send(&ack(message)).await;
        companion.tell(message, own.then_some("sender")).await;
    }
}

/// Everybody does something, and a connection is cut now and then. All chance is from the seed.
async fn play(seed: u64) -> Run {
    let sim = Sim::new(SimConfig { seed, ..SimConfig::default() });
    sim.keep_trace();
    let phones: [Phone; 2] = [NUMBER, OTHER].map(|number| sim.add_phone(number).unwrap());
    for (phone, to) in phones.iter().zip([OTHER, NUMBER]) {
        phone.behave(behaviour(to)).unwrap();
    }
    let mut ada = Correspondent::online(&sim, &phones[0], seed).await;
    let mut ben = Correspondent::online(&sim, &phones[1], seed + 1_000).await;
    let mut chance = StdRng::seed_from_u64(seed);
    for _ in 0..TURNS {
        match chance.random_range(0..6) {
            0 => drop(ada.write(OTHER, "from the desk").await),
            1 => drop(ben.write(NUMBER, "from another desk").await),
            2 => {
                sim.inject(Fault::cut().on_device(NUMBER, 1));
                while sim.report().live_connections > 1 {
                    tokio::task::yield_now().await;
                }
                ada.come_back(&sim).await;
            }
            _ => {}
        }
        take_all(&mut ada).await;
        take_all(&mut ben).await;
        let time = Duration::from_millis(chance.random_range(0..10_000));
        timeout(time, std::future::pending::<()>()).await.unwrap_err();
    }
    sim.report().is_clean().unwrap_or_else(|complaint| panic!("seed {seed}: {complaint}"));
    let inboxes = format!("{:?}", phones.each_ref().map(Phone::inbox));
    Run { trace: sim.trace(), inboxes, report: format!("{:?}", sim.report()) }
}

/// Plays a run on a runtime of its own, as another process would.
fn played(seed: u64) -> Run {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(play(seed))
}

#[test]
fn a_seed_gives_the_same_trace_twice_and_another_one_another() {
    let mut first_ids = Vec::new();
    for seed in 1..=3 {
        let (first, second) = (played(seed), played(seed));
        let differing = first.trace.iter().zip(&second.trace).position(|(one, other)| one != other);
        if let Some(place) = differing {
            panic!("seed {seed}: {:?} against {:?}", first.trace[place], second.trace[place]);
        }
        assert_eq!(first, second, "seed {seed}");
        assert!(first.trace.len() > 200, "seed {seed}: {} stanzas", first.trace.len());
        first_ids.push(first.trace);
    }
    first_ids.dedup();
    assert_eq!(first_ids.len(), 3);
}
