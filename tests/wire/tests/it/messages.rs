//! What is written to an instance, in its journal.
#![expect(clippy::expect_used, clippy::panic, reason = "test code")]

use std::time::Duration;

use tokio::time::Instant;
use waygate_core::event::{EventKind, EventName, Sequence};
use waygate_core::instance::state::StateName;
use waygate_core::message::content::Content;
use waygate_core::message::status::{Progress, Status};
use waygate_core::message::{Message, Origin};
use waygate_engine::events::EventsWanted;
use waygate_sim::{Fault, Latency, MediaKind, MediaToSend};
use waygate_testkit::frail_journal::Fate;
use waygate_testkit::world::{PHONE, SOON, Watched, World};

use crate::library::poll::{poll, vote};

const OTHER: &str = "15550002222";

/// Waits until so many events of these kinds are in the journal, and gives them.
pub(crate) async fn told(
    world: &World,
    instance: &Watched,
    names: &[EventName],
    count: usize,
) -> Vec<EventKind> {
    let wanted =
        |after| EventsWanted { after, names: names.iter().copied().collect(), limit: usize::MAX };
    let deadline = Instant::now() + SOON;
    let (mut kinds, mut after) = (Vec::new(), Sequence(0));
    while kinds.len() < count {
        let left = deadline.saturating_duration_since(Instant::now());
        assert!(!left.is_zero(), "only {} of {count} were told", kinds.len());
        let page = world.gateway.next_events(instance.id, wanted(after), left);
        let page = page.await.expect("a journal");
        after = page.cursor;
        kinds.extend(page.events.into_iter().map(|event| event.kind));
    }
    kinds
}

pub(crate) async fn received(world: &World, instance: &Watched, count: usize) -> Vec<Message> {
    let kinds = told(world, instance, &[EventName::MessageReceived], count).await;
    let messages = kinds.into_iter().map(|kind| {
        let EventKind::MessageReceived(message) = kind else { panic!("{kind:?}") };
        *message
    });
    messages.collect()
}

fn text(message: &Message) -> &str {
    let Content::Text(text) = &message.content else { panic!("{}", message.content.name()) };
    &text.body
}

#[tokio::test(start_paused = true)]
async fn a_text_is_told_with_its_writer_and_its_time() {
    let world = World::new(Latency::FortyMillis);
    let other = world.sim.add_phone(OTHER).expect("a phone");
    let instance = world.linked().await;
    let id = other.send_text(PHONE, "hello").expect("it is sent");
    let messages = received(&world, &instance, 1).await;
    let [message] = messages.as_slice() else { panic!("{messages:?}") };
    assert_eq!(text(message), "hello");
    assert_eq!(message.id.as_str(), id);
    assert_eq!(message.chat.to_wire(), format!("{OTHER}@s.whatsapp.net"));
    assert_eq!(message.sender, message.chat);
    assert_eq!(message.sender_name.as_deref(), Some(other.push_name().as_str()));
    let ago = world.clock.now().as_millisecond() - message.sent_at_ms;
    // The sender's clock counts whole seconds.
    assert!((0..2_000).contains(&ago), "{ago} ms");
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn what_the_phone_sends_is_told_as_sent_and_so_is_what_becomes_of_it() {
    let world = World::new(Latency::FortyMillis);
    let other = world.sim.add_phone(OTHER).expect("a phone");
    let instance = world.linked().await;
    let id = world.phone().send_text(OTHER, "from the phone").expect("it is sent");
    let kinds = told(&world, &instance, &[EventName::MessageSent], 1).await;
    let [EventKind::MessageSent(sent)] = kinds.as_slice() else { panic!("{kinds:?}") };
    assert_eq!((sent.origin, text(&sent.message)), (Origin::Phone, "from the phone"));
    assert_eq!(sent.message.chat.to_wire(), format!("{OTHER}@s.whatsapp.net"));
    assert_eq!(sent.message.sender.to_wire(), format!("{PHONE}@s.whatsapp.net"));
    other.mark_read(&id).expect("it is read");
    let kinds = told(&world, &instance, &[EventName::MessageStatus], 2).await;
    let steps: Vec<(&str, Status)> = kinds
        .iter()
        .map(|kind| {
            let EventKind::MessageStatus(changed) = kind else { panic!("{kind:?}") };
            (changed.id.as_str(), changed.status)
        })
        .collect();
    let reached = |progress| (id.as_str(), Status::Reached(progress));
    assert_eq!(steps, [reached(Progress::Delivered), reached(Progress::Read)]);
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn what_becomes_of_a_message_of_the_phone_is_told_behind_it() {
    const COUNT: usize = 3;
    let world = World::new(Latency::FortyMillis);
    world.sim.add_phone(OTHER).expect("a phone");
    let instance = world.linked().await;
    // Longer than a receipt takes, and all of them together less than it waits.
    world.journal.set(Fate::Late(Duration::from_secs(1)));
    let ids: Vec<String> = (0..COUNT)
        .map(|number| world.phone().send_text(OTHER, &number.to_string()).expect("it is sent"))
        .collect();
    let names = [EventName::MessageSent, EventName::MessageStatus];
    let kinds = told(&world, &instance, &names, 2 * COUNT).await;
    let place = |of: &dyn Fn(&EventKind) -> bool| kinds.iter().position(of).expect("it is told");
    for id in ids {
        let sent = place(
            &|kind| matches!(kind, EventKind::MessageSent(it) if it.message.id.as_str() == id),
        );
        let delivered =
            place(&|kind| matches!(kind, EventKind::MessageStatus(it) if it.id.as_str() == id));
        assert!(sent < delivered, "{sent} and {delivered}");
    }
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn a_file_is_told_with_all_that_it_takes_to_read_it() {
    let world = World::new(Latency::FortyMillis);
    let other = world.sim.add_phone(OTHER).expect("a phone");
    let instance = world.linked().await;
    let mut file = MediaToSend::new(MediaKind::Image, b"not really a picture".as_slice());
    file.caption = Some("look".into());
    other.send_media(PHONE, &file).expect("it is sent");
    let messages = received(&world, &instance, 1).await;
    let Content::Media(media) = &messages[0].content else { panic!("{messages:?}") };
    assert_eq!((&*media.caption, media.bytes), ("look", 20));
    assert!(media.file.is_some());
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn what_could_not_be_written_down_comes_again_and_is_told_once() {
    let world = World::new(Latency::FortyMillis);
    let other = world.sim.add_phone(OTHER).expect("a phone");
    let mut instance = world.linked().await;
    world.journal.set(Fate::Refused(2));
    for number in 0..5 {
        other.send_text(PHONE, &format!("message {number}")).expect("it is sent");
    }
    instance.reaches(StateName::Offline).await;
    let messages = received(&world, &instance, 5).await;
    let texts: Vec<&str> = messages.iter().map(text).collect();
    assert_eq!(texts, ["message 0", "message 1", "message 2", "message 3", "message 4"]);
    instance.reaches(StateName::Online).await;
    world.pass(Duration::from_secs(5)).await;
    assert_eq!(world.phone().devices()[0].queued, 0, "all of it is acknowledged");
    assert_eq!(received(&world, &instance, 5).await.len(), 5);
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn what_was_written_down_and_not_acknowledged_is_told_once() {
    let mut world = World::new(Latency::FortyMillis);
    let other = world.sim.add_phone(OTHER).expect("a phone");
    let instance = world.linked().await;
    world.journal.set(Fate::WrittenUntold);
    other.send_text(PHONE, "hello").expect("it is sent");
    assert_eq!(journal_length(&world, &instance).await, 1, "it is written down");
    assert_eq!(world.phone().devices()[0].queued, 1, "and not acknowledged");
    world.journal.set(Fate::Written);
    world.restart_gateway().await;
    let mut instance = world.watch(instance.id);
    instance.reaches(StateName::Online).await;
    world.pass(Duration::from_secs(5)).await;
    assert_eq!(world.phone().devices()[0].queued, 0, "it is acknowledged");
    assert_eq!(received(&world, &instance, 1).await.len(), 1);
    world.end_clean().await;
}

/// How many messages are in the journal of a gateway that tells nobody.
async fn journal_length(world: &World, instance: &Watched) -> usize {
    let wanted = EventsWanted {
        after: Sequence(0),
        names: [EventName::MessageReceived].into(),
        limit: usize::MAX,
    };
    let deadline = Instant::now() + SOON;
    loop {
        let page = world.gateway.events(instance.id, &wanted).await.expect("a journal");
        if !page.events.is_empty() || Instant::now() > deadline {
            return page.events.len();
        }
        world.pass(Duration::from_millis(100)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn all_that_came_while_an_instance_was_away_is_told_in_order_and_once() {
    const COUNT: usize = 500;
    let world = World::new(Latency::FortyMillis);
    let other = world.sim.add_phone(OTHER).expect("a phone");
    let mut instance = world.linked().await;
    world.sim.inject(Fault::refuse_dials().times(1));
    world.sim.inject(Fault::cut().on(PHONE));
    instance.reaches(StateName::Offline).await;
    for number in 0..COUNT {
        other.send_text(PHONE, &number.to_string()).expect("it is sent");
    }
    let messages = received(&world, &instance, COUNT).await;
    let expected: Vec<String> = (0..COUNT).map(|number| number.to_string()).collect();
    assert_eq!(messages.iter().map(text).collect::<Vec<_>>(), expected);
    instance.reaches(StateName::Online).await;
    world.pass(Duration::from_secs(10)).await;
    assert_eq!(world.phone().devices()[0].queued, 0, "all of it is acknowledged");
    world.end_clean().await;
}

/// As many receipts at once as nobody's queue of a connection's events holds.
#[tokio::test(start_paused = true)]
async fn receipts_that_came_while_an_instance_was_away_are_told_and_end_nothing() {
    const COUNT: usize = 600;
    let world = World::new(Latency::FortyMillis);
    let other = world.sim.add_phone(OTHER).expect("a phone");
    let mut instance = world.linked().await;
    let ids: Vec<String> = (0..COUNT)
        .map(|number| world.phone().send_text(OTHER, &number.to_string()).expect("it is sent"))
        .collect();
    told(&world, &instance, &[EventName::MessageSent], COUNT).await;
    world.sim.inject(Fault::refuse_dials().times(1));
    world.sim.inject(Fault::cut().on(PHONE));
    instance.reaches(StateName::Offline).await;
    for id in &ids {
        other.mark_read(id).expect("it is read");
    }
    instance.reaches(StateName::Online).await;
    // Each was delivered before it was read.
    let kinds = told(&world, &instance, &[EventName::MessageStatus], 2 * COUNT).await;
    let read = kinds.iter().filter_map(|kind| {
        let EventKind::MessageStatus(it) = kind else { panic!("{kind:?}") };
        (it.status == Status::Reached(Progress::Read)).then(|| it.id.to_string())
    });
    assert_eq!(read.collect::<Vec<_>>(), ids);
    assert_eq!(world.sim.report().logins, 2, "nothing ended the second connection");
    world.end_clean().await;
}

fn standing(kind: &EventKind) -> Vec<(String, usize)> {
    let content = &kind.message().expect("a message").content;
    let Content::PollVote(vote) = content else { panic!("{}", content.name()) };
    assert_eq!(&*vote.question, "When?");
    vote.votes.iter().map(|it| (it.option.to_string(), it.voters.len())).collect()
}

#[tokio::test(start_paused = true)]
async fn a_vote_is_told_with_where_its_poll_stands_also_by_the_next_process() {
    let mut world = World::new(Latency::FortyMillis);
    let other = world.sim.add_phone(OTHER).expect("a phone");
    let instance = world.linked().await;
    let id = other.send(PHONE, &poll()).expect("it is sent");
    other.send(PHONE, &vote(&id, OTHER, OTHER, "now")).expect("it is sent");
    let names = [EventName::MessageReceived, EventName::MessageSent];
    let kinds = told(&world, &instance, &names, 2).await;
    let stands = |now: usize, later: usize| [("now".to_owned(), now), ("later".to_owned(), later)];
    assert_eq!(standing(&kinds[1]), stands(1, 0));
    world.phone().send(OTHER, &vote(&id, OTHER, PHONE, "now")).expect("it is sent");
    let kinds = told(&world, &instance, &names, 3).await;
    assert_eq!(standing(&kinds[2]), stands(2, 0));
    world.restart_gateway().await;
    let mut instance = world.watch(instance.id);
    instance.reaches(StateName::Online).await;
    other.send(PHONE, &vote(&id, OTHER, OTHER, "later")).expect("it is sent");
    let kinds = told(&world, &instance, &names, 4).await;
    assert_eq!(standing(&kinds[3]), stands(1, 1));
    world.end_clean().await;
}
