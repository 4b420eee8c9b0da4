//! The library by itself under faults: what it writes and reads goes on when they are lifted.
#![expect(clippy::expect_used, reason = "test code")]

use std::time::Duration;

use waygate_sim::{Direction, Fault, Latency, Moment, Order, Phone, StanzaKind};
use waygate_testkit::world::{PHONE, World};
use whatsapp_rust::Jid;

use super::client::Library;

const OTHER: &str = "15550002222";

/// What is ordered before a text goes each way.
fn orders() -> Vec<Order> {
    let mut orders = Vec::new();
    for at in [
        Moment::Now,
        Moment::BeforeMessage,
        Moment::BeforeAck,
        Moment::AfterAck,
        Moment::BeforeClientAck,
        Moment::AfterClientAck,
    ] {
        let cut = Fault::CutConnection { at }.on(PHONE);
        orders.push(if at == Moment::Now { cut } else { cut.times(1) });
    }
    for direction in [Direction::ToClient, Direction::FromClient] {
        for stanza in [StanzaKind::Message, StanzaKind::Receipt, StanzaKind::Ack, StanzaKind::Iq] {
            let stanza = Some(stanza);
            orders.extend([
                Fault::Duplicate { direction, stanza }.times(1),
                Fault::Reorder { direction, stanza }.times(1),
                Fault::Delay { by_ms: 4_000, direction, stanza }.times(1),
                Fault::Drop { direction, stanza }.times(1),
            ]);
        }
    }
    orders
}

/// Writes until a phone shows it: what was written into a connection that had ended is lost.
async fn gets_through(ada: &Library, other: &Phone, words: &str) {
    let through = async {
        loop {
            // An error says no more than that it was not sent.
            drop(ada.client().send_text(Jid::pn(OTHER), words).await);
            let shown = other.inbox_has(|inbox| {
                inbox.iter().any(|it| it.text.as_deref() == Some(words)).then_some(())
            });
            if tokio::time::timeout(Duration::from_secs(10), shown).await.is_ok() {
                return;
            }
        }
    };
    // A connection that has died is given up within 134 s, see keep_alive.rs.
    tokio::time::timeout(Duration::from_mins(5), through).await.expect(words);
}

#[tokio::test(start_paused = true)]
async fn texts_go_on_both_ways_after_every_cut_and_every_stanza_struck() {
    let world = World::new(Latency::FortyMillis);
    let (phone, other) = (world.phone(), world.sim.add_phone(OTHER).expect("a phone"));
    let mut ada = Library::linked(&world.sim, &phone).await;
    for order in orders() {
        let named = format!("{order:?}");
        world.sim.inject(order);
        gets_through(&ada, &other, &format!("under {named}")).await;
        other.send_text(PHONE, &format!("back under {named}")).expect("it is sent");
        world.pass(Duration::from_secs(10)).await;
        world.sim.lift_faults();
        gets_through(&ada, &other, &format!("after {named}")).await;
        let words = format!("back after {named}");
        other.send_text(PHONE, &words).expect("it is sent");
        ada.text(&words).await;
    }
    ada.close().await;
    world.end_clean().await;
}
