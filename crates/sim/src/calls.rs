//! Calls between accounts: who rings, and what becomes of it (docs/internals/sim.md, "Calls"). Nothing is
//! ever heard: a call here is its signals.

use serde::{Deserialize, Serialize};
use wacore_binary::{Node, builder::NodeBuilder};

use crate::{
    CallError, Phone, RefusalKind,
    account::Queued,
    letter::Addressing,
    phone_mail::message_id,
    session,
    stanza::{attr, attr_jid},
    world::{ConnectionId, DeviceKey, World},
};

/// The calls that are remembered; the oldest is forgotten first.
const CALLS_KEPT_MAX: usize = 1_000;

/// What the caller's phone says of itself.
const PLATFORM: &str = "android";
const VERSION: &str = "2.25.1.1";

/// How far a call has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CallState {
    /// The callee's devices ring.
    Ringing,
    /// The callee took it.
    Answered,
    /// The callee turned it down.
    Declined,
    /// The caller gave up before anybody took it.
    Missed,
    /// It was answered, and is over.
    Ended,
}

/// What a person does about a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallDeed {
    /// Takes it, on the phone that is called.
    Answer,
    /// Turns it down, on the phone that is called.
    Decline,
    /// Ends it: the caller while it rings, and either afterwards.
    HangUp,
}

/// A call as a phone shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CallView {
    /// What it is called on the wire.
    pub id: String,
    /// The number of the account that rings.
    pub from: String,
    /// The number of the account that is rung.
    pub to: String,
    /// Whether it has a picture.
    pub video: bool,
    /// How far it has come.
    pub state: CallState,
}

/// A call, and how its stanzas speak of it.
#[derive(Debug)]
pub(crate) struct Call {
    shown: CallView,
    /// The id of the stanza in which it was offered.
    offer: String,
    addressing: Addressing,
}

impl Phone {
    /// Rings the companions of an account, given by its number or its address, and returns what the call
    /// is called. Who is away finds it in the queue.
    pub fn call(&self, to: &str, video: bool) -> Result<String, CallError> {
        let mut world = self.shared.lock();
        let chat = crate::phone_messages::find_chat(&world, to);
        let (to, addressing) = chat.map_err(|_nobody| CallError::Nobody)?;
        if to == self.number {
            return Err(CallError::Nobody);
        }
        let account = world.accounts.get_mut(&self.number).ok_or(CallError::Nobody)?;
        let (id, offer) = (message_id(&mut account.dice), message_id(&mut account.dice));
        let (from, state) = (self.number.clone(), CallState::Ringing);
        let shown = CallView { id: id.clone(), from, to, video, state };
        let call = Call { shown, offer, addressing };
        tell_companions(&mut world, &call, (&call.offer, None), offer_node);
        if world.calls.len() == CALLS_KEPT_MAX {
            world.calls.pop_front();
        }
        world.calls.push_back(call);
        Ok(id)
    }

    /// Does something about a call that this phone makes or gets.
    pub fn act_on_call(&self, id: &str, deed: CallDeed) -> Result<(), CallError> {
        let mut world = self.shared.lock();
        let own = &self.number;
        let takes_part = |it: &&Call| it.shown.from == *own || it.shown.to == *own;
        let call = find(&world, id).filter(takes_part).ok_or(CallError::NoSuchCall)?;
        let is_callee = call.shown.to == *own;
        let (state, reason) = match (call.shown.state, deed, is_callee) {
            (CallState::Ringing, CallDeed::Answer, true) => {
                (CallState::Answered, Some("accepted_elsewhere"))
            }
            (CallState::Ringing, CallDeed::Decline, true) => {
                (CallState::Declined, Some("rejected_elsewhere"))
            }
            (CallState::Ringing, CallDeed::HangUp, false) => (CallState::Missed, None),
            (CallState::Answered, CallDeed::HangUp, _) => (CallState::Ended, None),
            _ => return Err(CallError::NotNow),
        };
        end(&mut world, id, state, reason, None);
        Ok(())
    }

    /// The calls that this phone made or got, the oldest first.
    pub fn calls(&self) -> Vec<CallView> {
        let world = self.shared.lock();
        let calls = world.calls.iter().map(|call| &call.shown);
        let own = |it: &&CallView| it.from == self.number || it.to == self.number;
        calls.filter(own).cloned().collect()
    }
}

fn find<'a>(world: &'a World, id: &str) -> Option<&'a Call> {
    world.calls.iter().find(|call| call.shown.id == id)
}

/// Writes down how far a call has come. The callee's devices ring no more, but for the one that ended it.
fn end(
    world: &mut World,
    id: &str,
    state: CallState,
    reason: Option<&str>,
    by: Option<&DeviceKey>,
) {
    let Some(position) = world.calls.iter().position(|call| call.shown.id == id) else { return };
    let Some(mut call) = world.calls.remove(position) else { return };
    let was_ringing = call.shown.state == CallState::Ringing;
    call.shown.state = state;
    if was_ringing && let Some(account) = world.accounts.get_mut(&call.shown.from) {
        let stanza = message_id(&mut account.dice);
        tell_companions(world, &call, (&stanza, by), |world, call| {
            let end = with_call(NodeBuilder::new("terminate"), call, world)?;
            Some(end.attrs(reason.map(|reason| ("reason", reason))).build())
        });
    }
    world.calls.insert(position, call);
}

/// Tells every companion of the callee but this one, in a stanza of this id. `None` when one of the two
/// accounts is not there; accounts are never removed.
fn tell_companions(
    world: &mut World,
    call: &Call,
    (stanza, but): (&str, Option<&DeviceKey>),
    child: impl Fn(&World, &Call) -> Option<Node>,
) -> Option<()> {
    let from = world.account_jid(&call.shown.from, call.addressing)?;
    let caller = world.accounts.get(&call.shown.from)?;
    let node = NodeBuilder::new("call")
        .attr("from", from)
        .attr("id", stanza)
        .attr("platform", PLATFORM)
        .attr("version", VERSION)
        .attr("notify", caller.push_name.as_str())
        .attr("t", world.clock.unix_s())
        .attr("e", "0")
        .children([child(world, call)?])
        .build();
    let callee = world.accounts.get(&call.shown.to)?;
    let devices: Vec<u16> = callee.devices.keys().copied().collect();
    for device in devices {
        let key = DeviceKey { number: call.shown.to.clone(), device };
        if but != Some(&key) {
            session::queue(world, &key, Queued::new(stanza.to_owned(), node.clone()));
        }
    }
    Some(())
}

fn with_call(node: NodeBuilder, call: &Call, world: &World) -> Option<NodeBuilder> {
    let creator = world.account_jid(&call.shown.from, call.addressing)?;
    Some(node.attr("call-id", call.shown.id.as_str()).attr("call-creator", creator))
}

fn offer_node(world: &World, call: &Call) -> Option<Node> {
    let mut offer = with_call(NodeBuilder::new("offer"), call, world)?;
    if call.addressing == Addressing::Lid {
        let number = world.account_jid(&call.shown.from, Addressing::Number)?;
        offer = offer.attr("caller_pn", number);
    }
    let audio = NodeBuilder::new("audio").attr("enc", "opus").attr("rate", "16000").build();
    let video = NodeBuilder::new("video").attr("enc", "h264").build();
    let media = [Some(audio), call.shown.video.then_some(video)];
    Some(offer.children(media.into_iter().flatten()).build())
}

/// Takes the receipt with which a client says that it rings; `false` when it is about something else.
pub(crate) fn take_receipt(world: &mut World, connection: ConnectionId, receipt: &Node) -> bool {
    let Some(offer) = receipt.get_optional_child("offer") else { return false };
    let known = find(world, &attr(offer, "call-id").unwrap_or_default());
    let right = known.is_some_and(|call| {
        let creator = world.account_jid(&call.shown.from, call.addressing);
        attr(receipt, "id").as_deref() == Some(call.offer.as_str())
            && attr_jid(receipt, "to") == creator
            && attr_jid(offer, "call-creator") == creator
    });
    if right {
        world.report.count_request("receipt/offer");
    } else {
        let detail = "a receipt of an offer that was never made, or that names it wrongly";
        world.refuse(Some(connection), RefusalKind::Request, detail);
    }
    true
}

/// Takes what a client says of a call. All that a companion without a voice can say is that the call is
/// turned down; the rest is put on record as unknown.
pub(crate) fn take(world: &mut World, connection: ConnectionId, key: &DeviceKey, node: &Node) {
    let Some(reject) = node.get_optional_child("reject") else {
        world.report.count_unknown("call");
        return;
    };
    let id = attr(reject, "call-id").unwrap_or_default().into_owned();
    let right = find(world, &id).is_some_and(|call| {
        let creator = world.account_jid(&call.shown.from, call.addressing);
        call.shown.state == CallState::Ringing
            && call.shown.to == key.number
            && attr_jid(reject, "call-creator") == creator
            && attr_jid(node, "to").is_some_and(|to| Some(to.to_non_ad()) == creator)
    });
    if !right {
        let detail = "a refusal of a call that does not ring, or that names it wrongly";
        world.refuse(Some(connection), RefusalKind::Request, detail);
        return;
    }
    world.report.count_request("call/reject");
    end(world, &id, CallState::Declined, Some("rejected_elsewhere"), Some(key));
    if let (Some(stanza), Some(to)) = (attr(node, "id"), node.attrs.get("to")) {
        let ack = NodeBuilder::new("ack")
            .attr("class", "call")
            .attr("id", stanza.as_ref())
            .attr("from", to.clone())
            .attr("type", "reject");
        world.send(connection, ack.build());
    }
}
