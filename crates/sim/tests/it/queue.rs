//! Stanzas that wait until a device wants them.

use wacore_binary::builder::NodeBuilder;

use crate::{
    requests::online,
    stream::{Stream, error_code, text},
};

fn jpeg() -> Vec<u8> {
    let frame = [0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 8, 0, 8, 1, 1, 0x11, 0];
    [&frame[..], &[0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0xff, 0xd9]].concat()
}

async fn be(stream: &mut Stream, mode: &'static str) {
    let mode = NodeBuilder::new(mode).build();
    assert_eq!(error_code(&stream.request("set", "passive", Some(mode)).await), 0);
}

/// What has come, by tag, in order; the answer to a last request is the end of it.
async fn heard(stream: &mut Stream) -> Vec<String> {
    stream.request("get", "w:p", None).await;
    stream.take_set_aside().into_iter().map(|node| node.tag.to_string()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_device_that_is_not_active_is_sent_nothing() {
    let (sim, phone, _, mut stream) = online().await;
    phone.set_profile_picture(jpeg()).unwrap();
    assert_eq!(heard(&mut stream).await, Vec::<String>::new(), "not active yet");
    assert_eq!(phone.devices()[0].queued, 1);

    be(&mut stream, "active").await;
    assert_eq!(heard(&mut stream).await, ["ib", "notification", "ib"]);
    phone.remove_profile_picture();
    assert_eq!(heard(&mut stream).await, ["notification"], "at once");

    be(&mut stream, "passive").await;
    phone.set_profile_picture(jpeg()).unwrap();
    assert_eq!(heard(&mut stream).await, Vec::<String>::new(), "not active any more");
    be(&mut stream, "active").await;
    stream.request("get", "w:p", None).await;
    let told = stream.next_of("notification").await;
    assert_eq!(text(&told, "offline"), "0");
    assert_eq!(phone.devices()[0].queued, 3, "nothing was acknowledged");
    sim.report().is_clean().unwrap();
}
