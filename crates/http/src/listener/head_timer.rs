//! One timer with two limits: how long a client may be silent between requests, and how long it
//! may take to send the head of one.
//!
//! hyper has one limit for both, `header_read_timeout`. Its clock starts when the connection is new
//! and whenever an exchange has ended, and stops when a head is whole (hyper 1.12,
//! `proto/h1/conn.rs`: `poll_read_head`, `State::idle`); nothing else of its HTTP/1 server asks its
//! [`Timer`]. While it waits it polls the sleep it was given after each reading, so the sleep can
//! look whether the head has begun and shorten itself.
//!
//! Where a client sends the beginning of a next request together with the one before, that beginning
//! has been counted when the clock starts. Such a head may take as long as silence; no head may take
//! longer than both limits together.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::rt::Timer;
use tokio::time::Instant;

use super::stream::Received;

/// Makes the sleeps of one connection.
#[derive(Debug)]
pub(super) struct HeadTimer {
    received: Received,
    head: Duration,
}

impl HeadTimer {
    /// The limit of silence is hyper's to tell, when it starts the clock.
    pub(super) fn new(received: Received, head: Duration) -> Self {
        Self { received, head }
    }
}

impl Timer for HeadTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn hyper::rt::Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, silence_ends: std::time::Instant) -> Pin<Box<dyn hyper::rt::Sleep>> {
        let before = self.received.count();
        // Who has just connected has a request to send: its silence is part of the head.
        let is_new = before == 0;
        let ends = if is_new { Instant::now() + self.head } else { silence_ends.into() };
        Box::pin(HeadSleep {
            sleep: Box::pin(tokio::time::sleep_until(ends)),
            received: self.received.clone(),
            silent_at: (!is_new).then_some(before),
            head: self.head,
        })
    }

    fn now(&self) -> std::time::Instant {
        Instant::now().into_std()
    }
}

/// Ends with the limit of silence, or of the head once that has begun.
#[derive(Debug)]
struct HeadSleep {
    sleep: Pin<Box<tokio::time::Sleep>>,
    received: Received,
    /// What had been received when the silence began; `None` once it is over.
    silent_at: Option<u64>,
    head: Duration,
}

impl hyper::rt::Sleep for HeadSleep {}

impl Future for HeadSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.silent_at.is_some_and(|count| count != self.received.count()) {
            self.silent_at = None;
            let ends = Instant::now() + self.head;
            self.sleep.as_mut().reset(ends);
        }
        self.sleep.as_mut().poll(cx)
    }
}
