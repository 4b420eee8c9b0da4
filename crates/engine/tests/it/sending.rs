//! Messages from their acceptance until it is known what became of them.
#![expect(clippy::unwrap_used, clippy::panic, reason = "test code")]

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use waygate_core::account::LinkedAccount;
use waygate_core::error::Kind;
use waygate_core::event::{Event, EventKind, NewEvent, Sequence};
use waygate_core::id::InstanceId;
use waygate_core::instance::state::StateName;
use waygate_core::message::address::Address;
use waygate_core::message::content::{Content, Text};
use waygate_core::message::outgoing::{OutgoingContent, TEXT_CHARS_MAX, Unsent};
use waygate_core::message::queued::WAITS_FOR;
use waygate_core::message::status::{Progress, SendFailure, Status};
use waygate_core::message::{Message, MessageId, Origin};
use waygate_core::port::journal::Journal as _;
use waygate_core::port::link::LinkEvent;
use waygate_core::reason::EndReason;
use waygate_engine::Gateway;
use waygate_engine::events::EventsWanted;
use waygate_engine::outbox::{NewMessage, NewQuote};
use waygate_played::application::{create, reaches};
use waygate_played::link::{PlayedLink, Sending};

use crate::failing_outbox::FailingOutbox;

const SENT: Status = Status::Reached(Progress::Sent);
const PAUSE: Duration = Duration::from_millis(500);
const LONG: Duration = Duration::from_secs(60);

fn person() -> Address {
    Address::person("15550002222").unwrap()
}

fn text(body: &str) -> NewMessage {
    let content = OutgoingContent::Text(Text::plain(body));
    NewMessage { chat: person(), content, quoted: None }
}

async fn accepted(gateway: &Gateway, instance: InstanceId, body: &str) -> MessageId {
    gateway.send_message(instance, text(body)).await.unwrap().id
}

/// A gateway that sends, with an instance that is linked but not online yet.
async fn linked(link: &PlayedLink) -> (Gateway, InstanceId) {
    let (gateway, instance) = link.running().await;
    gateway.start_instances().await.unwrap();
    (gateway, instance)
}

/// The same, online.
async fn online(link: &PlayedLink) -> (Gateway, InstanceId) {
    let (gateway, instance) = linked(link).await;
    link.log_in(instance).await;
    reaches(&gateway, instance, StateName::Online).await;
    (gateway, instance)
}

/// What the journal says of messages, as soon as that is so much.
async fn told(gateway: &Gateway, instance: InstanceId, count: usize) -> Vec<(MessageId, Told)> {
    let read = async {
        let (mut told, mut after) = (Vec::new(), Sequence(0));
        while told.len() < count {
            let wanted = EventsWanted { after, names: [].into(), limit: 99 };
            let page = gateway.next_events(instance, wanted, LONG).await.unwrap();
            after = page.cursor;
            told.extend(page.events.into_iter().filter_map(of_message));
        }
        told
    };
    tokio::time::timeout(WAITS_FOR * 2, read)
        .await
        .unwrap_or_else(|_late| panic!("it was not told"))
}

#[derive(Debug, PartialEq, Eq)]
enum Told {
    Sent,
    Step(Status),
}

fn of_message(event: Event) -> Option<(MessageId, Told)> {
    if let EventKind::MessageSent(sent) = event.kind {
        assert_eq!(sent.origin, Origin::Api);
        assert_eq!(sent.message.sender, Address::person("15550001111").unwrap());
        Some((sent.message.id, Told::Sent))
    } else if let EventKind::MessageStatus(step) = event.kind {
        assert!(step.by_api);
        assert_eq!(step.chat, person());
        Some((step.id, Told::Step(step.status)))
    } else {
        None
    }
}

fn went(id: &MessageId) -> [(MessageId, Told); 2] {
    [(id.clone(), Told::Sent), (id.clone(), Told::Step(SENT))]
}

fn failed(id: &MessageId, failure: SendFailure) -> (MessageId, Told) {
    (id.clone(), Told::Step(Status::Failed(failure)))
}

#[tokio::test(start_paused = true)]
async fn messages_wait_until_the_instance_is_online_and_go_in_order_with_a_pause_between_them() {
    let link = PlayedLink::linked();
    let (gateway, instance) = linked(&link).await;
    let mut ids = Vec::new();
    for body in ["one", "two", "three"] {
        ids.push(accepted(&gateway, instance, body).await);
    }
    assert_eq!(gateway.count_queued_messages(instance).await.unwrap(), 3);
    assert_eq!(link.sendings(), 0);
    link.log_in(instance).await;
    let sent = link.sent(3).await;
    let order: Vec<_> = sent.iter().map(|(_, message)| message.id.clone()).collect();
    assert_eq!(order, ids);
    for pair in sent.windows(2) {
        assert_eq!(pair[1].0 - pair[0].0, PAUSE);
    }
    let expected: Vec<_> = ids.iter().flat_map(went).collect();
    assert_eq!(told(&gateway, instance, 6).await, expected);
    assert_eq!(gateway.queued_messages(instance, 9).await.unwrap(), []);
    let record = gateway.message_record(instance, ids[0].clone()).await.unwrap().unwrap();
    assert_eq!((record.status, record.by_api), (SENT, true));
}

#[tokio::test(start_paused = true)]
async fn one_that_comes_soon_after_another_keeps_its_distance_and_a_new_pause_acts_at_once() {
    let link = PlayedLink::linked();
    let (gateway, instance) = online(&link).await;
    let began = Instant::now();
    accepted(&gateway, instance, "one").await;
    told(&gateway, instance, 2).await;
    tokio::time::sleep(PAUSE / 2).await; // allowed: virtual time, nothing is waited for
    accepted(&gateway, instance, "two").await;
    assert_eq!(link.sent(2).await[1].0 - began, PAUSE);
    gateway.change_settings(instance, |settings| settings.send_pause_ms = 600_000).await.unwrap();
    accepted(&gateway, instance, "three").await;
    tokio::time::sleep(LONG).await; // allowed: virtual time, nothing is waited for
    assert_eq!(link.sendings(), 2);
    gateway.change_settings(instance, |settings| settings.send_pause_ms = 1000).await.unwrap();
    assert_eq!(link.sent(3).await[2].0 - began, PAUSE + LONG);
}

#[tokio::test(start_paused = true)]
async fn one_is_on_its_way_at_a_time_and_goes_again_under_its_id_when_the_connection_ends() {
    let link = PlayedLink::linked();
    link.play_next_sendings([Sending::Silent]);
    let (gateway, instance) = online(&link).await;
    let one = accepted(&gateway, instance, "one").await;
    let two = accepted(&gateway, instance, "two").await;
    link.sent(1).await;
    tokio::time::sleep(LONG).await; // allowed: virtual time, nothing is waited for
    assert_eq!(link.sendings(), 1);
    assert!(gateway.shut_down(LONG).await);

    let next = link.gateway();
    next.start_instances().await.unwrap();
    link.log_in(instance).await;
    let ids: Vec<_> = link.sent(3).await.into_iter().map(|(_, message)| message.id).collect();
    assert_eq!(ids, [one.clone(), one.clone(), two.clone()]);
    let expected: Vec<_> = [&one, &two].into_iter().flat_map(went).collect();
    assert_eq!(told(&next, instance, 4).await, expected);
}

#[tokio::test(start_paused = true)]
async fn what_whatsapp_did_not_answer_to_is_tried_again_and_what_it_refuses_is_not() {
    let unreached = Sending::Unsent(Unsent::Unreached);
    let refused = Sending::Unsent(Unsent::Refused(SendFailure::NoAccount));
    let link = PlayedLink::linked();
    link.play_next_sendings([unreached, unreached, Sending::Taken, refused]);
    let (gateway, instance) = online(&link).await;
    let began = Instant::now();
    let one = accepted(&gateway, instance, "one").await;
    let two = accepted(&gateway, instance, "two").await;
    let sent = link.sent(4).await;
    let ids: Vec<_> = sent.iter().map(|(_, message)| &message.id).collect();
    assert_eq!(ids, [&one, &one, &one, &two]);
    // 1 s and 2 s between the attempts.
    assert_eq!(sent[2].0 - began, Duration::from_secs(3));
    let mut expected = Vec::from(went(&one));
    expected.push(failed(&two, SendFailure::NoAccount));
    assert_eq!(told(&gateway, instance, 3).await, expected);
}

#[tokio::test(start_paused = true)]
async fn one_that_the_gateway_cannot_write_does_not_hold_up_the_others_for_ever() {
    let link = PlayedLink::linked();
    link.play_next_sendings([Sending::Unsent(Unsent::Fault); 5]);
    let (gateway, instance) = online(&link).await;
    let one = accepted(&gateway, instance, "one").await;
    let two = accepted(&gateway, instance, "two").await;
    let mut expected = vec![failed(&one, SendFailure::Fault)];
    expected.extend(went(&two));
    assert_eq!(told(&gateway, instance, 3).await, expected);
    assert_eq!(link.sendings(), 6);
}

#[tokio::test(start_paused = true)]
async fn what_has_waited_for_a_day_is_given_up() {
    let link = PlayedLink::linked();
    let (gateway, instance) = linked(&link).await;
    let one = accepted(&gateway, instance, "one").await;
    tokio::time::sleep(WAITS_FOR.saturating_sub(LONG)).await; // allowed: virtual time, nothing is waited for
    assert_eq!(gateway.count_queued_messages(instance).await.unwrap(), 1);
    assert_eq!(told(&gateway, instance, 1).await, [failed(&one, SendFailure::Expired)]);
    assert_eq!(gateway.count_queued_messages(instance).await.unwrap(), 0);
    assert_eq!(link.sendings(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_queue_is_cleared_but_for_what_is_on_its_way() {
    let link = PlayedLink::linked();
    link.play_next_sendings([Sending::Silent]);
    let (gateway, instance) = online(&link).await;
    let one = accepted(&gateway, instance, "one").await;
    link.sent(1).await;
    let [two, three] = ["two", "three"].map(|body| accepted(&gateway, instance, body));
    let (two, three) = (two.await, three.await);
    assert_eq!(gateway.clear_queued_messages(instance).await.unwrap(), 2);
    let expected = [two, three].map(|id| failed(&id, SendFailure::Cleared));
    assert_eq!(told(&gateway, instance, 2).await, expected);
    let left = gateway.queued_messages(instance, 9).await.unwrap();
    assert_eq!(left.iter().map(|it| &it.message.id).collect::<Vec<_>>(), [&one]);
}

#[tokio::test(start_paused = true)]
async fn a_message_goes_with_the_account_of_its_acceptance_or_with_none() {
    let link = PlayedLink::default();
    let (gateway, instance) = linked(&link).await;
    let early = accepted(&gateway, instance, "before there was an account").await;
    gateway.keep_looking(instance).await.unwrap();
    link.show(instance, "2@code").await;
    link.play_next_sendings([Sending::Taken, Sending::Unsent(Unsent::Unreached)]);
    link.link(instance).await;
    assert_eq!(told(&gateway, instance, 2).await, went(&early));
    let late = accepted(&gateway, instance, "for this account").await;
    link.sent(2).await;
    link.tell(instance, LinkEvent::Ended(EndReason::DeviceRemoved)).await;
    reaches(&gateway, instance, StateName::Unlinked).await;

    gateway.request_new_code(instance).await.unwrap();
    let account = LinkedAccount { phone: "15550003333".into(), lid: None, device: 1 };
    link.show(instance, "2@other").await;
    link.tell(instance, LinkEvent::Paired(account.clone())).await;
    link.tell(instance, LinkEvent::Ended(EndReason::RestartRequired)).await;
    link.tell(instance, LinkEvent::Connected { account, push_name: None }).await;
    let told = told(&gateway, instance, 3).await;
    assert_eq!(told[2..], [failed(&late, SendFailure::Cleared)]);
    assert_eq!(link.sendings(), 2, "another account does not send it");
}

#[tokio::test(start_paused = true)]
async fn what_came_of_a_message_is_kept_before_the_next_one_goes_even_when_the_store_fails() {
    let link = PlayedLink::linked();
    let outbox = Arc::new(FailingOutbox::of(&link));
    let gateway = link.gateway_sending_from(Arc::<FailingOutbox>::clone(&outbox));
    let instance = create(&gateway).await.record.id;
    gateway.start_instances().await.unwrap();
    link.log_in(instance).await;
    outbox.fail_next_settlements(3);
    let one = accepted(&gateway, instance, "one").await;
    let two = accepted(&gateway, instance, "two").await;
    let expected: Vec<_> = [&one, &two].into_iter().flat_map(went).collect();
    assert_eq!(told(&gateway, instance, 4).await, expected);
    assert_eq!(link.sendings(), 2, "it was not sent a second time");
    outbox.fail_next_looks(2);
    accepted(&gateway, instance, "three").await;
    link.sent(3).await;
    outbox.be_full();
    let refused = gateway.send_message(instance, text("four")).await.unwrap_err();
    assert!(matches!(refused.kind(), Kind::Limited { .. }), "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn a_quoted_message_is_repeated_as_the_journal_has_it() {
    let link = PlayedLink::linked();
    let (gateway, instance) = online(&link).await;
    let received = Message {
        id: MessageId("3AA0BB11CC22DD33EE44".into()),
        chat: person(),
        sender: person(),
        sender_hidden: None,
        sender_name: None,
        chat_name: None,
        sent_at_ms: 0,
        content: Content::Text(Text::plain("a question")),
        quoted: None,
        forwarding_score: 0,
    };
    let event = NewEvent::from(EventKind::MessageReceived(Box::new(received.clone())));
    link.store().commit(instance, gateway.now(), vec![event], None).await.unwrap();
    let own = accepted(&gateway, instance, "one").await;
    let quote = |id: &MessageId| Some(NewQuote { id: id.clone(), sender: None });
    let unknown = MessageId("3AA0".into());
    for id in [&received.id, &own, &unknown] {
        link.sent(1).await;
        told(&gateway, instance, 2).await;
        gateway
            .send_message(instance, NewMessage { quoted: quote(id), ..text("b") })
            .await
            .unwrap();
    }
    let sent = link.sent(4).await;
    let quoted = |place: usize| sent[place].1.quoted.clone().unwrap();
    assert_eq!(quoted(1).content.as_deref(), Some(&received.content));
    assert_eq!(quoted(1).sender, Some(person()));
    assert_eq!(quoted(2).content.as_deref(), Some(&Content::Text(Text::plain("one"))));
    assert_eq!(quoted(2).sender, Some(Address::person("15550001111").unwrap()));
    assert_eq!((quoted(3).content, quoted(3).sender), (None, Some(person())));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_sent_is_not_accepted() {
    let link = PlayedLink::linked();
    let (gateway, instance) = linked(&link).await;
    let longest = "\u{e9}".repeat(TEXT_CHARS_MAX);
    gateway.send_message(instance, text(&longest)).await.unwrap();
    let to = |chat: &str| NewMessage { chat: chat.parse().unwrap(), ..text("b") };
    for chat in ["98765432101234@lid", "120363000000000000@g.us"] {
        gateway.send_message(instance, to(chat)).await.unwrap();
    }
    for new in [
        text(""),
        text(&format!("{longest}x")),
        to("123456@s.whatsapp.net"),
        to("1234567890123456@s.whatsapp.net"),
        to("120363000000000000@newsletter"),
        to("status@broadcast"),
    ] {
        let refused = gateway.send_message(instance, new).await.unwrap_err();
        assert_eq!(refused.kind(), Kind::Invalid, "{refused:?}");
    }
    let nobody = InstanceId::from_random_bytes([9; 16]);
    let refused = gateway.send_message(nobody, text("b")).await.unwrap_err();
    assert_eq!(refused.kind(), Kind::NotFound);
    assert_eq!(gateway.count_queued_messages(instance).await.unwrap(), 3);
}
