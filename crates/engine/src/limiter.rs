//! The fleet limiter: how fast this process may open connections, all instances together.
//!
//! A thousand instances that dial at once look like an attack. Connections start from a token
//! bucket, a bounded number of them at the same time, and urgent ones (a phone has just accepted,
//! a person waits) go first, but never so many in a row that the others starve. No limit of WhatsApp's is published; the figures are caution.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::Instant;

use crate::tasks::Tasks;

/// Connections per second in the long run.
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

struct Request {
    urgent: bool,
    granted: oneshot::Sender<Permit>,
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
    pub async fn permit(&self, urgent: bool) -> Option<Permit> {
        let (granted, answer) = oneshot::channel();
        self.requests.send(Request { urgent, granted }).await.ok()?;
        answer.await.ok()
    }
}

struct Bucket {
    tokens: f64,
    filled_at: Instant,
    in_flight: Arc<Semaphore>,
    urgent: VecDeque<oneshot::Sender<Permit>>,
    patient: VecDeque<oneshot::Sender<Permit>>,
    urgent_in_a_row: u32,
}

impl Bucket {
    fn new() -> Self {
        Self {
            tokens: BURST,
            filled_at: Instant::now(),
            in_flight: Arc::new(Semaphore::new(IN_FLIGHT_MAX)),
            urgent: VecDeque::new(),
            patient: VecDeque::new(),
            urgent_in_a_row: 0,
        }
    }

    async fn serve(mut self, mut requests: mpsc::Receiver<Request>) {
        loop {
            let somebody_waits = !self.urgent.is_empty() || !self.patient.is_empty();
            let free = free_place(self.next_token_at(), Arc::clone(&self.in_flight));
            // Waiting for a place may be dropped and begun anew: nobody else competes for it.
            tokio::select! {
                biased;
                request = requests.recv() => match request {
                    Some(Request { urgent: true, granted }) => self.urgent.push_back(granted),
                    Some(Request { urgent: false, granted }) => self.patient.push_back(granted),
                    None => return,
                },
                place = free, if somebody_waits => match place {
                    Some(place) => self.grant(place),
                    None => return,
                },
            }
        }
    }

    fn next_token_at(&self) -> Instant {
        let missing = (1.0 - self.tokens).max(0.0);
        self.filled_at + Duration::from_secs_f64(missing / PER_SECOND)
    }

    /// Gives the place to the first who still waits.
    fn grant(&mut self, place: OwnedSemaphorePermit) {
        let now = Instant::now();
        let earned = now.duration_since(self.filled_at).as_secs_f64() * PER_SECOND;
        self.tokens = (self.tokens + earned).min(BURST);
        self.filled_at = now;
        let mut permit = Permit(place);
        while let Some((urgent, granted)) = self.next_in_turn() {
            match granted.send(permit) {
                Ok(()) => {
                    self.urgent_in_a_row = if urgent { self.urgent_in_a_row + 1 } else { 0 };
                    self.tokens -= 1.0;
                    return;
                }
                Err(unused) => permit = unused,
            }
        }
    }

    /// Whose turn it is, and whether that one is urgent.
    fn next_in_turn(&mut self) -> Option<(bool, oneshot::Sender<Permit>)> {
        if self.urgent_in_a_row >= URGENT_IN_A_ROW_MAX
            && let Some(granted) = self.patient.pop_front()
        {
            return Some((false, granted));
        }
        let urgent = self.urgent.pop_front().map(|granted| (true, granted));
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

    fn limiter() -> (Tasks, FleetLimiter) {
        let tasks = Tasks::default();
        let limiter = FleetLimiter::start(&tasks);
        (tasks, limiter)
    }

    #[tokio::test(start_paused = true)]
    async fn a_thousand_connections_take_about_two_hundred_seconds() {
        let (_tasks, limiter) = limiter();
        let begun = Instant::now();
        join_all((0..1000).map(|_| async { drop(limiter.permit(false).await) })).await;
        let taken = begun.elapsed().as_secs_f64();
        assert!((197.0..=199.0).contains(&taken), "{taken} s");
    }

    #[tokio::test(start_paused = true)]
    async fn an_urgent_request_overtakes_the_queue() {
        let (_tasks, limiter) = limiter();
        join_all((0..10).map(|_| limiter.permit(false))).await;
        let (patient, urgent) = (limiter.permit(false), limiter.permit(true));
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
        join_all((0..10).map(|_| limiter.permit(false))).await;
        let patient = limiter.permit(false);
        tokio::pin!(patient);
        assert!(futures_util::poll!(&mut patient).is_pending());
        let mut granted = 0;
        let urgent = join_all((0..50).map(|_| async { drop(limiter.permit(true).await) }));
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
            held.push(limiter.permit(false).await);
        }
        let next = limiter.permit(true);
        tokio::pin!(next);
        let hour = Duration::from_secs(3600);
        assert!(tokio::time::timeout(hour, &mut next).await.is_err(), "all places are taken");
        held.pop();
        assert!(next.await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn giving_up_costs_the_others_nothing() {
        let (_tasks, limiter) = limiter();
        join_all((0..10).map(|_| limiter.permit(false))).await;
        for _ in 0..100 {
            let impatient = limiter.permit(false);
            tokio::time::timeout(Duration::from_millis(1), impatient).await.unwrap_err();
        }
        let begun = Instant::now();
        assert!(limiter.permit(false).await.is_some());
        assert!(begun.elapsed() <= Duration::from_millis(200));
    }

    #[tokio::test]
    async fn the_end_of_the_process_ends_the_wait() {
        let (tasks, limiter) = limiter();
        assert!(tasks.end_within(Duration::from_secs(5)).await);
        assert!(limiter.permit(true).await.is_none());
    }
}
