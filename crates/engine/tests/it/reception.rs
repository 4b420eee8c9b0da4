//! What comes for an account, in its journal.
#![expect(clippy::unwrap_used, reason = "test code")]

use std::collections::BTreeSet;

use waygate_core::error::Kind;
use waygate_core::event::{EventKind, EventName, Sequence};
use waygate_core::id::InstanceId;
use waygate_core::instance::settings::Switch;
use waygate_core::instance::state::StateName;
use waygate_core::message::address::Address;
use waygate_core::message::arrival::{Arrived, StatusSeen, Vote};
use waygate_core::message::call::{CallStep, CallStepped};
use waygate_core::message::content::{Content, Poll, PollVote, Text};
use waygate_core::message::status::Progress;
use waygate_core::message::{Message, MessageId};
use waygate_core::port::link::LinkEvent;
use waygate_core::reason::EndReason;
use waygate_engine::Gateway;
use waygate_engine::events::EventsWanted;
use waygate_played::application::reaches;
use waygate_played::link::PlayedLink;

fn other() -> Address {
    Address::person("15550002222").unwrap()
}

fn message(id: &str, content: Content) -> Message {
    Message {
        id: MessageId(id.into()),
        chat: other(),
        sender: other(),
        sender_hidden: None,
        sender_name: None,
        chat_name: None,
        sent_at_ms: 0,
        content,
        quoted: None,
        forwarding_score: 0,
    }
}

fn text(id: &str) -> Message {
    message(id, Content::Text(Text::plain("hello")))
}

async fn online(link: &PlayedLink) -> (Gateway, InstanceId) {
    let (gateway, instance) = link.running().await;
    gateway.keep_looking(instance).await.unwrap();
    link.show(instance, "2@code").await;
    link.link(instance).await;
    reaches(&gateway, instance, StateName::Online).await;
    (gateway, instance)
}

async fn told(gateway: &Gateway, instance: InstanceId) -> Vec<EventKind> {
    let names: BTreeSet<EventName> = [
        EventName::MessageReceived,
        EventName::MessageSent,
        EventName::MessageStatus,
        EventName::Call,
    ]
    .into();
    let wanted = EventsWanted { after: Sequence(0), names, limit: 100 };
    let page = gateway.events(instance, &wanted).await.unwrap();
    page.events.into_iter().map(|event| event.kind).collect()
}

fn names(kinds: &[EventKind]) -> Vec<&'static str> {
    kinds.iter().map(|kind| kind.name().as_str()).collect()
}

fn of_every_kind() -> Vec<Arrived> {
    let ids = vec![MessageId("A".into())];
    let call = CallStepped {
        id: "C".into(),
        from: other(),
        group: None,
        video: false,
        step: CallStep::Offered,
    };
    vec![
        Arrived::Received(text("B")),
        Arrived::SentElsewhere(text("C")),
        Arrived::StatusSeen(StatusSeen { chat: other(), ids, progress: Progress::Read, by: None }),
        Arrived::CallStepped(call),
    ]
}

#[tokio::test(start_paused = true)]
async fn what_comes_is_written_down_in_its_order_and_once() {
    let link = PlayedLink::default();
    let (gateway, instance) = online(&link).await;
    let sink = link.sink(instance).await;
    for _ in 0..2 {
        sink.receive(of_every_kind()).await.unwrap();
    }
    let kinds = told(&gateway, instance).await;
    assert_eq!(names(&kinds), ["message_received", "message_sent", "message_status", "call"]);
}

#[tokio::test(start_paused = true)]
async fn what_comes_before_a_login_is_complete_is_told_of_the_account_that_logs_in() {
    let link = PlayedLink::default();
    let (gateway, instance) = link.running().await;
    gateway.keep_looking(instance).await.unwrap();
    link.show(instance, "2@code").await;
    reaches(&gateway, instance, StateName::Linking).await;
    link.sink(instance).await.receive(of_every_kind()).await.unwrap();
    link.link(instance).await;
    reaches(&gateway, instance, StateName::Online).await;
    let wanted = EventsWanted { after: Sequence(0), names: BTreeSet::new(), limit: 100 };
    let events = gateway.events(instance, &wanted).await.unwrap().events;
    let mut changes = events.iter().filter_map(|event| {
        let EventKind::StateChanged(change) = &event.kind else { return None };
        change.account.clone()
    });
    let account = changes.next_back().unwrap();
    let of_messages = told(&gateway, instance).await;
    assert_eq!(of_messages.len(), 4);
    for event in events.iter().filter(|event| of_messages.contains(&event.kind)) {
        let told = gateway.telling(instance, event).await.unwrap();
        assert_eq!(told.account.as_ref(), Some(&account), "{}", event.kind.name().as_str());
    }
}

#[tokio::test(start_paused = true)]
async fn its_owner_is_notified_of_what_he_wants() {
    for (switches, expected) in [
        (&[][..], 0),
        (&[Switch::IncomingMessages], 1),
        (&[Switch::IncomingCalls], 0),
        (&[Switch::IncomingMessages, Switch::IncomingCalls], 2),
        (&[Switch::PhoneMessages, Switch::OutgoingStatus], 2),
    ] {
        let link = PlayedLink::default();
        let (gateway, instance) = online(&link).await;
        let changed = gateway.change_settings(instance, |it| it.switches.extend(switches));
        changed.await.unwrap();
        link.sink(instance).await.receive(of_every_kind()).await.unwrap();
        assert_eq!(
            gateway.notifications_waiting(instance).await.unwrap(),
            expected,
            "{switches:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_over_is_taken_nothing_from() {
    let link = PlayedLink::default();
    let (gateway, instance) = online(&link).await;
    let sink = link.sink(instance).await;
    link.tell(instance, LinkEvent::Ended(EndReason::Closed)).await;
    reaches(&gateway, instance, StateName::Offline).await;
    let refused = sink.receive(vec![Arrived::Received(text("A"))]).await.unwrap_err();
    assert_eq!(refused.kind(), Kind::WrongState);
    assert_eq!(told(&gateway, instance).await, []);
}

#[tokio::test(start_paused = true)]
async fn a_vote_in_a_poll_that_nobody_knows_says_which_and_no_more() {
    let link = PlayedLink::default();
    let (gateway, instance) = online(&link).await;
    let sink = link.sink(instance).await;
    let vote = |id: &str, poll: &str| {
        let poll = MessageId(poll.into());
        let said = PollVote { poll, question: "".into(), votes: vec![], several: false };
        Arrived::Voted(Vote {
            message: message(id, Content::PollVote(said)),
            is_own: false,
            poll_sender: Some(other()),
            chosen: Some(vec![]),
        })
    };
    let poll = Poll { question: "?".into(), options: vec!["a".into()], several: true };
    let poll = Arrived::Received(message("P", Content::Poll(poll)));
    sink.receive(vec![vote("A", "unknown"), poll, vote("B", "P")]).await.unwrap();
    let options: Vec<usize> = told(&gateway, instance)
        .await
        .iter()
        .filter_map(|kind| {
            let EventKind::MessageReceived(message) = kind else { panic!("{kind:?}") };
            let Content::PollVote(vote) = &message.content else { return None };
            Some(vote.votes.len())
        })
        .collect();
    assert_eq!(options, [0, 1]);
}
