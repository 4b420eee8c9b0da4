//! Who is writing just now (docs/internals/sim.md, "Chat states"). Whoever is not there misses it.

use serde::{Deserialize, Serialize};
use wacore_binary::{Node, builder::NodeBuilder};

use crate::{
    RefusalKind,
    letter::Addressing,
    stanza::{attr, attr_jid},
    world::{ConnectionId, DeviceKey, World},
};

/// What somebody does in a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChatState {
    /// Writes a text.
    Composing,
    /// Records a voice message.
    Recording,
    /// Has stopped either.
    Paused,
}

impl ChatState {
    fn read(chatstate: &Node) -> Option<Self> {
        let [state] = chatstate.children()? else {
            return None;
        };
        match (state.tag.as_ref(), attr(state, "media").as_deref()) {
            ("composing", None) => Some(Self::Composing),
            ("composing", Some("audio")) => Some(Self::Recording),
            ("paused", None) => Some(Self::Paused),
            _ => None,
        }
    }

    fn node(self) -> Node {
        match self {
            Self::Composing => NodeBuilder::new("composing").build(),
            Self::Recording => NodeBuilder::new("composing").attr("media", "audio").build(),
            Self::Paused => NodeBuilder::new("paused").build(),
        }
    }
}

/// Takes what a client tells of itself; it gets no answer.
pub(crate) fn take(world: &mut World, connection: ConnectionId, key: &DeviceKey, node: &Node) {
    let to = attr_jid(node, "to");
    let addressing = match to.as_ref().map(Addressing::of) {
        Some(Some(addressing)) => addressing,
        Some(None) => {
            let server = to.map(|to| to.server.as_str()).unwrap_or_default();
            world.report.count_unknown(&format!("chatstate/{server}"));
            return;
        }
        None => {
            world.refuse(Some(connection), RefusalKind::Request, "a chat state for no chat");
            return;
        }
    };
    let Some(state) = ChatState::read(node) else {
        world.refuse(Some(connection), RefusalKind::Request, "a chat state that does not exist");
        return;
    };
    world.report.count_request("chatstate");
    if let Some(chat) = to.and_then(|to| world.device_key(&to)) {
        show(world, key, (&chat.number, addressing), state);
    }
}

/// Shows the devices of a chat what a device of the other side does.
pub(crate) fn show(
    world: &mut World,
    from: &DeviceKey,
    (chat, addressing): (&str, Addressing),
    state: ChatState,
) {
    let Some(jid) = world.account_jid(&from.number, addressing) else {
        return;
    };
    let Some(account) = world.accounts.get_mut(chat).filter(|chat| chat.number != from.number)
    else {
        return;
    };
    account.mailbox.typing.insert(from.number.clone(), state);
    let there = |device: &crate::account::Device| device.online.filter(|_| device.active);
    let connections: Vec<ConnectionId> = account.devices.values().filter_map(there).collect();
    let node = NodeBuilder::new("chatstate").attr("from", jid).children([state.node()]).build();
    for connection in connections {
        world.send(connection, node.clone());
    }
}
