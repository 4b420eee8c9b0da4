//! The requests of a linked device and their answers (docs/internals/sim.md, "Requests").
//!
//! A pure table: name in, answer out, changes to the world in between. Sending is the session's.

use wacore_binary::{Node, NodeValue, builder::NodeBuilder};

use crate::{
    RefusalKind, app_state_requests, key_requests, media_host, picture_requests,
    stanza::{self, attr, attr_jid, content, first_child},
    usync,
    world::{DeviceKey, World},
};

/// The requests answered to linked devices, by the name they are counted under.
const KNOWN: [&str; 27] = [
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
    "tos/set/notice",
    "urn:xmpp:whatsapp:dirty/set/clean",
    "usync/get/usync",
    "w/get/props",
    "w:m/set/media_conn",
    "w:p/get/",
    "w:p/get/ping",
    "w:profile:picture/get/picture",
    "w:profile:picture/set/",
    "w:profile:picture/set/picture",
    // Baileys leaves the type out.
    "w:stats//add",
    "w:stats/set/add",
    "w:sync:app:state/set/sync",
];

/// The children of a prekey upload.
const UPLOAD_PARTS: usize = 5;

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

    /// What the request brings cannot be used.
    pub(crate) fn not_acceptable(detail: &'static str) -> Self {
        Self { code: 406, text: "not-acceptable", ..Self::bad(detail) }
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
    Some(check_form(name, iq).and_then(|()| known(world, key, name, iq)))
}

/// What every request has to be like: addressed to the server, and with the one child of its name.
/// Few have none, or several.
pub(crate) fn check_form(name: &str, iq: &Node) -> Result<(), RequestError> {
    if !stanza::is_to_server(iq) {
        return Err(RequestError::bad("not addressed to the server"));
    }
    let children = iq.children().map_or(0, <[Node]>::len);
    let right = match name {
        "encrypt/set/registration" => children == UPLOAD_PARTS,
        "urn:xmpp:whatsapp:dirty/set/clean" => children > 0,
        "blocklist/get/" | "w:p/get/" | "w:profile:picture/set/" => {
            children == 0 && content(iq).is_none()
        }
        _ => children == 1,
    };
    if right { Ok(()) } else { Err(RequestError::bad("not as many children as it has")) }
}

fn known(
    world: &mut World,
    key: &DeviceKey,
    name: &str,
    iq: &Node,
) -> Result<Answer, RequestError> {
    match name {
        "abt/get/props" => props(first_child(iq), &["1"]),
        // Baileys 6 asks by protocol 2, whatsapp-rust by 1.
        "w/get/props" => props(first_child(iq), &["1", "2"]),
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
        "privacy/set/tokens" => items(first_child(iq), "token", &["jid", "t", "type"]),
        "tos/get/request" => items(first_child(iq), "notice", &["id"]),
        "tos/set/notice" => items(Some(iq), "notice", &["id", "stage"]),
        "urn:xmpp:whatsapp:dirty/set/clean" => items(Some(iq), "clean", &["type"]),
        "usync/get/usync" => usync::answer(world, iq),
        "w:m/set/media_conn" => media_conn(world, key),
        "w:p/get/" | "w:p/get/ping" => Ok(pong(world)),
        "w:profile:picture/get/picture" => picture_requests::get(world, key, iq),
        "w:profile:picture/set/" | "w:profile:picture/set/picture" => {
            picture_requests::set(world, key, iq)
        }
        "w:stats//add" | "w:stats/set/add" => stats(first_child(iq)),
        "w:sync:app:state/set/sync" => app_state_requests::sync(world, key, iq),
        // Nothing that is known gets here.
        _ => Err(RequestError::bad("no answer")),
    }
}

fn props(asked: Option<&Node>, protocols: &[&str]) -> Result<Answer, RequestError> {
    let protocol = asked
        .and_then(|props| attr(props, "protocol"))
        .filter(|protocol| protocols.contains(&protocol.as_ref()))
        .ok_or_else(|| RequestError::bad("props of a protocol that does not exist"))?;
    Ok(Answer::one(
        NodeBuilder::new("props")
            .attr("protocol", protocol.as_ref())
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
        if category.tag != "category" {
            return Err(RequestError::bad("what is no category"));
        }
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

/// Something that is taken note of: items of one kind, each with all of its attributes.
fn items(list: Option<&Node>, tag: &str, attrs: &[&str]) -> Result<Answer, RequestError> {
    let items = list.and_then(Node::children).unwrap_or_default();
    let whole =
        |item: &Node| item.tag == tag && attrs.iter().all(|name| item.attrs.get(name).is_some());
    if !items.is_empty() && items.iter().all(whole) {
        Ok(Answer::default())
    } else {
        Err(RequestError::bad("no item, or one of another kind or without an attribute"))
    }
}

/// What a client counted, with the time of it.
fn stats(add: Option<&Node>) -> Result<Answer, RequestError> {
    let whole = |add: &Node| {
        attr(add, "t").is_some() && content(add).is_some_and(|counted| !counted.is_empty())
    };
    if add.is_some_and(whole) {
        Ok(Answer::default())
    } else {
        Err(RequestError::bad("nothing to add, or no time"))
    }
}

/// The media host, with a token for this device.
fn media_conn(world: &World, key: &DeviceKey) -> Result<Answer, RequestError> {
    media_host::media_conn(world, key).map(Answer::one).ok_or_else(RequestError::not_found)
}

fn remove_device(world: &World, key: &DeviceKey, iq: &Node) -> Result<Answer, RequestError> {
    let child = first_child(iq).ok_or_else(|| RequestError::bad("no child"))?;
    let wanted = attr_jid(child, "jid").ok_or_else(|| RequestError::bad("no jid"))?;
    if attr(child, "reason").is_none() {
        return Err(RequestError::bad("no reason"));
    }
    let owner = world.account_of(&wanted).map(|account| &account.number);
    if owner != Some(&key.number) || wanted.device != key.device {
        return Err(RequestError {
            code: 403,
            text: "forbidden",
            refusal: Some(RefusalKind::Request),
            detail: "a companion may remove itself only",
        });
    }
    Ok(Answer::then(Then::Unlink))
}
