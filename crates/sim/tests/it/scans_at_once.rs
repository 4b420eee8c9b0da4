//! Scans that overlap, and scans that are given up.

use std::time::Duration;

use tokio::time::timeout;
use waygate_sim::{LinkError, RefusalKind, ScanError};

use crate::{companion::Companion, deviations::assert_failure, linking::world, stream::text};

#[tokio::test(start_paused = true)]
async fn of_two_scans_at_once_one_takes_the_last_place() {
    let (sim, phone) = world();
    for seed in 1..=3 {
        Companion::new(seed).link(&sim, &phone).await;
    }
    let (mut fourth, mut fifth) = (Companion::new(4), Companion::new(5));
    let (mut on_fourth, fourth_refs) = fourth.register(&sim).await;
    let (mut on_fifth, fifth_refs) = fifth.register(&sim).await;
    let (fourth_qr, fifth_qr) = (fourth.qr(&fourth_refs[0]), fifth.qr(&fifth_refs[0]));
    let (linked, refused, ()) =
        tokio::join!(phone.scan(&fourth_qr), phone.scan(&fifth_qr), async {
            let one = fourth.countersign(&mut on_fourth).await;
            let other = fifth.countersign(&mut on_fifth).await;
            on_fourth.send(&one.answer()).await;
            assert_eq!(text(&on_fourth.next_of("stream:error").await, "code"), "515");
            on_fifth.send(&other.answer()).await;
        });
    assert_eq!(linked.unwrap().device, 4);
    assert_eq!(refused, Err(ScanError::Link(LinkError::DeviceLimit)));
    assert_failure(&mut on_fifth, "401", "the fifth").await;
    assert_eq!(phone.devices().len(), 4);
    assert_eq!(sim.report().links, 4);
    sim.report().is_clean_but_for(&[RefusalKind::DeviceLimit]).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_scan_whose_caller_has_stopped_waiting_links_nothing() {
    let (sim, phone) = world();
    let mut device = Companion::new(1);
    let (mut stream, refs) = device.register(&sim).await;
    let qr = device.qr(&refs[0]);
    timeout(Duration::ZERO, phone.scan(&qr)).await.unwrap_err();
    let signed = device.countersign(&mut stream).await;
    stream.send(&signed.answer()).await;
    assert_failure(&mut stream, "401", "abandoned").await;
    assert_eq!(phone.devices(), []);
    assert_eq!(sim.report().links, 0);
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn another_ref_can_be_scanned_after_a_scan_that_was_given_up() {
    let (sim, phone) = world();
    let mut device = Companion::new(1);
    let (mut stream, refs) = device.register(&sim).await;
    let (first, second) = (device.qr(&refs[0]), device.qr(&refs[1]));
    timeout(Duration::ZERO, phone.scan(&first)).await.unwrap_err();
    assert_eq!(phone.scan(&first).await, Err(ScanError::UsedRef));
    let (linked, ()) = tokio::join!(phone.scan(&second), async {
        stream.next_of("iq").await;
        let signed = device.countersign(&mut stream).await;
        stream.send(&signed.answer()).await;
    });
    assert_eq!(linked.unwrap().device, 2, "the first number is spent");
    sim.report().is_clean_but_for(&[RefusalKind::UsedRef]).unwrap();
}
