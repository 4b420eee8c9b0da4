//! A phone whose application is too old to have companions.

use waygate_sim::{CodeError, LinkError, ScanError};

use crate::{
    code::{CODE, show_as},
    gate::shown,
    linking::world,
    stream::text,
};

#[tokio::test(start_paused = true)]
async fn a_phone_without_multi_device_says_so_and_leaves_the_code_as_good_as_it_was() {
    let (sim, phone) = world();
    phone.set_multi_device(false);
    assert!(!phone.has_multi_device());
    let (mut device, mut stream, qr) = shown(&sim, 1).await;
    for _ in 0..2 {
        let refused = phone.scan(&qr).await;
        assert_eq!(refused, Err(ScanError::Link(LinkError::NoMultiDevice)));
        let told = stream.next_of("ib").await;
        assert_eq!(text(&told, "from"), "s.whatsapp.net");
        assert!(told.get_optional_child("downgrade_webclient").is_some());
    }
    // The application is updated.
    phone.set_multi_device(true);
    let (linked, ()) = tokio::join!(phone.scan(&qr), async {
        let signed = device.countersign(&mut stream).await;
        stream.send(&signed.answer()).await;
    });
    assert_eq!(linked.unwrap().device, 1);
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_phone_without_multi_device_has_nowhere_to_type_a_code() {
    let (sim, phone) = world();
    phone.set_multi_device(false);
    let mut shown = show_as(&sim, 1).await;
    let refused = phone.enter_code(CODE).await;
    assert_eq!(refused, Err(CodeError::Link(LinkError::NoMultiDevice)));
    // The device has heard nothing, and its code has not been tried.
    phone.set_multi_device(true);
    let (linked, ()) = tokio::join!(phone.enter_code(CODE), async {
        shown.finish().await;
        shown.countersign().await;
    });
    assert_eq!(linked.unwrap().device, 1);
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_full_account_says_so_to_whoever_types_a_code_and_the_device_hears_nothing() {
    let (sim, phone) = world();
    for seed in 1..=4 {
        crate::companion::Companion::new(seed).link(&sim, &phone).await;
    }
    let mut shown = show_as(&sim, 5).await;
    let (refused, ()) = tokio::join!(phone.enter_code(CODE), shown.finish());
    assert_eq!(refused, Err(CodeError::Link(LinkError::DeviceLimit)));
    assert_eq!(shown.stream.take_set_aside(), []);
    // It is still connected, and nothing is on its way to it.
    let ping = wacore_binary::builder::NodeBuilder::new("ping").build();
    shown.stream.request("get", "w:p", Some(ping)).await;
    assert_eq!(shown.stream.take_set_aside(), []);
    assert_eq!(phone.devices().len(), 4);
    sim.report().is_clean_but_for(&[waygate_sim::RefusalKind::DeviceLimit]).unwrap();
}
