//! What clients are told when something is wrong: as the real server says it, or not quite.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wacore_binary::{Node, SERVER_JID, builder::NodeBuilder};

use super::Moment;

/// Attributes as they are sent. One that has a field of its own, too, takes the field's place.
type Attrs = BTreeMap<String, String>;

/// The end of a stream, `<stream:error>`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StreamError {
    /// The number in `code`: 401 logged out, 409 replaced, 429 too many, 503 unavailable, 515 to be
    /// restarted, 516 removed, ...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<u16>,
    /// The type of a `<conflict>` in it: `replaced`, `device_removed`, or anything; without a type
    /// when it is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conflict: Option<String>,
    /// The tag of another child: `xml-not-well-formed`, `ack`, or anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub child: Option<String>,
    /// The attributes of that child.
    #[serde(default, skip_serializing_if = "Attrs::is_empty")]
    pub child_attrs: Attrs,
    /// Further attributes, and such as are none.
    #[serde(default, skip_serializing_if = "Attrs::is_empty")]
    pub attrs: Attrs,
    /// When.
    #[serde(default)]
    pub at: Moment,
}

impl StreamError {
    pub(super) fn node(&self) -> Node {
        let mut children = Vec::new();
        if let Some(kind) = &self.conflict {
            let mut conflict = NodeBuilder::new("conflict");
            if !kind.is_empty() {
                conflict = conflict.attr("type", kind.as_str());
            }
            children.push(conflict.build());
        }
        if let Some(tag) = &self.child {
            let child = Node { tag: tag.clone().into(), ..NodeBuilder::new("child").build() };
            children.push(with(child, &self.child_attrs));
        }
        let mut error = NodeBuilder::new("stream:error");
        if let Some(code) = self.code {
            error = error.attr("code", code);
        }
        if !children.is_empty() {
            error = error.children(children);
        }
        with(error.build(), &self.attrs)
    }
}

/// A refused login or registration, `<failure>`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// The number in `reason`: 401 logged out, 402 banned for a time, 403 locked, 405 outdated, 503
    /// unavailable, ...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<u16>,
    /// The number in `code`, which says why a ban was put.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<u16>,
    /// The number in `expire`: the rest of a ban in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expire_s: Option<u32>,
    /// The words in `message`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Further attributes, and such as are none.
    #[serde(default, skip_serializing_if = "Attrs::is_empty")]
    pub attrs: Attrs,
}

impl Failure {
    pub(crate) fn node(&self, location: &str) -> Node {
        let mut failure = NodeBuilder::new("failure");
        if let Some(reason) = self.reason {
            failure = failure.attr("reason", reason);
        }
        failure = failure.attr("location", location);
        if let Some(code) = self.code {
            failure = failure.attr("code", code);
        }
        if let Some(expire_s) = self.expire_s {
            failure = failure.attr("expire", expire_s);
        }
        if let Some(message) = &self.message {
            failure = failure.attr("message", message.as_str());
        }
        with(failure.build(), &self.attrs)
    }
}

/// That a version ends, `<client_expiration>`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// In how many seconds; `t` names the second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_s: Option<u64>,
    /// Further attributes, and such as are none.
    #[serde(default, skip_serializing_if = "Attrs::is_empty")]
    pub attrs: Attrs,
}

impl Notice {
    pub(super) fn node(&self, now_unix_s: u64) -> Node {
        let mut expiration = NodeBuilder::new("client_expiration");
        if let Some(in_s) = self.in_s {
            expiration = expiration.attr("t", now_unix_s.saturating_add(in_s));
        }
        let expiration = with(expiration.build(), &self.attrs);
        NodeBuilder::new("ib").attr("from", SERVER_JID).children([expiration]).build()
    }
}

/// The server's own end of a stream.
pub(super) fn stream_end() -> Node {
    NodeBuilder::new("xmlstreamend").build()
}

fn with(mut node: Node, attrs: &Attrs) -> Node {
    for (name, value) in attrs {
        node.attrs.insert(name.clone(), value.as_str());
    }
    node
}
