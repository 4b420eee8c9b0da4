//! Faults that a test orders.

use waygate_sim::{DialRefused, Fault};

use crate::{
    companion::Companion,
    linking::{NUMBER, world},
    stream::{Wire, text},
};

#[tokio::test(start_paused = true)]
async fn the_next_logins_can_be_refused() {
    let (sim, phone) = world();
    let mut device = Companion::new(1);
    device.link(&sim, &phone).await;
    sim.inject(Fault::RefuseLogins {
        count: 2,
        reason: 402,
        code: Some(101),
        expire_s: Some(3600),
    });
    for _ in 0..2 {
        let payload = device.login();
        let mut stream = device.connect(&sim, &payload).await;
        let failure = stream.next().await.unwrap();
        assert_eq!(failure.tag, "failure");
        let attrs = ["reason", "code", "expire"].map(|name| text(&failure, name));
        assert_eq!(attrs, ["402", "101", "3600"]);
        stream.assert_closed().await;
    }
    device.log_in(&sim).await.hang_up();
    assert_eq!(sim.report().logins_faulted, 2);
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_online_device_can_be_sent_away() {
    let (sim, phone) = world();
    let mut device = Companion::new(1);
    device.link(&sim, &phone).await;
    let mut stream = device.log_in(&sim).await;
    sim.inject(Fault::StreamError { number: NUMBER.to_owned(), device: None, code: 503 });
    assert_eq!(text(&stream.next().await.unwrap(), "code"), "503");
    stream.assert_closed().await;
    assert!(!phone.devices()[0].online);
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_connection_can_be_cut() {
    let (sim, phone) = world();
    let mut device = Companion::new(1);
    device.link(&sim, &phone).await;
    let mut stream = device.log_in(&sim).await;
    let cut = |device| Fault::CutConnection { number: Some(NUMBER.to_owned()), device };
    sim.inject(cut(Some(2)));
    stream.request("get", "w:p", None).await;
    sim.inject(cut(Some(1)));
    stream.assert_closed().await;
    let (mut unregistered, _) = Companion::new(2).register(&sim).await;
    sim.inject(Fault::CutConnection { number: None, device: None });
    unregistered.assert_closed().await;
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn dials_can_be_refused_and_left_hanging() {
    let (sim, _) = world();
    sim.inject(Fault::RefuseDials { count: 1 });
    assert_eq!(sim.dial().err(), Some(DialRefused));
    sim.inject(Fault::HangDials { count: 1 });
    let mut hanging = sim.dial().unwrap();
    hanging.to_server.send(b"WA\x06\x03".as_slice().into()).await.unwrap();
    let hour = std::time::Duration::from_secs(3600);
    tokio::time::timeout(hour, hanging.from_server.recv()).await.unwrap_err();
    let mut fine = Wire::new(sim.dial().unwrap());
    // Not what a client of WhatsApp begins with, so it is hung up on: it was heard.
    fine.send_bytes(b"GET ").await;
    assert_eq!(fine.frame().await, None);
    assert_eq!((sim.report().dials, sim.report().dials_faulted), (3, 2));
}
