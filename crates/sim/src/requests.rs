//! The requests of a linked device and their answers (docs/internals/sim.md, "Requests").
//!
//! A pure table: name in, answer out, changes to the world in between. Sending is the session's.

use wacore_binary::{Jid, Node, NodeValue, builder::NodeBuilder};

use crate::{
    RefusalKind, app_state_requests, key_requests, picture_requests,
    stanza::{attr, attr_jid, first_child},
    usync,
    world::{DeviceKey, World},
};

/// The requests answered to linked devices, by the name they are counted under.
const KNOWN: [&str; 26] = [
    "abt/get/props",
    "blocklist/get/",
    "encrypt/get/count",
    "encrypt/get/digest",
    "encrypt/get/key",
    "encrypt/set/registration",
    "encrypt/set/rotate",
    "md/set/remove-companion-device",
    "passive/set/active",
    "passive/set/passive",
    "privacy/get/privacy",
    "privacy/set/privacy",
    "privacy/set/tokens",
    "tos/get/request",
    "tos/set/tos",
    "urn:xmpp:whatsapp:dirty/set/clean",
    "usync/get/usync",
    "w/get/props",
    "w:m/set/media_conn",
    "w:p/get/",
    "w:p/get/ping",
    "w:profile:picture/get/picture",
    "w:profile:picture/set/",
    "w:profile:picture/set/picture",
    "w:stats/set/add",
    "w:sync:app:state/set/sync",
];

/// What a request is answered with.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) attrs: Vec<(&'static str, NodeValue)>,
    pub(crate) content: Vec<Node>,
    pub(crate) then: Option<Then>,
}

/// What happens once the answer is out.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Then {
    Activate,
    Greet,
    Unlink,
}

/// A request that is known and refused.
#[derive(Debug)]
pub(crate) struct RequestError {
    pub(crate) code: u16,
    pub(crate) text: &'static str,
    /// Put on record, unless the refusal is an ordinary answer.
    pub(crate) refusal: Option<RefusalKind>,
    pub(crate) detail: &'static str,
}

impl RequestError {
    /// The request itself is wrong.
    pub(crate) fn bad(detail: &'static str) -> Self {
        Self { code: 400, text: "bad-request", refusal: Some(RefusalKind::Request), detail }
    }

    /// There is nothing of that name, which a client may well ask.
    pub(crate) fn not_found() -> Self {
        Self { code: 404, text: "item-not-found", refusal: None, detail: "" }
    }
}

impl Answer {
    /// An answer with one child.
    pub(crate) fn one(node: Node) -> Self {
        Self { content: vec![node], ..Self::default() }
    }

    /// An empty answer that something follows.
    pub(crate) fn then(then: Then) -> Self {
        Self { then: Some(then), ..Self::default() }
    }
}

/// Whether linked devices get an answer to this request.
pub(crate) fn is_known(name: &str) -> bool {
    KNOWN.contains(&name)
}

/// Answers a request; `None` when it is unknown.
pub(crate) fn answer(
    world: &mut World,
    key: &DeviceKey,
    name: &str,
    iq: &Node,
) -> Option<Result<Answer, RequestError>> {
    if !is_known(name) {
        return None;
    }
    Some(match name {
        "abt/get/props" | "w/get/props" => props(first_child(iq)),
        "blocklist/get/" => Ok(Answer::one(NodeBuilder::new("list").attr("dhash", 0).build())),
        "encrypt/get/count" => key_requests::count(world, key),
        "encrypt/get/digest" => key_requests::digest(world, key),
        "encrypt/get/key" => key_requests::bundles(world, iq),
        "encrypt/set/registration" => key_requests::upload(world, key, iq),
        "encrypt/set/rotate" => key_requests::rotate(world, key, iq),
        "md/set/remove-companion-device" => remove_device(world, key, iq),
        "passive/set/active" => Ok(Answer::then(Then::Activate)),
        "passive/set/passive" => Ok(passivate(world, key)),
        "privacy/get/privacy" => privacy(world, key),
        "privacy/set/privacy" => set_privacy(world, key, iq),
        "urn:xmpp:whatsapp:dirty/set/clean" => clean(first_child(iq)),
        "usync/get/usync" => usync::answer(world, iq),
        "w:m/set/media_conn" => Ok(media_conn()),
        "w:p/get/" | "w:p/get/ping" => Ok(pong(world)),
        "w:profile:picture/get/picture" => picture_requests::get(world, key, iq),
        "w:profile:picture/set/" | "w:profile:picture/set/picture" => {
            picture_requests::set(world, key, iq)
        }
        "w:sync:app:state/set/sync" => app_state_requests::sync(world, key, iq),
        // Taken note of, and nothing to say.
        _ => Ok(Answer::default()),
    })
}

fn props(asked: Option<&Node>) -> Result<Answer, RequestError> {
    if asked.and_then(|props| attr(props, "protocol")).is_none() {
        return Err(RequestError::bad("props without protocol"));
    }
    Ok(Answer::one(
        NodeBuilder::new("props")
            .attr("protocol", 1)
            .attr("ab_key", "sim")
            .attr("hash", "sim1")
            .attr("refresh", 86_400)
            .attr("refresh_id", 1)
            .build(),
    ))
}

fn pong(world: &World) -> Answer {
    Answer { attrs: vec![("t", NodeValue::from(world.clock.unix_s()))], ..Answer::default() }
}

fn passivate(world: &mut World, key: &DeviceKey) -> Answer {
    if let Some(device) = world.device(key) {
        device.active = false;
    }
    Answer::default()
}

fn privacy(world: &World, key: &DeviceKey) -> Result<Answer, RequestError> {
    let account = world.accounts.get(&key.number).ok_or_else(RequestError::not_found)?;
    let categories = account.privacy.iter().map(|(name, value)| {
        NodeBuilder::new("category").attr("name", name).attr("value", value).build()
    });
    Ok(Answer::one(NodeBuilder::new("privacy").children(categories).build()))
}

fn set_privacy(world: &mut World, key: &DeviceKey, iq: &Node) -> Result<Answer, RequestError> {
    let wanted = iq
        .get_optional_child("privacy")
        .and_then(Node::children)
        .ok_or_else(|| RequestError::bad("no category"))?;
    let account = world.accounts.get_mut(&key.number).ok_or_else(RequestError::not_found)?;
    let mut changed = account.privacy.clone();
    for category in wanted {
        let (Some(name), Some(value)) = (attr(category, "name"), attr(category, "value")) else {
            return Err(RequestError::bad("a category without name or value"));
        };
        if !privacy_values(&name).contains(&value.as_ref()) {
            return Err(RequestError::bad("no such category, or no such value of it"));
        }
        changed.insert(name.into_owned(), value.into_owned());
    }
    // All of it or nothing.
    account.privacy = changed;
    Ok(Answer::one(NodeBuilder::new("privacy").children(wanted.iter().cloned()).build()))
}

/// What a category of privacy can be set to; nothing for one that does not exist.
fn privacy_values(category: &str) -> &'static [&'static str] {
    match category {
        "last" | "profile" | "status" | "groupadd" => {
            &["all", "contacts", "contact_blacklist", "none"]
        }
        "online" => &["all", "match_last_seen"],
        "readreceipts" => &["all", "none"],
        "calladd" => &["all", "known", "contacts"],
        "messages" => &["all", "contacts"],
        _ => &[],
    }
}

/// What a device has taken note of is named by its kind.
fn clean(asked: Option<&Node>) -> Result<Answer, RequestError> {
    match asked.and_then(|clean| attr(clean, "type")) {
        Some(_) => Ok(Answer::default()),
        None => Err(RequestError::bad("clean without type")),
    }
}

fn media_conn() -> Answer {
    let host = NodeBuilder::new("host").attr("hostname", "media.invalid").build();
    Answer::one(
        NodeBuilder::new("media_conn")
            .attr("auth", "sim")
            .attr("ttl", 300)
            .attr("auth_ttl", 21_600)
            .attr("max_buckets", 12)
            .children([host])
            .build(),
    )
}

fn remove_device(world: &World, key: &DeviceKey, iq: &Node) -> Result<Answer, RequestError> {
    let wanted: Jid = iq
        .get_optional_child("remove-companion-device")
        .and_then(|child| attr_jid(child, "jid"))
        .ok_or_else(|| RequestError::bad("no jid"))?;
    let own = world.accounts.get(&key.number).is_some_and(|account| {
        wanted.device == key.device && (wanted.user == account.number || wanted.user == account.lid)
    });
    if !own {
        return Err(RequestError {
            code: 403,
            text: "forbidden",
            refusal: Some(RefusalKind::Request),
            detail: "a companion may remove itself only",
        });
    }
    Ok(Answer::then(Then::Unlink))
}
