//! Requests for app state (docs/internals/sim.md, "App state").

use std::collections::BTreeSet;

use wacore_binary::{Node, builder::NodeBuilder};

use crate::{
    account::{Account, Queued},
    app_state::CRITICAL,
    requests::{Answer, RequestError},
    session,
    stanza::{attr, error},
    world::{DeviceKey, World},
};

/// Hands out the patches a device lacks, of every collection it named.
pub(crate) fn sync(world: &mut World, key: &DeviceKey, iq: &Node) -> Result<Answer, RequestError> {
    let asked = iq
        .get_optional_child("sync")
        .and_then(Node::children)
        .filter(|collections| !collections.is_empty())
        .ok_or_else(|| RequestError::bad("no collection"))?;
    let mut named = BTreeSet::new();
    for collection in asked {
        if !named.insert(attr(collection, "name")) {
            return Err(RequestError::bad("one collection twice"));
        }
    }
    let account = world.accounts.get(&key.number).ok_or_else(RequestError::not_found)?;
    let answers: Result<Vec<Node>, RequestError> =
        asked.iter().map(|collection| answer(account, collection)).collect();
    Ok(Answer::one(NodeBuilder::new("sync").children(answers?).build()))
}

fn answer(account: &Account, asked: &Node) -> Result<Node, RequestError> {
    if asked.tag != "collection" {
        return Err(RequestError::bad("what is no collection"));
    }
    let name = attr(asked, "name").ok_or_else(|| RequestError::bad("a collection without name"))?;
    let version = match attr(asked, "version") {
        Some(version) => version
            .parse::<usize>()
            .map_err(|_not_a_number| RequestError::bad("a version that is no number"))?,
        // A snapshot is asked for, of which the simulator has none to give.
        None if attr(asked, "return_snapshot").as_deref() == Some("true") => 0,
        None => return Err(RequestError::bad("a collection without version or return_snapshot")),
    };
    let node = NodeBuilder::new("collection").attr("name", name.as_ref());
    let Some(collection) = account.collections.get(name.as_ref()) else {
        return Err(RequestError::bad("no such collection"));
    };
    if asked.get_optional_child("patch").is_some() {
        return Err(RequestError {
            code: 501,
            text: "feature-not-implemented",
            refusal: Some(crate::RefusalKind::Request),
            detail: "patches by companions are not simulated yet",
        });
    }
    let Some(patches) = collection.since(version) else {
        // The device claims to be ahead of the phone.
        let conflict = error(409, "conflict");
        return Ok(node.attr("type", "error").children([conflict]).build());
    };
    let node = node.attr("version", collection.version());
    if patches.is_empty() {
        return Ok(node.build());
    }
    let patches =
        patches.iter().map(|patch| NodeBuilder::new("patch").bytes(patch.clone()).build());
    Ok(node.children([NodeBuilder::new("patches").children(patches).build()]).build())
}

/// Tells an account's devices that the phone has written a new critical setting.
pub(crate) fn announce(world: &mut World, number: &str) {
    let clock = world.clock;
    let Some(account) = world.accounts.get_mut(number) else {
        return;
    };
    let version = account.collections.get(CRITICAL).map(crate::app_state::Collection::version);
    let mut announcements = Vec::new();
    for (device, linked) in &account.devices {
        if linked.greeted {
            let id = (u64::from(account.dice.number()) << 1).to_string();
            announcements.push((DeviceKey { number: number.to_owned(), device: *device }, id));
        }
    }
    for (key, id) in announcements {
        let collection = NodeBuilder::new("collection")
            .attr("name", CRITICAL)
            .attr("version", version.unwrap_or_default())
            .build();
        let node = NodeBuilder::new("notification")
            .attr("from", wacore_binary::SERVER_JID)
            .attr("type", "server_sync")
            .attr("id", id.as_str())
            .attr("t", clock.unix_s())
            .children([collection])
            .build();
        session::queue(world, &key, Queued::new(id, node));
    }
}
