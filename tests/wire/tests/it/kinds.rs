//! What is no text, in the journal of the instance that it was sent to: each kind by its name, with what
//! it says. Every one is sent by a phone, encrypted, over the wire.
#![expect(clippy::expect_used, clippy::panic, reason = "test code")]

use std::time::Duration;

use waygate_core::event::{EventKind, EventName};
use waygate_core::instance::state::StateName;
use waygate_core::message::call::CallStep;
use waygate_core::message::content::Content;
use waygate_sim::{CallDeed, CallState, Fault, Latency, Phone};
use waygate_testkit::world::{PHONE, Watched, World};

use crate::messages::{received, told};

const OTHER: &str = "15550002222";

const THUMB: &str = "\u{1f44d}";

/// A world with somebody who writes to a linked instance.
async fn world() -> (World, Phone, Watched) {
    let world = World::new(Latency::FortyMillis);
    let other = world.sim.add_phone(OTHER).expect("a phone");
    let instance = world.linked().await;
    (world, other, instance)
}

/// What comes of a message of the other phone's, as protobuf JSON, and behind so many others.
async fn sent(
    (world, other, instance): (&World, &Phone, &Watched),
    behind: usize,
    message: &str,
) -> Content {
    other.send_json(PHONE, message).expect("it is sent");
    let mut messages = received(world, instance, behind + 1).await;
    let message = messages.pop().expect("the newest");
    assert_eq!(message.chat.to_wire(), format!("{OTHER}@s.whatsapp.net"));
    message.content
}

/// The key by which a message of the other phone's is named in one of his that follows.
fn key(id: &str) -> String {
    format!(r#""key":{{"remoteJid":"{PHONE}@s.whatsapp.net","fromMe":true,"id":"{id}"}}"#)
}

#[tokio::test(start_paused = true)]
async fn a_reaction_an_edit_and_a_deletion_name_the_message_that_they_are_about() {
    let (world, other, instance) = world().await;
    let id = other.send_text(PHONE, "hello").expect("it is sent");
    let (scene, key) = ((&world, &other, &instance), key(&id));
    let reaction = format!(r#"{{"reactionMessage":{{{key},"text":"{THUMB}"}}}}"#);
    let Content::Reaction(reaction) = sent(scene, 1, &reaction).await else {
        panic!("no reaction")
    };
    assert_eq!((&*reaction.emoji, reaction.to.as_str()), (THUMB, &*id));
    let taken_back = format!(r#"{{"reactionMessage":{{{key},"text":""}}}}"#);
    let Content::Reaction(reaction) = sent(scene, 2, &taken_back).await else { panic!("none") };
    assert_eq!((&*reaction.emoji, reaction.to.as_str()), ("", &*id));
    let edit = format!(
        r#"{{"protocolMessage":{{{key},"type":"MESSAGE_EDIT",
            "editedMessage":{{"conversation":"hello again"}}}}}}"#
    );
    let Content::Edited(edited) = sent(scene, 3, &edit).await else { panic!("no edit") };
    let Content::Text(text) = &*edited.content else { panic!("{}", edited.content.name()) };
    assert_eq!((edited.message.as_str(), &*text.body), (&*id, "hello again"));
    let deletion = format!(r#"{{"protocolMessage":{{{key},"type":"REVOKE"}}}}"#);
    let Content::Deleted(deleted) = sent(scene, 4, &deletion).await else { panic!("no deletion") };
    assert_eq!(deleted.message.as_str(), id);
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn a_place_and_contacts_are_told_with_what_they_say() {
    let (world, other, instance) = world().await;
    let scene = (&world, &other, &instance);
    let place = r#"{"locationMessage":{"degreesLatitude":48.5,"degreesLongitude":-11.25,
        "name":"The shop","address":"Main street 1"}}"#;
    let Content::Location(place) = sent(scene, 0, place).await else { panic!("no place") };
    let degrees = [place.latitude, place.longitude].map(f64::from);
    assert_eq!((degrees, &*place.name, place.live), ([48.5, -11.25], "The shop", false));
    assert_eq!(&*place.address, "Main street 1");
    let vcard = "BEGIN:VCARD\\nFN:Ann\\nEND:VCARD";
    let contact = format!(r#"{{"displayName":"Ann","vcard":"{vcard}"}}"#);
    let one = format!(r#"{{"contactMessage":{contact}}}"#);
    let Content::Contact(one) = sent(scene, 1, &one).await else { panic!("no contact") };
    assert_eq!((&*one.name, &*one.vcard), ("Ann", "BEGIN:VCARD\nFN:Ann\nEND:VCARD"));
    let two = format!(
        r#"{{"contactsArrayMessage":{{"displayName":"Two","contacts":[{contact},{contact}]}}}}"#
    );
    let Content::Contacts(two) = sent(scene, 2, &two).await else { panic!("no contacts") };
    assert_eq!((&*two.name, two.contacts.len()), ("Two", 2));
    assert!(two.contacts.iter().all(|it| *it == one));
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn a_call_is_told_step_by_step_whatever_becomes_of_it() {
    let (world, other, instance) = world().await;
    let mut wanted = Vec::new();
    for (video, deed, state, step) in [
        (false, CallDeed::HangUp, CallState::Missed, CallStep::Missed),
        (true, CallDeed::Decline, CallState::Declined, CallStep::Declined),
        (false, CallDeed::Answer, CallState::Answered, CallStep::Accepted),
    ] {
        let id = other.call(PHONE, video).expect("it rings");
        wanted.push((id.clone(), video, CallStep::Offered));
        assert_eq!(calls(&world, &instance, wanted.len()).await, wanted);
        let who = if deed == CallDeed::HangUp { &other } else { &world.phone() };
        who.act_on_call(&id, deed).expect("it rings");
        assert_eq!(other.calls().last().map(|call| call.state), Some(state));
        wanted.push((id, video, step));
        assert_eq!(calls(&world, &instance, wanted.len()).await, wanted);
    }
    world.end_clean().await;
}

/// The steps of calls in the journal, once they are so many.
async fn calls(world: &World, instance: &Watched, count: usize) -> Vec<(String, bool, CallStep)> {
    let kinds = told(world, instance, &[EventName::Call], count).await;
    let steps = kinds.into_iter().map(|kind| {
        let EventKind::Call(call) = kind else { panic!("{kind:?}") };
        assert_eq!(call.from.to_wire(), format!("{OTHER}@s.whatsapp.net"));
        (call.id.into_string(), call.video, call.step)
    });
    steps.collect()
}

/// Nobody heard it ring, so it is one that was missed, and nothing else.
#[tokio::test(start_paused = true)]
async fn a_call_while_an_instance_was_away_is_told_when_it_is_back() {
    let (world, other, mut instance) = world().await;
    world.sim.inject(Fault::refuse_dials().times(1));
    world.sim.inject(Fault::cut().on(PHONE));
    instance.reaches(StateName::Offline).await;
    let id = other.call(PHONE, false).expect("it rings");
    other.act_on_call(&id, CallDeed::HangUp).expect("it rings");
    instance.reaches(StateName::Online).await;
    world.pass(Duration::from_secs(5)).await;
    assert_eq!(calls(&world, &instance, 1).await, [(id, false, CallStep::Missed)]);
    assert_eq!(world.phone().devices()[0].queued, 0, "all of it is acknowledged");
    world.end_clean().await;
}
