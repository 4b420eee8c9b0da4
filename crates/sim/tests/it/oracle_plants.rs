//! Clients that do wrong, planted at random moments of ordinary traffic: the oracle finds each of
//! them, and finds nothing in the same traffic without it.

use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use tokio::time::advance;
use waproto::whatsapp::Message;
use waygate_sim::{Phone, Sim, ViolationKind};

use crate::{
    correspondent::Correspondent,
    linking::NUMBER,
    messages::{OTHER, two_companions},
    oracle::ack,
    stream::error_code,
};

/// How often each is planted, every time at another moment.
const PLANTED: u64 = 10;

/// The steps of one run's traffic.
const STEPS: u32 = 30;

/// What Ada's client does wrong once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plant {
    /// It writes with sessions that it had some steps before, as from an old backup.
    CounterReused,
    /// It acknowledges a message and throws it away.
    AckedAndDropped,
    /// It opens a second connection and uses both.
    TwoStreams,
}

/// Traffic between two companions and two phones.
struct Traffic {
    sim: Sim,
    phones: [Phone; 2],
    ada: Correspondent,
    ben: Correspondent,
    chance: StdRng,
}

impl Traffic {
    async fn new(seed: u64) -> Self {
        let (sim, phones, ada, ben) = two_companions().await;
        Self { sim, phones, ada, ben, chance: StdRng::seed_from_u64(seed) }
    }

    /// One of four writes, and everybody takes what has come.
    async fn step(&mut self) {
        match self.chance.random_range(0..4) {
            0 => drop(self.ada.write(OTHER, "from Ada's desk").await),
            1 => drop(self.ben.write(NUMBER, "from Ben's desk").await),
            2 => drop(self.phones[0].send_text(OTHER, "from Ada's pocket").unwrap()),
            _ => drop(self.phones[1].send_text(NUMBER, "from Ben's pocket").unwrap()),
        }
        take_all(&mut self.ada).await;
        take_all(&mut self.ben).await;
        advance(Duration::from_millis(self.chance.random_range(0..5_000))).await;
    }

    /// Does what is wrong, and returns the id of the stanza that shows it if there is one.
    async fn plant(&mut self, plant: Plant) -> Option<String> {
        match plant {
            Plant::CounterReused => {
                let saved = self.ada.sessions.clone();
                self.ada.write(OTHER, "what was written after the backup").await;
                self.ada.sessions = saved;
                Some(self.ada.write(OTHER, "what is written after its restoration").await)
            }
            Plant::AckedAndDropped => {
                let id = self.phones[1].send_text(NUMBER, "never to be seen").unwrap();
                let message = self.ada.next_message().await;
                self.ada.stream.send(&ack(&message)).await;
                self.ada.settle().await;
                Some(id)
            }
            Plant::TwoStreams => {
                let mut second = self.ada.device.log_in(&self.sim).await;
                // The older one has 300 ms to live, of which the last 200 count.
                for _ in 0..3 {
                    advance(Duration::from_millis(self.chance.random_range(50..90))).await;
                    let ping = wacore_binary::builder::NodeBuilder::new("presence").build();
                    self.ada.stream.send(&ping).await;
                    assert_eq!(error_code(&second.request("get", "w:p", None).await), 0);
                }
                None
            }
        }
    }
}

/// Reads, acknowledges and receipts all that has come so far.
async fn take_all(companion: &mut Correspondent) {
    let come = companion.settle().await;
    for message in come.iter().filter(|node| node.tag == "message") {
        let read: Message = companion.read(message).await;
        let own = read.device_sent_message.as_option().is_some();
        companion.stream.send(&ack(message)).await;
        companion.tell(message, own.then_some("sender")).await;
    }
}

/// What is found in the traffic of this seed, with a plant at a moment that follows from the seed,
/// or without; and what the planted stanza was.
async fn found(seed: u64, plant: Option<Plant>) -> (Vec<(ViolationKind, String)>, Option<String>) {
    let mut traffic = Traffic::new(seed).await;
    let moment = traffic.chance.random_range(1..STEPS);
    for _ in 0..moment {
        traffic.step().await;
    }
    let mut planted = None;
    if let Some(plant) = plant {
        planted = traffic.plant(plant).await;
    } else {
        for _ in moment..STEPS {
            traffic.step().await;
        }
    }
    // A receipt has 5 s to come.
    advance(Duration::from_secs(5)).await;
    let violations = traffic.sim.report().violations();
    for violation in &violations {
        let known = violation.device == "15550001111:1" || violation.kind == ViolationKind::Refused;
        assert!(known, "seed {seed}: {violation:?}");
    }
    (violations.into_iter().map(|it| (it.kind, it.stanza)).collect(), planted)
}

async fn is_found_every_time(plant: Plant, kind: ViolationKind) {
    for seed in 1..=PLANTED {
        let (violations, planted) = found(seed, Some(plant)).await;
        let of_kind: Vec<_> = violations.iter().filter(|(it, _)| *it == kind).collect();
        assert!(!of_kind.is_empty(), "seed {seed}: {plant:?} is not found: {violations:?}");
        if let Some(stanza) = planted {
            assert!(of_kind.iter().all(|(_, it)| *it == stanza), "seed {seed}: {violations:?}");
        }
        // Phones drop a counter that they have seen, and say so; nothing else is found.
        let others: Vec<_> = violations.iter().filter(|(it, _)| *it != kind).collect();
        let dropped = plant == Plant::CounterReused
            && others.iter().all(|(it, _)| *it == ViolationKind::Refused);
        assert!(others.is_empty() || dropped, "seed {seed}: {violations:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_reuses_a_counter_is_found_ten_times_of_ten() {
    is_found_every_time(Plant::CounterReused, ViolationKind::CounterReused).await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_acknowledges_and_drops_is_found_ten_times_of_ten() {
    is_found_every_time(Plant::AckedAndDropped, ViolationKind::AckedAndDropped).await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_keeps_two_streams_is_found_ten_times_of_ten() {
    is_found_every_time(Plant::TwoStreams, ViolationKind::TwoStreams).await;
}

#[tokio::test(start_paused = true)]
async fn nothing_is_found_where_nothing_was_planted() {
    for seed in 1..=PLANTED {
        assert_eq!(found(seed, None).await, (Vec::new(), None), "seed {seed}");
    }
}
