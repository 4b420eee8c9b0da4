//! Receivers that answer as a test says.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;
use tokio::time::Instant;
use waygate_core::port::link::Deed;
use waygate_core::port::outbound::{Letter, Outbound, Reply, Undelivered};

/// What becomes of a letter, and after how long.
pub(super) type Fate = (Duration, Result<Reply, Undelivered>);

type Decide = Box<dyn FnMut(&Heard) -> Fate + Send>;

/// A letter that arrived.
#[derive(Debug, Clone)]
pub(super) struct Heard {
    pub(super) at: Instant,
    pub(super) url: String,
    pub(super) id: String,
    pub(super) timestamp: i64,
    pub(super) signature: String,
    pub(super) body: Vec<u8>,
    pub(super) within: Duration,
    /// The how manieth of this id at this address, from 1 on.
    pub(super) time: usize,
}

/// All receivers of a test.
#[derive(Clone)]
pub(super) struct Receiver {
    heard: watch::Sender<Vec<Heard>>,
    decide: Arc<Mutex<Decide>>,
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Receiver")
    }
}

/// An answer with this status and nothing else.
pub(super) fn answer(status: u16) -> Reply {
    Reply { status, retry_after: None, body: Vec::new() }
}

/// The same at once.
pub(super) fn at_once(status: u16) -> Fate {
    (Duration::ZERO, Ok(answer(status)))
}

impl Receiver {
    pub(super) fn new(decide: impl FnMut(&Heard) -> Fate + Send + 'static) -> Self {
        let decide: Decide = Box::new(decide);
        Self { heard: watch::Sender::default(), decide: Arc::new(Mutex::new(decide)) }
    }

    /// All that was heard, once it is as much as this.
    pub(super) async fn hears(&self, count: usize) -> Vec<Heard> {
        let mut heard = self.heard.subscribe();
        heard.wait_for(|letters| letters.len() >= count).await.unwrap().clone()
    }

    /// Waits until so much was heard at addresses of this kind.
    pub(super) async fn hears_from(&self, is_meant: impl Fn(&str) -> bool, count: usize) {
        let mut heard = self.heard.subscribe();
        let meant = |letters: &Vec<Heard>| letters.iter().filter(|it| is_meant(&it.url)).count();
        heard.wait_for(|letters| meant(letters) >= count).await.unwrap();
    }

    pub(super) fn heard(&self) -> Vec<Heard> {
        self.heard.borrow().clone()
    }

    fn hear(&self, letter: Letter) -> Fate {
        let header = |name| {
            let found = letter.headers.iter().find(|(it, _)| *it == name);
            found.map(|(_, value)| value.clone()).unwrap()
        };
        let id = header("webhook-id");
        let same = |it: &&Heard| it.id == id && it.url == letter.url;
        let time = self.heard.borrow().iter().filter(same).count() + 1;
        let heard = Heard {
            at: Instant::now(),
            id,
            timestamp: header("webhook-timestamp").parse().unwrap(),
            signature: header("webhook-signature"),
            url: letter.url,
            body: letter.body,
            within: letter.within,
            time,
        };
        let fate = (self.decide.lock().unwrap())(&heard);
        self.heard.send_modify(|all| all.push(heard));
        fate
    }
}

impl Outbound for Receiver {
    fn post(&self, letter: Letter) -> Deed<'_, Result<Reply, Undelivered>> {
        let (after, answer) = self.hear(letter);
        Box::pin(async move {
            tokio::time::sleep(after).await; // allowed: the receiver takes its time
            answer
        })
    }
}

/// The places of the events that letters tell of.
pub(super) fn sequences(letters: &[Heard]) -> BTreeSet<u64> {
    let sequence = |heard: &Heard| {
        let body: Value = serde_json::from_slice(&heard.body).unwrap();
        body["sequence"].as_u64().unwrap()
    };
    letters.iter().map(sequence).collect()
}
