//! What becomes of connections on which nothing happens.

use std::time::Duration;

use tokio::time::{Instant, advance, timeout};
use wacore_binary::builder::NodeBuilder;
use waygate_sim::{Fault, Moment, RefusalKind};

use crate::{
    companion::Companion,
    deviations::assert_refused,
    linking::NUMBER,
    requests::online,
    stream::{Stream, error_code},
};

const HOUR: Duration = Duration::from_hours(1);

/// Waits for a stanza, or for the end of the stream.
async fn hears(stream: &mut Stream, limit: Duration) -> bool {
    timeout(limit, stream.wire.pipe.from_server.recv()).await.is_ok()
}

async fn ping(stream: &mut Stream) -> u16 {
    let ping = NodeBuilder::new("ping").build();
    error_code(&stream.request("get", "w:p", Some(ping)).await)
}

#[tokio::test(start_paused = true)]
async fn a_device_that_is_silent_after_its_login_is_hung_up_on() {
    let (sim, phone, _, mut stream) = online().await;
    let begun = Instant::now();
    let end = timeout(HOUR, stream.wire.pipe.from_server.recv()).await;
    assert_eq!(end, Ok(None), "without a word");
    assert_eq!(begun.elapsed(), Duration::from_mins(3));
    assert!(!phone.devices()[0].online);
    assert_eq!(sim.report().live_connections, 0);
    assert_refused(&sim.report(), RefusalKind::Silence, "silence");
}

#[tokio::test(start_paused = true)]
async fn a_device_that_pings_stays_online() {
    let (sim, phone, _, mut stream) = online().await;
    for _ in 0..100 {
        advance(Duration::from_secs(179)).await;
        assert_eq!(ping(&mut stream).await, 0);
    }
    assert!(phone.devices()[0].online);
    let report = sim.report();
    assert_eq!(report.requests["w:p/get/ping"], 100);
    report.is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_has_gone_mute_stays_open_and_hears_nothing() {
    let (sim, phone, mut device, mut mute) = online().await;
    let mut other = Companion::new(2);
    other.link(&sim, &phone).await;
    let mut other = other.log_in(&sim).await;
    sim.inject(Fault::GoMute { at: Moment::Now }.on_device(NUMBER, 1));
    assert_eq!(ping(&mut other).await, 0, "another device's connection");

    let child = NodeBuilder::new("ping").build();
    let iq = NodeBuilder::new("iq")
        .attr("to", "s.whatsapp.net")
        .attr("type", "get")
        .attr("xmlns", "w:p")
        .attr("id", "p")
        .children([child])
        .build();
    mute.send(&iq).await;
    other.hang_up();
    assert!(!hears(&mut mute, HOUR).await, "neither an answer nor an end");
    assert_eq!(sim.report().live_connections, 1);
    assert_eq!(phone.devices().iter().filter(|device| device.online).count(), 0);

    // The client gives it up; for the server that is no second connection.
    let mut again = device.log_in(&sim).await;
    assert_eq!(ping(&mut again).await, 0);
    mute.hang_up();
    assert_eq!(ping(&mut again).await, 0);
    assert_eq!(sim.report().live_connections, 1);
    assert_eq!(sim.report().requests["w:p/get/ping"], 3);
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn all_devices_of_an_account_can_go_mute_and_nobody_elses() {
    let (sim, _, _, mut stream) = online().await;
    let other = sim.add_phone("15550002222").unwrap();
    let mut device = Companion::new(2);
    device.link(&sim, &other).await;
    let mut others = device.log_in(&sim).await;
    sim.inject(Fault::GoMute { at: Moment::Now }.on(NUMBER));
    assert_eq!(ping(&mut others).await, 0);
    assert!(!hears(&mut stream, Duration::from_secs(100)).await);
    sim.report().is_clean().unwrap();
}
