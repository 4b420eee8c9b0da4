//! Connections that end just before and just after something was acknowledged.

use wacore_binary::Jid;
use waygate_sim::{Fault, Moment, Phone, Sim};

use crate::{
    companion::Companion,
    correspondent::Correspondent,
    linking::{NUMBER, world},
    stream::text,
};

const OTHER: &str = "15550002222";

async fn correspondents() -> (Sim, Phone, Phone, Correspondent) {
    let (sim, phone) = world();
    let other = sim.add_phone(OTHER).unwrap();
    let device = Correspondent::online(&sim, &phone, 1).await;
    (sim, phone, other, device)
}

#[tokio::test(start_paused = true)]
async fn a_login_can_lead_to_every_end_in_place_of_success() {
    let (sim, phone) = world();
    let mut device = Companion::new(1);
    device.link(&sim, &phone).await;
    let (at, payload) = (Moment::Login, device.login());
    for fault in [Fault::CloseConnection { at }, Fault::CutConnection { at }] {
        sim.inject(fault.on_device(NUMBER, 1).times(1));
        device.connect(&sim, &payload).await.assert_closed().await;
    }
    sim.inject(Fault::EndStream { at }.times(1));
    let mut stream = device.connect(&sim, &payload).await;
    assert_eq!(stream.next().await.unwrap().tag, "xmlstreamend");
    sim.inject(Fault::GoMute { at }.times(1));
    let mut stream = device.connect(&sim, &payload).await;
    let hour = std::time::Duration::from_hours(1);
    tokio::time::timeout(hour, stream.wire.pipe.from_server.recv()).await.unwrap_err();
    assert!(!phone.devices()[0].online);
    device.log_in(&sim).await.hang_up();
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_message_can_be_lost_with_the_connection_before_it_is_taken() {
    let (sim, phone, other, mut device) = correspondents().await;
    let letter = device.letter(&Jid::pn(OTHER), OTHER, "hello").await;
    sim.inject(Fault::CutConnection { at: Moment::BeforeMessage }.on(NUMBER).times(1));
    device.stream.send(&letter).await;
    device.stream.assert_closed().await;
    assert_eq!((other.inbox().len(), phone.inbox().len()), (0, 0));
    device.come_back(&sim).await;
    device.hand_in(&letter).await;
    assert_eq!((other.inbox().len(), phone.inbox().len()), (1, 1));
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_message_can_be_taken_and_its_ack_be_lost_with_the_connection() {
    let ends =
        |at| [Fault::CutConnection { at }, Fault::CloseConnection { at }, Fault::GoMute { at }];
    for fault in ends(Moment::BeforeAck) {
        let (sim, _, other, mut device) = correspondents().await;
        let letter = device.letter(&Jid::pn(OTHER), OTHER, "hello").await;
        let muted = matches!(fault, Fault::GoMute { .. });
        sim.inject(fault.on(NUMBER).times(1));
        device.stream.send(&letter).await;
        if muted {
            let hour = std::time::Duration::from_hours(1);
            let pipe = &mut device.stream.wire.pipe.from_server;
            tokio::time::timeout(hour, pipe.recv()).await.unwrap_err();
        } else {
            device.stream.assert_closed().await;
        }
        assert_eq!(other.inbox().len(), 1, "it was taken all the same");
        sim.report().is_clean().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_can_end_right_after_the_ack_of_a_message() {
    let at = Moment::AfterAck;
    for fault in [Fault::CutConnection { at }, Fault::CloseConnection { at }] {
        let (sim, _, other, mut device) = correspondents().await;
        let letter = device.letter(&Jid::pn(OTHER), OTHER, "hello").await;
        sim.inject(fault.on(NUMBER).times(1));
        let ack = device.hand_in(&letter).await;
        assert_eq!(text(&ack, "error"), "");
        while let Some(node) = device.stream.next().await {
            assert_eq!(node.tag, "receipt", "nothing but what was under way");
        }
        assert_eq!(other.inbox().len(), 1);
        device.come_back(&sim).await;
        sim.report().is_clean().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_stanza_whose_ack_was_lost_with_the_connection_comes_again() {
    let (sim, phone, other, mut device) = correspondents().await;
    sim.inject(Fault::CutConnection { at: Moment::BeforeClientAck }.on_device(NUMBER, 1).times(1));
    let id = other.send_text(NUMBER, "hello").unwrap();
    let message = device.next_message().await;
    device.read(&message).await;
    device.stream.send(&crate::correspondent::receipt(&message, None)).await;
    device.stream.assert_closed().await;
    assert_eq!(phone.devices()[0].queued, 1);
    device.come_back(&sim).await;
    let again = device.next_message().await;
    assert_eq!((text(&again, "id"), text(&again, "offline")), (id, "0".to_owned()));
    device.tell(&again, None).await;
    assert_eq!(phone.devices()[0].queued, 0);
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_stanza_whose_ack_was_heard_before_the_end_does_not_come_again() {
    let (sim, phone, other, mut device) = correspondents().await;
    sim.inject(Fault::CutConnection { at: Moment::AfterClientAck }.times(1));
    other.send_text(NUMBER, "hello").unwrap();
    let message = device.next_message().await;
    device.read(&message).await;
    device.tell(&message, None).await;
    device.stream.assert_closed().await;
    assert_eq!(phone.devices()[0].queued, 0);
    device.come_back(&sim).await;
    let end = device.stream.next_of("ib").await;
    assert_eq!(text(end.get_optional_child("offline").unwrap(), "count"), "0");
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_cut_off_between_its_ack_and_its_receipt_is_not_blamed() {
    let (sim, phone, other, mut device) = correspondents().await;
    sim.inject(Fault::CutConnection { at: Moment::AfterClientAck }.times(1));
    other.send_text(NUMBER, "hello").unwrap();
    let message = device.next_message().await;
    device.read(&message).await;
    let ack = wacore_binary::builder::NodeBuilder::new("ack")
        .attr("class", "message")
        .attr("id", text(&message, "id"))
        .attr("to", text(&message, "from"));
    device.stream.send(&ack.build()).await;
    device.stream.assert_closed().await;
    assert_eq!(phone.devices()[0].queued, 1, "it waits for the receipt");
    sim.report().is_clean().unwrap();
}
