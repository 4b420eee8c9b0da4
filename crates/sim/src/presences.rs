//! Who is there just now, and who watches whom (docs/internals/sim.md, "Presence").

use wacore_binary::{Node, builder::NodeBuilder};

use crate::{
    RefusalKind,
    account::Account,
    letter::Addressing,
    stanza::{attr, attr_jid},
    world::{ConnectionId, DeviceKey, World},
};

/// The accounts that one connection may watch.
const WATCHED_MAX: usize = 1_000;

/// An account that a connection watches, under the name that it was asked for by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Watch {
    pub(crate) number: String,
    addressing: Addressing,
}

/// Takes what a client tells of itself, or the wish to watch somebody; neither has an answer of its
/// own.
pub(crate) fn take(world: &mut World, connection: ConnectionId, key: &DeviceKey, node: &Node) {
    match attr(node, "type").as_deref() {
        Some("available") => set_device(world, key, true),
        Some("unavailable") => set_device(world, key, false),
        // Baileys tells under which name it goes.
        None => {}
        Some("subscribe") => {
            watch(world, connection, node);
            return;
        }
        Some(kind) => {
            world.report.count_unknown(&format!("presence/{kind}"));
            return;
        }
    }
    world.report.count_request("presence");
}

fn set_device(world: &mut World, key: &DeviceKey, available: bool) {
    change(world, &key.number, |world| {
        if let Some(device) = world.device(key) {
            device.available = available;
        }
    });
}

/// Changes something about an account, and tells those who watch it when that changed whether it is
/// there.
pub(crate) fn change(world: &mut World, number: &str, deed: impl FnOnce(&mut World)) {
    let is_there = |world: &World| world.accounts.get(number).is_some_and(Account::is_available);
    let before = is_there(world);
    deed(world);
    if is_there(world) == before {
        return;
    }
    let unix_s = world.clock.unix_s();
    if let Some(account) = world.accounts.get_mut(number) {
        account.seen_unix_s = Some(unix_s);
    }
    let watching = world.connections.iter().filter_map(|(connection, peer)| {
        let watch = peer.watched.iter().find(|watch| watch.number == number)?;
        Some((*connection, watch.addressing))
    });
    for (connection, addressing) in watching.collect::<Vec<_>>() {
        tell(world, connection, (number, addressing));
    }
}

fn watch(world: &mut World, connection: ConnectionId, node: &Node) {
    let Some(to) = attr_jid(node, "to") else {
        world.refuse(Some(connection), RefusalKind::Request, "a wish to watch nobody");
        return;
    };
    let Some(addressing) = Addressing::of(&to) else {
        world.report.count_unknown(&format!("presence/subscribe/{}", to.server.as_str()));
        return;
    };
    world.report.count_request("presence/subscribe");
    // Whoever watches nobody sees nobody.
    let Some(DeviceKey { number, .. }) = world.device_key(&to) else {
        return;
    };
    let Some(peer) = world.connections.get_mut(&connection) else {
        return;
    };
    let watch = Watch { number: number.clone(), addressing };
    if !peer.watched.contains(&watch) && peer.watched.len() < WATCHED_MAX {
        peer.watched.push(watch);
    }
    tell(world, connection, (&number, addressing));
}

/// Tells a client whether somebody is there, or when it last was.
fn tell(world: &mut World, connection: ConnectionId, (number, addressing): (&str, Addressing)) {
    let Some((account, jid)) =
        world.accounts.get(number).zip(world.account_jid(number, addressing))
    else {
        return;
    };
    let mut presence = NodeBuilder::new("presence").attr("from", jid);
    if !account.is_available() {
        presence = presence.attr("type", "unavailable");
        let shown = account.privacy.get("last").is_some_and(|who| who == "all");
        match account.seen_unix_s.filter(|_| shown) {
            Some(seen) => presence = presence.attr("last", seen),
            None => presence = presence.attr("last", "deny"),
        }
    }
    world.send(connection, presence.build());
}
