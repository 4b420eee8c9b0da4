//! Who rings, and what becomes of it.

use serde_json::json as value;
use wacore_binary::{Node, builder::NodeBuilder};
use waygate_sim::{CallDeed, CallError, CallState, Phone, RefusalKind};

use crate::{
    correspondent::{Correspondent, node},
    deviations::assert_refused,
    http::{call, json, serve},
    linking::NUMBER,
    messages::{OTHER, two_companions},
    stream::text,
};

fn ack(stanza: &Node) -> Node {
    let (id, from) = (text(stanza, "id"), text(stanza, "from"));
    NodeBuilder::new("ack").attr("class", "call").attr("id", id).attr("to", from).build()
}

fn says(tag: &'static str, signal: &Node) -> Node {
    let echoed = ["call-id", "call-creator"].map(|name| (name, text(signal, name)));
    NodeBuilder::new(tag).attrs(echoed).build()
}

/// That the device rings.
fn rings(stanza: &Node, signal: &Node) -> Node {
    NodeBuilder::new("receipt")
        .attr("id", text(stanza, "id"))
        .attr("to", text(stanza, "from"))
        .children([says("offer", signal)])
        .build()
}

/// The next stanza of a call, acknowledged, and what it says.
async fn next(ben: &mut Correspondent) -> (Node, Node) {
    let stanza = ben.stream.next_of("call").await;
    ben.stream.send(&ack(&stanza)).await;
    let signal = stanza.children().unwrap()[0].clone();
    (stanza, signal)
}

fn states(phone: &Phone) -> Vec<CallState> {
    phone.calls().iter().map(|call| call.state).collect()
}

#[tokio::test(start_paused = true)]
async fn a_call_rings_on_every_companion_until_the_phone_takes_it_or_the_caller_gives_up() {
    let (sim, [phone, other], _ada, mut ben) = two_companions().await;
    for (deed, by_callee, state, reason) in [
        (CallDeed::Answer, true, CallState::Answered, "accepted_elsewhere"),
        (CallDeed::Decline, true, CallState::Declined, "rejected_elsewhere"),
        (CallDeed::HangUp, false, CallState::Missed, ""),
    ] {
        let id = phone.call(OTHER, deed == CallDeed::Decline).unwrap();
        let (stanza, offer) = next(&mut ben).await;
        assert_eq!(text(&stanza, "from"), format!("{NUMBER}@s.whatsapp.net"));
        assert_eq!((offer.tag.as_ref(), text(&offer, "call-id")), ("offer", id.clone()));
        let has_picture = offer.get_optional_child("video").is_some();
        assert_eq!(has_picture, deed == CallDeed::Decline);
        ben.stream.send(&rings(&stanza, &offer)).await;
        ben.stream.next_of("ack").await;
        let (by, another) = if by_callee { (&other, &phone) } else { (&phone, &other) };
        assert_eq!(another.act_on_call(&id, deed), Err(CallError::NotNow));
        by.act_on_call(&id, deed).unwrap();
        let (_, end) = next(&mut ben).await;
        assert_eq!((end.tag.as_ref(), text(&end, "reason")), ("terminate", reason.to_owned()));
        assert_eq!(text(&end, "call-id"), id);
        assert_eq!(other.calls().last().unwrap().state, state);
    }
    let first = phone.calls()[0].id.clone();
    phone.act_on_call(&first, CallDeed::HangUp).unwrap();
    assert!(ben.settle().await.is_empty(), "who does not ring hears nothing of its end");
    assert_eq!(states(&phone), [CallState::Ended, CallState::Declined, CallState::Missed]);
    assert_eq!(other.devices()[0].queued, 0);
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn who_is_away_finds_the_call_in_the_queue() {
    let (sim, [phone, other], _ada, mut ben) = two_companions().await;
    let lid = format!("{}@lid", other.lid());
    ben.stream.request("set", "passive", Some(node("passive", []))).await;
    let id = phone.call(&lid, false).unwrap();
    phone.act_on_call(&id, CallDeed::HangUp).unwrap();
    assert_eq!(other.devices()[0].queued, 2);
    ben.stream.request("set", "passive", Some(node("active", []))).await;
    let (stanza, offer) = next(&mut ben).await;
    assert!(stanza.attrs.get("offline").is_some());
    assert_eq!(text(&stanza, "from"), format!("{}@lid", phone.lid()));
    assert_eq!(text(&offer, "caller_pn"), format!("{NUMBER}@s.whatsapp.net"));
    assert_eq!(next(&mut ben).await.1.tag, "terminate");
    ben.settle().await;
    assert_eq!(other.devices()[0].queued, 0);
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_companion_turns_a_call_down() {
    let (sim, [phone, _other], _ada, mut ben) = two_companions().await;
    phone.call(OTHER, false).unwrap();
    let (stanza, offer) = next(&mut ben).await;
    let reject = NodeBuilder::new("call")
        .attr("id", "R1")
        .attr("to", text(&stanza, "from"))
        .children([says("reject", &offer)])
        .build();
    ben.stream.send(&reject).await;
    let answer = ben.stream.next_of("ack").await;
    assert_eq!((text(&answer, "class"), text(&answer, "id")), ("call".into(), "R1".into()));
    assert_eq!(states(&phone), [CallState::Declined]);
    assert!(ben.settle().await.is_empty());
    sim.report().is_clean().unwrap();
    ben.stream.send(&reject).await;
    ben.settle().await;
    assert_refused(&sim.report(), RefusalKind::Request, "a call that rings no more");
}

#[tokio::test(start_paused = true)]
async fn a_receipt_of_a_call_names_one_that_was_made() {
    let wrong = |stanza: &Node, offer: &Node| {
        let other_id = says("offer", offer);
        let receipt = |id: &str, to: &str, offer: Node| {
            NodeBuilder::new("receipt").attr("id", id).attr("to", to).children([offer]).build()
        };
        let (id, from) = (text(stanza, "id"), text(stanza, "from"));
        let unknown = NodeBuilder::new("offer")
            .attr("call-id", "ANOTHER")
            .attr("call-creator", text(offer, "call-creator"))
            .build();
        [
            ("another stanza", receipt("ANOTHER", &from, other_id.clone())),
            ("another caller", receipt(&id, "15550003333@s.whatsapp.net", other_id)),
            ("another call", receipt(&id, &from, unknown)),
        ]
    };
    for row in 0..3 {
        let (sim, [phone, _other], _ada, mut ben) = two_companions().await;
        phone.call(OTHER, false).unwrap();
        let (stanza, offer) = next(&mut ben).await;
        let (name, receipt) = wrong(&stanza, &offer)[row].clone();
        ben.stream.send(&receipt).await;
        ben.settle().await;
        assert_refused(&sim.report(), RefusalKind::Request, name);
    }
}

#[tokio::test]
async fn a_phone_calls_over_http() {
    let served = serve().await;
    for number in [NUMBER, OTHER] {
        served.sim.add_phone(number).unwrap();
    }
    let at = served.control.as_str();
    let ring = format!("POST /phones/{NUMBER}/calls");
    let (status, rung) = json(at, &ring, Some(&value!({ "to": OTHER }).to_string())).await;
    assert_eq!(status, 201);
    let id = rung["id"].as_str().unwrap();
    let act = format!("POST /phones/{OTHER}/calls/{id}");
    let decline = value!({ "do": "decline" }).to_string();
    assert_eq!(call(at, &act, Some(&decline)).await, (204, String::new()));
    assert_eq!(json(at, &act, Some(&decline)).await.1["code"], value!("not_now"));
    let (status, calls) = json(at, &format!("GET /phones/{OTHER}/calls"), None).await;
    let expected = value!({
        "id": id, "from": NUMBER, "to": OTHER, "video": false, "state": "declined"
    });
    assert_eq!((status, &calls["calls"]), (200, &value!([expected])));
    for (to, error) in [("15550009999", "nobody"), (NUMBER, "nobody")] {
        let (status, refused) = json(at, &ring, Some(&value!({ "to": to }).to_string())).await;
        assert_eq!((status, &refused["code"]), (404, &value!(error)));
    }
    let unknown = format!("POST /phones/{OTHER}/calls/none");
    assert_eq!(json(at, &unknown, Some(&decline)).await.0, 404);
    served.sim.report().is_clean().unwrap();
    served.stop().await;
}
