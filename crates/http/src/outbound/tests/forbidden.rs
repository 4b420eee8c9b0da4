//! Where no connection may go.

use std::collections::BTreeSet;

use waygate_played::forbidden::{self as corpus, NAMES, V4, V6};

use super::*;
use crate::outbound::Refusal;

const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn not_one_of_five_hundred_forbidden_addresses_is_connected_to() {
    let trap = Trap::set();
    // A name that nobody would refuse for its look leads here all the same.
    let client = client(Policy::default(), Told::new(&[&["127.0.0.1"]]));
    let urls = corpus::urls(trap.port());
    assert_eq!(urls.len(), V4.len() * 19 + V6.len() + NAMES.len());
    assert_eq!(urls.iter().collect::<BTreeSet<_>>().len(), urls.len());
    for url in &urls {
        assert_eq!(Policy::default().check(url), Err(Refusal::Address), "{url}");
        assert_eq!(post(&client, url, LONG).await, Err(Undelivered::Refused), "{url}");
    }
    for url in corpus::urls_that_are_none(trap.port()) {
        let refused = Policy::default().check(&url).unwrap_err();
        assert!(matches!(refused, Refusal::NotOfTheWeb | Refusal::Credentials), "{url}");
        assert_eq!(post(&client, &url, LONG).await, Err(Undelivered::Refused), "{url}");
    }
    assert_eq!(trap.arrived(), 0);
}

#[tokio::test]
async fn a_name_is_refused_when_any_of_its_addresses_is_forbidden() {
    let trap = Trap::set();
    let url = format!("http://rebound.example:{}/", trap.port());
    for found in [
        &["127.0.0.1"][..],
        &["8.8.8.8", "127.0.0.1"],
        &["127.0.0.1", "8.8.8.8"],
        &["2606:4700::1111", "127.0.0.1"],
        &["8.8.8.8", "::1"],
        &["8.8.8.8", "::ffff:127.0.0.1"],
        &["64:ff9b::7f00:1"],
        &["2002:7f00:1::"],
        &["8.8.8.8", "169.254.169.254"],
        &["8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9", "127.0.0.1"],
    ] {
        let client = client(Policy::default(), Told::new(&[found]));
        assert_eq!(post(&client, &url, LONG).await, Err(Undelivered::Refused), "{found:?}");
    }
    assert_eq!(trap.arrived(), 0);
}

/// The addresses of a name change between two look-ups: there is one for each connection, and what it
/// finds is what is connected to.
#[tokio::test]
async fn a_name_that_leads_elsewhere_at_every_look_up_leads_nowhere_forbidden() {
    let allowed = Trap::set();
    let url = format!("http://rebound.example:{}/", allowed.port());
    // On this machine both arrive at the trap, from which one reads where they wanted to go.
    let names = Told::new(&[&["127.0.0.2"], &["127.0.0.1"]]);
    let client = client(allowing(&["127.0.0.2/32"]), Arc::<Told>::clone(&names));
    for turn in 0..10 {
        // Nobody answers at the trap: the outcome is that there is none in time.
        let sent = post(&client, &url, Duration::from_millis(50)).await;
        let wanted = if turn % 2 == 0 { Undelivered::Late } else { Undelivered::Refused };
        assert_eq!(sent, Err(wanted), "turn {turn}");
    }
    assert_eq!(names.asked.load(Ordering::Relaxed), 10);
    let arrived = std::iter::from_fn(|| allowed.0.accept().ok());
    let wanted: Vec<IpAddr> =
        arrived.map(|(stream, _)| stream.local_addr().unwrap().ip()).collect();
    assert_eq!(wanted, ["127.0.0.2".parse::<IpAddr>().unwrap(); 5]);
}

/// The other way round, so that the tests above can fail: what is allowed arrives at the very trap.
#[tokio::test]
async fn every_form_of_an_allowed_address_is_connected_to() {
    let trap = Trap::set();
    let client = client(allowing(&["127.0.0.0/8"]), Told::new(&[&["127.0.0.1"]]));
    let port = trap.port();
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "127.0.0.1.",
        "[::ffff:127.0.0.1]",
        "localhost",
        "receiver.example",
        "host.docker.internal",
    ] {
        let url = format!("http://{host}:{port}/");
        assert_eq!(post(&client, &url, Duration::from_millis(50)).await, Err(Undelivered::Late));
        assert_eq!(trap.arrived(), 1, "{host}");
    }
}

#[tokio::test]
async fn a_port_that_is_not_permitted_is_not_asked() {
    let trap = Trap::set();
    let policy = allowing(&["127.0.0.0/8"]).with_ports([443..=443]);
    let url = format!("http://127.0.0.1:{}/", trap.port());
    assert_eq!(policy.check(&url), Err(Refusal::Port));
    let client = client(policy, Told::new(&[]));
    assert_eq!(post(&client, &url, LONG).await, Err(Undelivered::Refused));
    assert_eq!(trap.arrived(), 0);
}
