//! A connection of a linked device: login, requests, receipts, the queue
//! (docs/internals/sim.md, "After the login").

use wacore_binary::{Node, SERVER_JID, builder::NodeBuilder};

use crate::{
    RefusalKind,
    account::Queued,
    calls, chat_states,
    fault::Moment,
    greeting,
    letter::{Addressing, Letter},
    messages, phone_mail, presences, receipts, requests,
    stanza::{self, attr, first_child, iq_error, iq_result, request_name},
    world::{ConnectionId, DeviceKey, Stage, World},
};

/// Where refused logins say they were refused.
const LOCATION: &str = "sim";

/// What a client that logs in has shown.
#[derive(Debug)]
pub(crate) struct Login {
    pub(crate) number: String,
    pub(crate) device: u16,
    pub(crate) noise: [u8; 32],
}

/// Lets a linked device in, or refuses it.
pub(crate) fn log_in(world: &mut World, connection: ConnectionId, login: Login) {
    if let Some(failure) = world.strike_login(&login.number, login.device) {
        world.report.logins_faulted += 1;
        world.end(connection, Some(failure.node(LOCATION)));
        return;
    }
    if let Err((kind, detail)) = check(world, &login) {
        world.refuse(Some(connection), kind, detail);
        world.end(connection, Some(stanza::failure(401, LOCATION).build()));
        return;
    }
    let key = DeviceKey { number: login.number, device: login.device };
    if let Some(ending) = world.strike_moment(Moment::Login, &key) {
        world.finish(connection, ending);
        return;
    }
    let older = world.device(&key).and_then(|device| device.online);
    if let Some(older) = older {
        *world.report.replaced.entry(key.to_string()).or_default() += 1;
        world.end(older, Some(stanza::stream_conflict(409, "replaced")));
    }
    let latency = world.connections.get(&connection).map(|peer| peer.outbox.latency());
    world.note_login(&key, connection, (older, latency.unwrap_or_default()));
    let clock = world.clock;
    let Some(account) = world.accounts.get_mut(&key.number) else {
        return;
    };
    let lid = account.lid_jid(key.device);
    if let Some(device) = account.devices.get_mut(&key.device) {
        device.online = Some(connection);
        device.active = false;
    }
    if let Some(peer) = world.connections.get_mut(&connection) {
        peer.stage = Stage::Registered(key);
    }
    world.report.logins += 1;
    let success = NodeBuilder::new("success")
        .attr("t", clock.unix_s())
        .attr("props", 27)
        .attr("location", LOCATION)
        .attr("lid", lid)
        .build();
    world.send(connection, success);
}

fn check(world: &World, login: &Login) -> Result<(), (RefusalKind, String)> {
    let name = format!("{}:{}", login.number, login.device);
    let Some(account) = world.accounts.get(&login.number) else {
        return Err((RefusalKind::UnknownDevice, name));
    };
    match account.devices.get(&login.device) {
        Some(device) if device.noise == login.noise => Ok(()),
        Some(_) => Err((RefusalKind::NoiseKey, name)),
        None if account.was_unlinked(login.device) => Err((RefusalKind::UnlinkedDevice, name)),
        None => Err((RefusalKind::UnknownDevice, name)),
    }
}

/// Takes a stanza of a linked device, unless a fault ends the connection before.
pub(crate) fn take(world: &mut World, connection: ConnectionId, key: &DeviceKey, node: &Node) {
    let [unheard, unanswered, answered] = match node.tag.as_ref() {
        "message" => [Moment::BeforeMessage, Moment::BeforeAck, Moment::AfterAck].map(Some),
        "receipt" | "ack" => [Some(Moment::BeforeClientAck), None, Some(Moment::AfterClientAck)],
        _ => [None; 3],
    };
    let strike = |world: &mut World, moment: Option<Moment>| {
        let ending = world.strike_moment(moment?, key)?;
        world.finish(connection, ending);
        Some(())
    };
    if strike(world, unheard).is_some() {
        return;
    }
    let ended = strike(world, unanswered).is_some();
    take_whole(world, connection, key, node);
    if !ended {
        strike(world, answered);
    }
}

fn take_whole(world: &mut World, connection: ConnectionId, key: &DeviceKey, node: &Node) {
    match node.tag.as_ref() {
        "iq" => take_iq(world, connection, key, node),
        "receipt" => receipts::take_receipt(world, connection, key, node),
        "ack" => receipts::take_ack(world, connection, key, node),
        "call" => calls::take(world, connection, key, node),
        "chatstate" => chat_states::take(world, connection, key, node),
        "presence" => presences::take(world, connection, key, node),
        "ib" => take_ib(world, node),
        "message" => messages::take(world, connection, key, node),
        tag => world.report.count_unknown(tag),
    }
}

fn take_iq(world: &mut World, connection: ConnectionId, key: &DeviceKey, iq: &Node) {
    let Some(id) = attr(iq, "id").map(String::from) else {
        world.refuse(Some(connection), RefusalKind::Stanza, "an iq without id");
        world.end(connection, Some(stanza::stream_malformed()));
        return;
    };
    let name = request_name(iq);
    match attr(iq, "type").as_deref() {
        Some("get" | "set") => {}
        // The server asks a linked device nothing.
        Some("result" | "error") => {
            world.refuse(Some(connection), RefusalKind::Request, stanza::UNASKED);
            return;
        }
        // Baileys sends one request without a type.
        None if requests::is_known(&name) => {}
        _ => {
            world.refuse(Some(connection), RefusalKind::Request, "an iq of no known type");
            world.send(connection, iq_error(&id, 400, "bad-request"));
            return;
        }
    }
    match requests::answer(world, key, &name, iq) {
        Some(Ok(answer)) => {
            world.report.count_request(&name);
            let result = iq_result(&id).attrs(answer.attrs).children(answer.content).build();
            let result = if result.children().is_some_and(<[Node]>::is_empty) {
                Node { content: None, ..result }
            } else {
                result
            };
            world.send(connection, result);
            if let Some(then) = answer.then {
                follow_up(world, connection, key, then);
            }
        }
        Some(Err(error)) => {
            world.report.count_request(&name);
            if let Some(kind) = error.refusal {
                world.refuse(Some(connection), kind, format!("{name}: {}", error.detail));
            }
            world.send(connection, iq_error(&id, error.code, error.text));
        }
        None => {
            world.report.count_unknown(&name);
            world.send(connection, iq_error(&id, 501, "feature-not-implemented"));
        }
    }
}

fn follow_up(world: &mut World, connection: ConnectionId, key: &DeviceKey, then: requests::Then) {
    match then {
        requests::Then::Activate => {
            greet(world, key);
            if let Some(device) = world.device(key) {
                device.active = true;
            }
            deliver_queue(world, connection, key);
        }
        requests::Then::Greet => greet(world, key),
        requests::Then::Unlink => drop(world.unlink(key)),
    }
}

/// Lets the phone share its app-state keys with a device it has not greeted yet, once the device
/// has keys to write to.
fn greet(world: &mut World, key: &DeviceKey) {
    let Some(account) = world.accounts.get_mut(&key.number) else {
        return;
    };
    let message = greeting::key_share(&account.sync_key, account.raw_id);
    let Some(device) = account.devices.get_mut(&key.device) else {
        return;
    };
    if device.greeted || device.stock.len() == 0 {
        return;
    }
    device.greeted = true;
    let letter = Letter {
        id: phone_mail::message_id(&mut account.dice),
        from: DeviceKey { number: key.number.clone(), device: 0 },
        chat: key.number.clone(),
        addressing: Addressing::Number,
        peer: true,
        attrs: vec![("type", "protocol".to_owned())],
        meta: None,
    };
    account.mailbox.keep_own(letter.clone(), message.clone());
    phone_mail::write_to(world, &letter, &message, (key, None));
}

/// Puts a stanza into a device's queue and, if the device is there and wants it, sends it.
pub(crate) fn queue(world: &mut World, key: &DeviceKey, mut queued: Queued) {
    let Some(device) = world.device(key) else {
        return;
    };
    let now = device.online.filter(|_| device.active);
    queued.sent_on = now;
    let node = queued.node.clone();
    device.queue.push_back(queued);
    if let Some(connection) = now {
        world.send(connection, node);
    }
}

/// What waited for the device, then the number of it.
fn deliver_queue(world: &mut World, connection: ConnectionId, key: &DeviceKey) {
    let Some(device) = world.device(key) else {
        return;
    };
    let mut waiting = Vec::new();
    for queued in &mut device.queue {
        if queued.sent_on != Some(connection) {
            queued.sent_on = Some(connection);
            let mut node = queued.node.clone();
            node.attrs.insert("offline", "0");
            waiting.push(node);
        }
    }
    let of_tag = |tag: &str| waiting.iter().filter(|node| node.tag == tag).count();
    let (messages, receipts) = (of_tag("message"), of_tag("receipt"));
    let notifications = of_tag("notification");
    let count = waiting.len();
    let ib =
        |child: Node| NodeBuilder::new("ib").attr("from", SERVER_JID).children([child]).build();
    if count > 0 {
        let preview = NodeBuilder::new("offline_preview")
            .attr("count", count)
            .attr("message", messages)
            .attr("receipt", receipts)
            .attr("notification", notifications)
            .attr("appdata", 0)
            .build();
        world.send(connection, ib(preview));
    }
    for node in waiting {
        world.send(connection, node);
    }
    world.send(connection, ib(NodeBuilder::new("offline").attr("count", count).build()));
}

fn take_ib(world: &mut World, ib: &Node) {
    let child = first_child(ib).map_or("", |child| child.tag.as_ref());
    match child {
        "unified_session" | "offline_batch" => world.report.count_request(&format!("ib/{child}")),
        _ => world.report.count_unknown(&format!("ib/{child}")),
    }
}
