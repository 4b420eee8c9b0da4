//! `usync`: who has an account, under which hidden id, with which devices
//! (docs/internals/sim.md, "Device lists").

use wacore_binary::{Node, builder::NodeBuilder};

use crate::{
    account::Account,
    picture_requests,
    requests::{Answer, RequestError},
    stanza::{self, attr, attr_jid, content},
    world::World,
};

/// The most users in one query.
const USERS_MAX: usize = 2_000;

/// The protocols of a query that are answered.
const PROTOCOLS: [&str; 7] =
    ["devices", "contact", "lid", "status", "picture", "business", "disappearing_mode"];

pub(crate) fn answer(world: &mut World, iq: &Node) -> Result<Answer, RequestError> {
    let usync = iq.get_optional_child("usync").ok_or_else(|| RequestError::bad("usync"))?;
    let children = |tag: &str| usync.get_optional_child(tag).and_then(Node::children);
    let protocols = children("query")
        .filter(|protocols| !protocols.is_empty())
        .ok_or_else(|| RequestError::bad("no query"))?;
    let users = children("list")
        .filter(|users| !users.is_empty() && users.len() <= USERS_MAX)
        .ok_or_else(|| RequestError::bad("no user, or too many"))?;
    for protocol in protocols {
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

fn answer_user(world: &mut World, protocols: &[Node], user: &Node) -> Result<Node, RequestError> {
    let clock = world.clock;
    let asked = attr_jid(user, "jid");
    let typed = user
        .get_optional_child("contact")
        .and_then(content)
        .and_then(|contact| std::str::from_utf8(contact).ok());
    let name = match (&asked, typed) {
        (Some(jid), _) => jid.user_base().to_owned(),
        (None, Some(typed)) => typed.trim_start_matches('+').to_owned(),
        (None, None) => return Err(RequestError::bad("a user without jid or contact")),
    };
    let mut answer = NodeBuilder::new("user");
    let Some(account) = world.account_by_user(&name) else {
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
