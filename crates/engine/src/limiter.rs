//! The fleet limiter: how fast this process may open connections, all instances together.
//!
//! A thousand instances that dial at once look like an attack. Connections start from a token
//! bucket, a bounded number of them at the same time, and urgent ones (a phone has just accepted,
//! a person waits) go first, but never so many in a row that the others starve. No limit of WhatsApp's is
//! published; the figures are caution. What becomes of the connections slows all of them down, or stops
//! them ([`pace`]).

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::Instant;
use waygate_core::id::InstanceId;

use self::pace::{Pace, Sign};
use crate::tasks::Tasks;

pub(crate) mod pace;

/// Connections per second in the long run, where nothing goes wrong.
pub const PER_SECOND: f64 = 5.0;

/// Connections that may start at once after a quiet time.
pub const BURST: f64 = 10.0;

/// Connections that may be in the making at the same time.
pub const IN_FLIGHT_MAX: usize = 20;

/// Urgent connections in a row while others wait; then one of those has its turn.
pub const URGENT_IN_A_ROW_MAX: u32 = 4;

/// Requests that wait to be looked at; further askers wait to ask.
const REQUESTS_MAX: usize = 1024;

/// Leave to open one connection. Dropping it says that the connection stands or has failed.
#[derive(Debug)]
pub struct Permit(#[expect(dead_code, reason = "held for its drop")] OwnedSemaphorePermit);

/// Who waits for a permit.
struct Asker {
    instance: InstanceId,
    granted: oneshot::Sender<Permit>,
}

enum Request {
    Permit { urgent: bool, asker: Asker },
    Sign { instance: InstanceId, sign: Sign },
}

/// Hands out permits. Clones share one bucket.
#[derive(Debug, Clone)]
pub struct FleetLimiter {
    requests: mpsc::Sender<Request>,
}

impl FleetLimiter {
    /// Starts the limiter as a task of this table.
    pub fn start(tasks: &Tasks) -> Self {
        let (requests, receiver) = mpsc::channel(REQUESTS_MAX);
        let stop = tasks.stop_token();
        tasks.start("fleet limiter", async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = Bucket::new().serve(receiver) => {}
            }
        });
        Self { requests }
    }

    /// Waits for leave to connect. `None` when the process is ending. Giving up the wait gives up
    /// the place in the queue.
    pub async fn permit(&self, instance: InstanceId, urgent: bool) -> Option<Permit> {
        let (granted, answer) = oneshot::channel();
        let asker = Asker { instance, granted };
        self.requests.send(Request::Permit { urgent, asker }).await.ok()?;
        answer.await.ok()
    }

    /// Tells what a connection of this instance is a sign of.
    pub(crate) async fn hear(&self, instance: InstanceId, sign: Sign) {
        if self.requests.send(Request::Sign { instance, sign }).await.is_err() {
            tracing::debug!("the process is ending; how fast to connect is of no matter any more");
        }
    }
}

struct Bucket {
    tokens: f64,
    filled_at: Instant,
    in_flight: Arc<Semaphore>,
    urgent: VecDeque<Asker>,
    patient: VecDeque<Asker>,
    urgent_in_a_row: u32,
    pace: Pace,
}

impl Bucket {
    fn new() -> Self {
        let now = Instant::now();
        Self {
            tokens: BURST,
            filled_at: now,
            in_flight: Arc::new(Semaphore::new(IN_FLIGHT_MAX)),
            urgent: VecDeque::new(),
            patient: VecDeque::new(),
            urgent_in_a_row: 0,
            pace: Pace::new(now),
        }
    }

    async fn serve(mut self, mut requests: mpsc::Receiver<Request>) {
        loop {
            let somebody_waits = !self.urgent.is_empty() || !self.patient.is_empty();
            let due = self.next_token_at(Instant::now());
            let free = free_place(due, Arc::clone(&self.in_flight));
            // Waiting for a place may be dropped and begun anew: nobody else competes for it.
            tokio::select! {
                biased;
                request = requests.recv() => match request {
                    Some(Request::Permit { urgent: true, asker }) => self.urgent.push_back(asker),
                    Some(Request::Permit { urgent: false, asker }) => self.patient.push_back(asker),
                    Some(Request::Sign { instance, sign }) => self.hear(instance, sign),
                    None => return,
                },
                place = free, if somebody_waits => match place {
                    Some(place) => self.grant(place),
                    None => return,
                },
            }
        }
    }

    fn next_token_at(&mut self, now: Instant) -> Instant {
        self.fill(now);
        let missing = (1.0 - self.tokens).max(0.0);
        let earned_at = now + Duration::from_secs_f64(missing / self.pace.rate(now));
        earned_at.max(self.pace.not_before(now))
    }

    /// Earns what the time since the last look is worth. The looks are close enough together for one rate:
    /// whatever changes it is a reason to look.
    fn fill(&mut self, now: Instant) {
        let earned = now.duration_since(self.filled_at).as_secs_f64() * self.pace.rate(now);
        self.tokens = (self.tokens + earned).min(BURST);
        self.filled_at = now;
    }

    fn hear(&mut self, instance: InstanceId, sign: Sign) {
        let now = Instant::now();
        self.fill(now);
        self.pace.hear(instance, sign, now);
        if sign == Sign::Slower {
            // Nothing saved up: the next ones come at the new rate.
            self.tokens = self.tokens.min(1.0);
        }
    }

    /// Gives the place to the first who still waits.
    fn grant(&mut self, place: OwnedSemaphorePermit) {
        let now = Instant::now();
        self.fill(now);
        let mut permit = Permit(place);
        while let Some((urgent, Asker { instance, granted })) = self.next_in_turn() {
            match granted.send(permit) {
                Ok(()) => {
                    self.pace.begin(instance, now);
                    self.urgent_in_a_row = if urgent { self.urgent_in_a_row + 1 } else { 0 };
                    self.tokens -= 1.0;
                    return;
                }
                Err(unused) => permit = unused,
            }
        }
    }

    /// Whose turn it is, and whether that one is urgent.
    fn next_in_turn(&mut self) -> Option<(bool, Asker)> {
        if self.urgent_in_a_row >= URGENT_IN_A_ROW_MAX
            && let Some(asker) = self.patient.pop_front()
        {
            return Some((false, asker));
        }
        let urgent = self.urgent.pop_front().map(|asker| (true, asker));
        urgent.or_else(|| Some((false, self.patient.pop_front()?)))
    }
}

async fn free_place(
    not_before: Instant,
    in_flight: Arc<Semaphore>,
) -> Option<OwnedSemaphorePermit> {
    tokio::time::sleep_until(not_before).await;
    in_flight.acquire_owned().await.ok()
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;

    use super::*;

    /// One instance is as good as another here.
    fn some() -> InstanceId {
        InstanceId::from_random_bytes([1; 16])
    }

    fn limiter() -> (Tasks, FleetLimiter) {
        let tasks = Tasks::default();
        let limiter = FleetLimiter::start(&tasks);
        (tasks, limiter)
    }

    #[tokio::test(start_paused = true)]
    async fn a_thousand_connections_take_about_two_hundred_seconds() {
        let (_tasks, limiter) = limiter();
        let begun = Instant::now();
        join_all((0..1000).map(|_| async { drop(limiter.permit(some(), false).await) })).await;
        let taken = begun.elapsed().as_secs_f64();
        assert!((197.0..=199.0).contains(&taken), "{taken} s");
    }

    #[tokio::test(start_paused = true)]
    async fn an_urgent_request_overtakes_the_queue() {
        let (_tasks, limiter) = limiter();
        join_all((0..10).map(|_| limiter.permit(some(), false))).await;
        let (patient, urgent) = (limiter.permit(some(), false), limiter.permit(some(), true));
        tokio::pin!(patient);
        // The patient one asks first.
        assert!(futures_util::poll!(&mut patient).is_pending());
        tokio::select! {
            biased;
            _ = &mut patient => panic!("the queue was not overtaken"),
            permit = urgent => assert!(permit.is_some()),
        }
        assert!(patient.await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn urgent_requests_without_end_let_a_patient_one_through_after_four() {
        let (_tasks, limiter) = limiter();
        join_all((0..10).map(|_| limiter.permit(some(), false))).await;
        let patient = limiter.permit(some(), false);
        tokio::pin!(patient);
        assert!(futures_util::poll!(&mut patient).is_pending());
        let mut granted = 0;
        let urgent = join_all((0..50).map(|_| async { drop(limiter.permit(some(), true).await) }));
        tokio::pin!(urgent);
        let begun = Instant::now();
        tokio::select! {
            biased;
            permit = &mut patient => granted += u32::from(permit.is_some()),
            _ = &mut urgent => {}
        }
        assert_eq!(granted, 1);
        let longest = Duration::from_secs_f64(f64::from(URGENT_IN_A_ROW_MAX + 2) / PER_SECOND);
        assert!(begun.elapsed() <= longest, "{:?}", begun.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_than_twenty_are_in_the_making() {
        let (_tasks, limiter) = limiter();
        let mut held = vec![];
        for _ in 0..IN_FLIGHT_MAX {
            held.push(limiter.permit(some(), false).await);
        }
        let next = limiter.permit(some(), true);
        tokio::pin!(next);
        let hour = Duration::from_secs(3600);
        assert!(tokio::time::timeout(hour, &mut next).await.is_err(), "all places are taken");
        held.pop();
        assert!(next.await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn giving_up_costs_the_others_nothing() {
        let (_tasks, limiter) = limiter();
        join_all((0..10).map(|_| limiter.permit(some(), false))).await;
        for _ in 0..100 {
            let impatient = limiter.permit(some(), false);
            tokio::time::timeout(Duration::from_millis(1), impatient).await.unwrap_err();
        }
        let begun = Instant::now();
        assert!(limiter.permit(some(), false).await.is_some());
        assert!(begun.elapsed() <= Duration::from_millis(200));
    }

    #[tokio::test]
    async fn the_end_of_the_process_ends_the_wait() {
        let (tasks, limiter) = limiter();
        assert!(tasks.end_within(Duration::from_secs(5)).await);
        assert!(limiter.permit(some(), true).await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_wants_patience_is_given_it() {
        let (_tasks, limiter) = limiter();
        for _ in 0..3 {
            limiter.hear(some(), Sign::Slower).await;
        }
        let begun = Instant::now();
        // One that was saved up, then 0.625 a second: 3 / 0.625 s.
        join_all((0..4).map(|_| async { drop(limiter.permit(some(), true).await) })).await;
        let taken = begun.elapsed().as_secs_f64();
        assert!((4.8..=4.9).contains(&taken), "{taken} s");
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_version_stops_the_fleet_but_for_one_that_tries() {
        let (_tasks, limiter) = limiter();
        let other = InstanceId::from_random_bytes([2; 16]);
        limiter.hear(some(), Sign::VersionRefused).await;
        limiter.hear(other, Sign::VersionRefused).await;
        let begun = Instant::now();
        assert!(limiter.permit(some(), true).await.is_some());
        assert!(begun.elapsed() >= Duration::from_secs(600));
        let waiting = limiter.permit(other, true);
        tokio::pin!(waiting);
        let minute = Duration::from_secs(60);
        assert!(tokio::time::timeout(minute, &mut waiting).await.is_err(), "one at a time");
        limiter.hear(some(), Sign::Good).await;
        tokio::time::timeout(minute, waiting).await.unwrap();
    }
}
