//! Receivers of what is pushed, which answer as a test says.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use waygate_core::port::link::Deed;
use waygate_core::port::outbound::{Letter, Outbound, Reply, Undelivered};

/// What becomes of a push, and after how long.
pub(super) type Fate = (Duration, Result<Reply, Undelivered>);

type Decide = Box<dyn FnMut(&Pushed) -> Fate + Send>;

/// A push that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pushed {
    pub(super) at: Instant,
    pub(super) url: String,
    pub(super) token: String,
    pub(super) receipt: u64,
    pub(super) body: Vec<u8>,
    pub(super) within: Duration,
}

#[derive(Debug, Default)]
struct Seen {
    pushed: Vec<Pushed>,
    /// How many are under way to an address, and how many there were at most.
    under_way: BTreeMap<String, usize>,
    under_way_most: BTreeMap<String, usize>,
    all_most: usize,
}

/// All receivers of a test.
#[derive(Clone)]
pub(super) struct Receiver {
    seen: watch::Sender<Seen>,
    decide: Arc<Mutex<Decide>>,
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Receiver")
    }
}

/// An answer with this status, at once.
pub(super) fn at_once(status: u16) -> Fate {
    (Duration::ZERO, Ok(Reply { status, retry_after: None, body: Vec::new() }))
}

impl Receiver {
    pub(super) fn new(decide: impl FnMut(&Pushed) -> Fate + Send + 'static) -> Self {
        let decide: Decide = Box::new(decide);
        Self { seen: watch::Sender::default(), decide: Arc::new(Mutex::new(decide)) }
    }

    /// All that came, once it is as much as this.
    pub(super) async fn hears(&self, count: usize) -> Vec<Pushed> {
        let mut seen = self.seen.subscribe();
        seen.wait_for(|seen| seen.pushed.len() >= count).await.unwrap().pushed.clone()
    }

    /// Waits until so many have come to an address.
    pub(super) async fn hears_at(&self, url: &str, count: usize) {
        let mut seen = self.seen.subscribe();
        let to = |seen: &Seen| seen.pushed.iter().filter(|it| it.url == url).count();
        drop(seen.wait_for(|seen| to(seen) >= count).await.unwrap());
    }

    /// Waits until nothing is under way to an address, or some was cut off.
    pub(super) async fn rests(&self, url: &str) {
        let mut seen = self.seen.subscribe();
        let rests = |seen: &Seen| seen.under_way.get(url).copied().unwrap_or_default() == 0;
        drop(seen.wait_for(rests).await.unwrap());
    }

    pub(super) fn heard(&self) -> Vec<Pushed> {
        self.seen.borrow().pushed.clone()
    }

    /// How many were under way at most to one address, and to all of them.
    pub(super) fn under_way_most(&self) -> (usize, usize) {
        let seen = self.seen.borrow();
        (seen.under_way_most.values().copied().max().unwrap_or_default(), seen.all_most)
    }

    /// Forgets how many there were at most.
    pub(super) fn count_anew(&self) {
        self.seen.send_modify(|seen| {
            seen.under_way_most.clear();
            seen.all_most = 0;
        });
    }
}

/// Counts one that is under way, until it is over or cut off.
struct UnderWay(watch::Sender<Seen>, String);

impl UnderWay {
    fn begin(receiver: &Receiver, pushed: Pushed) -> Self {
        let url = pushed.url.clone();
        receiver.seen.send_modify(|seen| {
            let now = seen.under_way.entry(url.clone()).or_default();
            *now += 1;
            let most = seen.under_way_most.entry(url.clone()).or_default();
            *most = (*most).max(*now);
            seen.all_most = seen.all_most.max(seen.under_way.values().sum());
            seen.pushed.push(pushed);
        });
        Self(receiver.seen.clone(), url)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let Self(seen, url) = self;
        seen.send_modify(|seen| *seen.under_way.get_mut(url).unwrap() -= 1);
    }
}

impl Outbound for Receiver {
    fn post(&self, letter: Letter) -> Deed<'_, Result<Reply, Undelivered>> {
        let receipt = std::str::from_utf8(&letter.body).unwrap().split(' ').next().unwrap();
        let token = letter.headers.iter().find(|(name, _)| *name == "authorization");
        let pushed = Pushed {
            at: Instant::now(),
            token: token.map(|(_, token)| token.clone()).unwrap_or_default(),
            receipt: receipt.parse().unwrap(),
            url: letter.url,
            body: letter.body,
            within: letter.within,
        };
        let (after, answer) = (self.decide.lock().unwrap())(&pushed);
        let under_way = UnderWay::begin(self, pushed);
        Box::pin(async move {
            tokio::time::sleep(after).await; // allowed: the receiver takes its time
            drop(under_way);
            answer
        })
    }
}
