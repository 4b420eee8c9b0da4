//! Who is seen writing.

use wacore_binary::{Node, builder::NodeBuilder};
use waygate_sim::{ChatState, RefusalKind, SendError};

use crate::{
    correspondent::node,
    deviations::assert_refused,
    linking::NUMBER,
    messages::{OTHER, two_companions, two_phones},
    stream::text,
};

fn chatstate(to: &str, state: Node) -> Node {
    NodeBuilder::new("chatstate").attr("to", to).children([state]).build()
}

fn composing(media: Option<&str>) -> Node {
    let media = media.map(|media| ("media", media));
    NodeBuilder::new("composing").attrs(media).build()
}

#[tokio::test(start_paused = true)]
async fn who_writes_is_seen_on_the_other_side_by_whoever_is_there() {
    let (sim, [phone, other], mut ada, mut ben) = two_companions().await;
    let chat = format!("{OTHER}@s.whatsapp.net");
    for (state, expected) in [
        (composing(None), ChatState::Composing),
        (composing(Some("audio")), ChatState::Recording),
        (node("paused", []), ChatState::Paused),
    ] {
        ada.stream.send(&chatstate(&chat, state.clone())).await;
        assert!(ada.settle().await.is_empty(), "it has no answer");
        assert_eq!(other.chat_states()[NUMBER], expected);
        let shown = ben.stream.next_of("chatstate").await;
        assert_eq!(text(&shown, "from"), format!("{NUMBER}@s.whatsapp.net"));
        assert_eq!(shown.children().unwrap()[0].tag, state.tag);
    }
    other.show_chat_state(NUMBER, ChatState::Recording).unwrap();
    let shown = ada.stream.next_of("chatstate").await;
    assert_eq!(text(&shown, "from"), chat);
    assert_eq!(shown.children().unwrap(), [composing(Some("audio"))]);
    assert!(phone.devices()[0].queued == 0 && phone.inbox().is_empty());
    assert_eq!(phone.show_chat_state("1", ChatState::Paused), Err(SendError::Nobody));
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_chat_state_is_one_that_exists_in_a_chat() {
    let chat = format!("{OTHER}@s.whatsapp.net");
    let rows = [
        ("no chat", node("chatstate", [composing(None)])),
        ("another state", chatstate(&chat, node("singing", []))),
        ("another medium", chatstate(&chat, composing(Some("video")))),
        ("nothing", NodeBuilder::new("chatstate").attr("to", chat.as_str()).build()),
    ];
    for (row, wrong) in rows {
        let (sim, _, other, mut ada) = two_phones().await;
        ada.stream.send(&wrong).await;
        ada.settle().await;
        assert!(other.chat_states().is_empty(), "{row}");
        assert_refused(&sim.report(), RefusalKind::Request, row);
    }
    let (sim, _, _, mut ada) = two_phones().await;
    ada.stream.send(&chatstate("120363000000000001@g.us", composing(None))).await;
    ada.settle().await;
    assert_eq!(sim.report().unknown["chatstate/g.us"], 1);
}
