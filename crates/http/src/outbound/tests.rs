//! The client over real sockets: what it may connect to, and how much of a receiver it bears.

mod bounds;
mod forbidden;

use std::io::{self, ErrorKind};
use std::net::{IpAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use waygate_core::port::link::Deed;
use waygate_core::port::outbound::{Letter, Outbound as _, Reply, Undelivered};
use waygate_engine::tasks::Tasks;

use super::{Client, Names, Policy};

/// Names of which every look-up finds the next of these lists, round and round.
#[derive(Debug)]
struct Told {
    answers: Vec<Vec<IpAddr>>,
    asked: AtomicUsize,
}

impl Told {
    fn new(answers: &[&[&str]]) -> Arc<Self> {
        let parsed = |answer: &&[&str]| answer.iter().map(|text| text.parse().unwrap()).collect();
        let answers = answers.iter().map(parsed).collect();
        Arc::new(Self { answers, asked: AtomicUsize::new(0) })
    }
}

impl Names for Told {
    fn look_up(&self, _name: String) -> Deed<'_, io::Result<Vec<IpAddr>>> {
        let turn = self.asked.fetch_add(1, Ordering::Relaxed);
        let found = self.answers.get(turn % self.answers.len().max(1)).cloned();
        Box::pin(async move { found.ok_or_else(|| ErrorKind::NotFound.into()) })
    }
}

fn client(policy: Policy, names: Arc<dyn Names>) -> Client {
    Client::new(policy, names, Tasks::default()).unwrap()
}

fn allowing(networks: &[&str]) -> Policy {
    Policy::default().and_networks(networks.iter().map(|net| net.parse().unwrap()))
}

async fn post(client: &Client, url: &str, within: Duration) -> Result<Reply, Undelivered> {
    let headers = vec![("content-type", "application/json".to_owned())];
    client.post(Letter { url: url.to_owned(), headers, body: b"{}".to_vec(), within }).await
}

/// A port at which nobody must arrive, on every address of this machine.
struct Trap(TcpListener);

impl Trap {
    fn set() -> Self {
        let listener = TcpListener::bind("0.0.0.0:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    fn port(&self) -> u16 {
        self.0.local_addr().unwrap().port()
    }

    /// How many arrived since it was last asked. A connection that was made waits here, answered or
    /// not.
    fn arrived(&self) -> usize {
        std::iter::from_fn(|| match self.0.accept() {
            Ok(arrived) => Some(arrived),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::WouldBlock);
                None
            }
        })
        .count()
    }
}
