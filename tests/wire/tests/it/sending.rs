//! Messages of an instance, until WhatsApp has them and their receivers read them.
#![expect(clippy::expect_used, clippy::panic, reason = "test code")]

use std::time::Duration;

use tokio::time::timeout;
use waygate_core::event::{EventKind, EventName, Sequence};
use waygate_core::instance::state::StateName;
use waygate_core::message::MessageId;
use waygate_core::message::address::Address;
use waygate_core::message::content::Text;
use waygate_core::message::outgoing::OutgoingContent;
use waygate_core::message::status::{Progress, SendFailure, Status};
use waygate_engine::events::EventsWanted;
use waygate_engine::outbox::{NewMessage, NewQuote};
use waygate_sim::{Direction, Fault, InboxMessage, Latency, Moment, Phone, StanzaKind};
use waygate_testkit::world::{PHONE, Watched, World};

const OTHER: &str = "15550002222";
const NOBODY: &str = "15550009999";
const SENT: Status = Status::Reached(Progress::Sent);

/// How long a message may take with whatever goes wrong on its way once: 60 s for an acknowledgement
/// that does not come, as long for an attempt that waits for its turn again, and a login.
const DONE_WITHIN: Duration = Duration::from_mins(5);

fn message(to: &str, text: &str) -> NewMessage {
    let chat = Address::person(to).expect("digits");
    NewMessage { chat, content: OutgoingContent::Text(Text::plain(text)), quoted: None }
}

/// A world whose gateway sends, with an instance that is online and somebody to write to.
async fn world() -> (World, Watched, Phone) {
    let world = World::new(Latency::FortyMillis);
    world.gateway.start_instances().await.expect("a list of instances");
    let other = world.sim.add_phone(OTHER).expect("a phone");
    let instance = world.linked().await;
    (world, instance, other)
}

/// What becomes of a message, first of all.
async fn becomes(world: &World, instance: &Watched, id: &MessageId) -> Status {
    let read = async {
        let (names, mut after) = ([EventName::MessageStatus], Sequence(0));
        loop {
            let wanted = EventsWanted { after, names: names.into(), limit: 99 };
            let page = world.gateway.next_events(instance.id, wanted, DONE_WITHIN).await;
            let page = page.expect("a journal");
            after = page.cursor;
            let steps = page.events.into_iter().filter_map(|event| {
                if let EventKind::MessageStatus(step) = event.kind { Some(step) } else { None }
            });
            if let Some(step) = steps.into_iter().find(|step| step.id == *id) {
                return step.status;
            }
        }
    };
    timeout(DONE_WITHIN, read).await.expect("nothing became of it")
}

async fn send(world: &World, instance: &Watched, new: NewMessage) -> MessageId {
    world.gateway.send_message(instance.id, new).await.expect("it is accepted").id
}

/// Waits until this message is there, and gives all of that id.
async fn arrived(phone: &Phone, id: &MessageId) -> Vec<InboxMessage> {
    let found = phone.inbox_has(|inbox| {
        let found: Vec<_> = inbox.iter().filter(|it| it.id == id.as_str()).cloned().collect();
        Some(found).filter(|found| !found.is_empty())
    });
    timeout(DONE_WITHIN, found).await.unwrap_or_else(|_late| panic!("{id} did not arrive"))
}

#[tokio::test(start_paused = true)]
async fn a_text_arrives_under_its_id_at_its_receiver_and_at_the_own_phone() {
    let (world, instance, other) = world().await;
    let id = send(&world, &instance, message(OTHER, "hello")).await;
    assert_eq!(becomes(&world, &instance, &id).await, SENT);
    let found = arrived(&other, &id).await;
    let [found] = &found[..] else { panic!("{found:?}") };
    assert_eq!((found.text.as_deref(), found.from.as_str()), (Some("hello"), PHONE));
    assert_eq!(arrived(&world.phone(), &id).await.len(), 1);

    let quote = Some(NewQuote { id: id.clone(), sender: None });
    let answer = NewMessage { quoted: quote, ..message(OTHER, "and again") };
    let answer = send(&world, &instance, answer).await;
    let found = arrived(&other, &answer).await;
    assert_eq!(found[0].text.as_deref(), Some("and again"));
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn messages_arrive_in_the_order_in_which_they_were_accepted() {
    let (mut world, instance, other) = world().await;
    let mut ids = Vec::new();
    for number in 0..10 {
        ids.push(send(&world, &instance, message(OTHER, &format!("{number}"))).await);
        if number == 4 {
            world.restart_gateway().await;
        }
    }
    let last = ids.last().expect("ten");
    arrived(&other, last).await;
    let order: Vec<_> = other.inbox().into_iter().map(|it| it.id).collect();
    assert_eq!(order, ids.iter().map(ToString::to_string).collect::<Vec<_>>());
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn a_message_that_whatsapp_did_not_take_when_the_connection_broke_arrives_once() {
    arrives_once_although(Moment::BeforeMessage).await;
}

#[tokio::test(start_paused = true)]
async fn a_message_that_was_not_acknowledged_when_the_connection_broke_arrives_once() {
    arrives_once_although(Moment::BeforeAck).await;
}

#[tokio::test(start_paused = true)]
async fn a_message_behind_whose_acknowledgement_the_connection_broke_arrives_once() {
    arrives_once_although(Moment::AfterAck).await;
}

/// Although the connection is cut then.
async fn arrives_once_although(at: Moment) {
    let (world, mut instance, other) = world().await;
    let before = send(&world, &instance, message(OTHER, "before")).await;
    becomes(&world, &instance, &before).await;
    world.sim.inject(Fault::CutConnection { at }.on(PHONE).times(1));
    let id = send(&world, &instance, message(OTHER, "once")).await;
    let next = send(&world, &instance, message(OTHER, "next")).await;
    assert_eq!(becomes(&world, &instance, &id).await, SENT);
    assert_eq!(becomes(&world, &instance, &next).await, SENT);
    instance.reaches(StateName::Online).await;
    assert_eq!(arrived(&other, &id).await.len(), 1);
    assert_eq!(arrived(&other, &next).await.len(), 1);
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn an_acknowledgement_that_is_lost_is_asked_for_by_sending_again() {
    let (world, instance, other) = world().await;
    let (direction, stanza) = (Direction::ToClient, Some(StanzaKind::Ack));
    let before = send(&world, &instance, message(OTHER, "before")).await;
    becomes(&world, &instance, &before).await;
    world.sim.inject(Fault::Drop { direction, stanza }.on(PHONE).times(1));
    let id = send(&world, &instance, message(OTHER, "once")).await;
    assert_eq!(becomes(&world, &instance, &id).await, SENT);
    assert_eq!(arrived(&other, &id).await.len(), 1);
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn what_whatsapp_refuses_fails_with_its_reason_and_the_next_message_goes() {
    let (world, instance, other) = world().await;
    for (error, failure) in [(463, SendFailure::Restricted), (479, SendFailure::Refused(Some(479)))]
    {
        world.sim.inject(Fault::RefuseMessages { error }.on(PHONE).times(1));
        let id = send(&world, &instance, message(OTHER, "refused")).await;
        assert_eq!(becomes(&world, &instance, &id).await, Status::Failed(failure));
    }
    world.sim.inject(Fault::RefuseMessages { error: 503 }.on(PHONE).times(1));
    let id = send(&world, &instance, message(OTHER, "taken")).await;
    assert_eq!(becomes(&world, &instance, &id).await, SENT, "that passes");
    assert_eq!(arrived(&other, &id).await.len(), 1);
    assert_eq!(other.inbox().len(), 1);
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn a_number_without_an_account_is_told_apart() {
    let (world, instance, other) = world().await;
    let nobody = send(&world, &instance, message(NOBODY, "hello")).await;
    let failed = Status::Failed(SendFailure::NoAccount);
    assert_eq!(becomes(&world, &instance, &nobody).await, failed);
    let id = send(&world, &instance, message(OTHER, "hello")).await;
    assert_eq!(arrived(&other, &id).await.len(), 1);
    world.end_clean().await;
}
