//! `usync`: who has an account, under which hidden id, with which devices
//! (docs/internals/sim.md, "Device lists").

use std::collections::BTreeSet;

use wacore_binary::{Jid, Node, builder::NodeBuilder};

use crate::{
    account::Account,
    picture_requests,
    requests::{Answer, RequestError},
    stanza::{self, attr, attr_jid, content},
    world::World,
};

/// The most users in one query.
const USERS_MAX: usize = 2_000;

/// What a query is for: one look, all that is known, or what has changed.
const MODES: [&str; 3] = ["query", "full", "delta"];

/// On what occasion a query is made; WhatsApp Web has more, but neither client.
const CONTEXTS: [&str; 4] = ["interactive", "background", "message", "voip"];

/// The protocols of a query that are answered.
const PROTOCOLS: [&str; 7] =
    ["devices", "contact", "lid", "status", "picture", "business", "disappearing_mode"];

pub(crate) fn answer(world: &mut World, iq: &Node) -> Result<Answer, RequestError> {
    let usync = iq.get_optional_child("usync").ok_or_else(|| RequestError::bad("usync"))?;
    check_frame(usync)?;
    let children = |tag: &str| usync.get_optional_child(tag).and_then(Node::children);
    let protocols = children("query")
        .filter(|protocols| !protocols.is_empty())
        .ok_or_else(|| RequestError::bad("no query"))?;
    let users = children("list")
        .filter(|users| !users.is_empty() && users.len() <= USERS_MAX)
        .ok_or_else(|| RequestError::bad("no user, or too many"))?;
    let mut named = BTreeSet::new();
    for protocol in protocols {
        let tag = protocol.tag.as_ref();
        if !named.insert(tag) {
            return Err(RequestError::bad("one protocol twice"));
        }
        if tag == "devices" && attr(protocol, "version").as_deref() != Some("2") {
            return Err(RequestError::bad("devices of another version than 2"));
        }
        if !PROTOCOLS.contains(&protocol.tag.as_ref()) {
            world.report.count_unknown(&format!("usync/{}", protocol.tag));
        }
    }
    let mut list = Vec::with_capacity(users.len());
    for user in users {
        list.push(answer_user(world, protocols, user)?);
    }
    let results = protocols
        .iter()
        .filter(|protocol| PROTOCOLS.contains(&protocol.tag.as_ref()))
        .map(|protocol| NodeBuilder::new_dynamic(protocol.tag.to_string()).build());
    let mut answer = NodeBuilder::new("usync");
    for name in ["sid", "mode", "context", "last", "index"] {
        if let Some(value) = attr(usync, name) {
            answer = answer.attr(name, value.as_ref());
        }
    }
    Ok(Answer::one(
        answer
            .children([
                NodeBuilder::new("result").children(results).build(),
                NodeBuilder::new("list").children(list).build(),
            ])
            .build(),
    ))
}

/// What every query tells of itself.
fn check_frame(usync: &Node) -> Result<(), RequestError> {
    let is = |name: &str, right: fn(&str) -> bool| attr(usync, name).is_some_and(|it| right(&it));
    let whole = is("sid", |sid| !sid.is_empty())
        && is("mode", |mode| MODES.contains(&mode))
        && is("context", |context| CONTEXTS.contains(&context))
        && is("last", |last| matches!(last, "true" | "false"))
        && is("index", |index| index.parse::<u32>().is_ok());
    if whole { Ok(()) } else { Err(RequestError::bad("sid, mode, context, last or index")) }
}

fn answer_user(world: &mut World, protocols: &[Node], user: &Node) -> Result<Node, RequestError> {
    let clock = world.clock;
    if user.tag != "user" {
        return Err(RequestError::bad("what is no user"));
    }
    let asked = attr_jid(user, "jid");
    let typed = user
        .get_optional_child("contact")
        .and_then(content)
        .and_then(|contact| std::str::from_utf8(contact).ok());
    if typed.is_some_and(|typed| !is_number(typed)) {
        return Err(RequestError::bad("a contact that is not + and digits"));
    }
    let jid = match (&asked, typed) {
        (Some(jid), _) => jid.clone(),
        (None, Some(typed)) => Jid::pn(typed.trim_start_matches('+')),
        (None, None) => return Err(RequestError::bad("a user without jid or contact")),
    };
    let mut answer = NodeBuilder::new("user");
    let Some(account) = world.account_by_jid(&jid) else {
        let mut content = Vec::new();
        for protocol in protocols {
            match (protocol.tag.as_ref(), typed) {
                ("contact", Some(typed)) => content.push(contact("out", typed)),
                ("devices", _) => content.push(
                    NodeBuilder::new("devices")
                        .children([stanza::error(404, "item-not-found")])
                        .build(),
                ),
                _ => {}
            }
        }
        if let Some(jid) = asked {
            answer = answer.attr("jid", jid);
        }
        return Ok(answer.children(content).build());
    };
    answer = answer.attr("jid", asked.unwrap_or_else(|| account.jid(0)));
    let mut content = Vec::new();
    for protocol in protocols {
        match protocol.tag.as_ref() {
            "devices" => content.push(devices(account, clock)),
            "lid" => {
                content.push(NodeBuilder::new("lid").attr("val", account.lid_jid(0)).build());
            }
            "contact" => content.push(contact("in", typed.unwrap_or(&account.number))),
            "status" => content.push(NodeBuilder::new("status").attr("t", 0).build()),
            "picture" if picture_requests::is_shown(account) => {
                let id = account.picture.as_ref().map(|picture| picture.id.as_str());
                content.extend(id.map(|id| NodeBuilder::new("picture").attr("id", id).build()));
            }
            // No business, no timer: nothing to say.
            _ => {}
        }
    }
    Ok(answer.children(content).build())
}

fn is_number(typed: &str) -> bool {
    typed.strip_prefix('+').is_some_and(|digits| {
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

fn contact(kind: &'static str, typed: &str) -> Node {
    let digits = format!("+{}", typed.trim_start_matches('+'));
    NodeBuilder::new("contact").attr("type", kind).bytes(digits.into_bytes()).build()
}

fn devices(account: &mut Account, clock: crate::clock::Clock) -> Node {
    let phone = NodeBuilder::new("device").attr("id", 0).build();
    let companions = account.devices.iter().map(|(id, device)| {
        NodeBuilder::new("device").attr("id", *id).attr("key-index", device.key_index).build()
    });
    let list = NodeBuilder::new("device-list")
        .children(std::iter::once(phone).chain(companions).collect::<Vec<_>>())
        .build();
    let signed = NodeBuilder::new("key-index-list")
        .attr("ts", clock.unix_s())
        .bytes(account.key_index_list(clock))
        .build();
    NodeBuilder::new("devices").children([list, signed]).build()
}
