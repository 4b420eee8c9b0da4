//! The life of a ref, and what a phone says to texts it cannot use.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use waygate_sim::{LinkError, RefusalKind, ScanError};

use crate::{
    companion::{Companion, result},
    linking::world,
    stream::text,
};

#[tokio::test(start_paused = true)]
async fn every_ref_has_its_time_and_the_last_one_ends_the_connection() {
    let (sim, phone) = world();
    let mut device = Companion::new(1);
    let started = Instant::now();
    let (mut stream, refs) = device.register(&sim).await;
    for (index, reference) in (0..).zip(&refs) {
        let end = started + Duration::from_secs(60 + 20 * index);
        sleep_until(end - Duration::from_millis(1)).await;
        // In time: the text is accepted up to its keys, which are wrong on purpose.
        let stranger = Companion::new(99);
        let early = phone.scan(&stranger.qr(reference)).await;
        assert_eq!(early, Err(ScanError::NoiseKeyMismatch), "ref {index} in time");
        sleep_until(end).await;
        let late = phone.scan(&device.qr(reference)).await;
        assert_eq!(late, Err(ScanError::ExpiredRef), "ref {index} too late");
    }
    stream.assert_closed().await;
    assert_eq!(started.elapsed(), Duration::from_secs(165));
    assert_eq!(sim.report().live_connections, 0);
}

#[tokio::test(start_paused = true)]
async fn a_ref_is_used_once() {
    let (sim, phone) = world();
    let mut device = Companion::new(1);
    let (mut stream, refs) = device.register(&sim).await;
    let qr = device.qr(&refs[0]);
    let (first, second) = tokio::join!(phone.scan(&qr), async {
        let second = phone.scan(&qr).await;
        // Another ref of the same connection will not do either while it is being linked.
        let other = phone.scan(&device.qr(&refs[1])).await;
        assert_eq!(other, Err(ScanError::Link(LinkError::InProgress)));
        let signed = device.countersign(&mut stream).await;
        stream.send(&signed.answer()).await;
        second
    });
    first.unwrap();
    assert_eq!(second, Err(ScanError::UsedRef));
    assert_eq!(phone.scan(&qr).await, Err(ScanError::UsedRef));
    assert_eq!(sim.report().refusals[&RefusalKind::UsedRef], 2);
}

#[tokio::test(start_paused = true)]
async fn a_text_that_does_not_fit_links_nothing() {
    let (sim, phone) = world();
    let mut device = Companion::new(1);
    let (stream, refs) = device.register(&sim).await;
    assert_eq!(phone.scan(&device.qr("2@unheard-of")).await, Err(ScanError::UnknownRef));
    assert!(matches!(phone.scan("nonsense").await, Err(ScanError::Malformed(_))));
    let mut disguised = Companion::new(2);
    disguised.noise = device.noise.clone();
    let mismatch = phone.scan(&disguised.qr(&refs[0])).await;
    assert_eq!(mismatch, Err(ScanError::IdentityMismatch));
    stream.hang_up();
    while sim.report().live_connections > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(
        phone.scan(&device.qr(&refs[0])).await,
        Err(ScanError::Link(LinkError::ConnectionGone))
    );
    let refusals = sim.report().refusals;
    assert_eq!(refusals[&RefusalKind::UnknownRef], 1);
    assert_eq!(refusals[&RefusalKind::ScannedText], 2);
    assert_eq!(phone.devices(), []);
}

#[tokio::test(start_paused = true)]
async fn the_deep_link_in_front_of_a_text_is_ignored() {
    let (sim, phone) = world();
    let mut device = Companion::new(1);
    let (mut stream, refs) = device.register(&sim).await;
    let qr = format!("https://wa.me/settings/linked_devices#{}", device.qr(&refs[5]));
    let (linked, ()) = tokio::join!(phone.scan(&qr), async {
        let signed = device.countersign(&mut stream).await;
        stream.send(&signed.answer()).await;
    });
    linked.unwrap();
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_phone_hears_what_the_device_says_to_the_offer() {
    let (sim, phone) = world();
    let mut device = Companion::new(1);
    let (mut stream, refs) = device.register(&sim).await;
    let qr = device.qr(&refs[0]);
    let (refused, ()) = tokio::join!(phone.scan(&qr), async {
        let iq = stream.next_of("iq").await;
        let mut answer = result(&text(&iq, "id"), None);
        answer.attrs.insert("type", "error");
        let error = wacore_binary::builder::NodeBuilder::new("error")
            .attr("code", 401)
            .attr("text", "hmac-mismatch")
            .build();
        answer.content = Some(wacore_binary::NodeContent::Nodes(vec![error]));
        stream.send(&answer).await;
    });
    let text = "hmac-mismatch".to_owned();
    assert_eq!(refused, Err(ScanError::Link(LinkError::DeviceRefused { code: 401, text })));
    sim.report().is_clean_but_for(&[RefusalKind::PairingRefused]).unwrap();

    let qr = device.qr(&refs[1]);
    let (gone, ()) = tokio::join!(phone.scan(&qr), async {
        stream.next_of("iq").await;
        stream.hang_up();
    });
    assert_eq!(gone, Err(ScanError::Link(LinkError::ConnectionGone)));

    let (_stream, refs) = device.register(&sim).await;
    let asked = Instant::now();
    assert_eq!(phone.scan(&device.qr(&refs[0])).await, Err(ScanError::Link(LinkError::TimedOut)));
    assert_eq!(asked.elapsed(), Duration::from_secs(60));
}

#[tokio::test(start_paused = true)]
async fn nothing_that_is_printed_holds_a_ref() {
    let (sim, phone) = world();
    let mut device = Companion::new(1);
    let (stream, refs) = device.register(&sim).await;
    drop(phone.scan(&device.qr("2@unheard-of")).await);
    let printed = format!("{sim:?} {phone:?} {:?} {:?}", stream.wire.pipe, sim.report());
    for secret in refs.iter().map(String::as_str).chain(["2@", "unheard-of"]) {
        assert!(!printed.contains(secret), "{printed}");
    }
}
