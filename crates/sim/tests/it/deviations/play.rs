//! How a deviation is played: what the client says, and what it gets for it.

use std::pin::Pin;

use wacore_binary::{Node, NodeContent};
use waygate_sim::Sim;

use crate::{
    companion::Companion,
    deviations::Spoil,
    linking::world,
    stream::{Stream, Wire, text},
};

/// A deviation that was played.
pub(crate) struct Played {
    pub(crate) sim: Sim,
    pub(crate) answer: String,
}

pub(crate) type Playing = Pin<Box<dyn Future<Output = Played>>>;

/// What comes back when there is nothing, and when the connection ends.
pub(crate) const NOTHING: &str = "nothing";
pub(crate) const END: &str = "the end";

/// A stanza of the server's in short: its name, and the code or the word that it carries.
pub(crate) fn in_short(node: &Node) -> String {
    let inside = node.children().and_then(<[Node]>::first);
    let said = ["reason", "code", "error"].map(|name| text(node, name));
    let code = said.into_iter().find(|code| !code.is_empty());
    let word = || match inside {
        Some(error) if error.tag == "error" => text(error, "code"),
        Some(other) => other.tag.to_string(),
        None => String::new(),
    };
    let name = match node.tag.as_ref() {
        "iq" => "error",
        name => name,
    };
    format!("{name} {}", code.unwrap_or_else(word)).trim_end().to_owned()
}

/// What ends a stream, and that it has ended.
pub(crate) async fn end_of(stream: &mut Stream) -> String {
    loop {
        match stream.next().await {
            None => return END.to_owned(),
            Some(node) if matches!(node.tag.as_ref(), "failure" | "stream:error") => {
                stream.assert_closed().await;
                return in_short(&node);
            }
            Some(_) => {}
        }
    }
}

/// Says bytes as the first ones of a connection.
pub(crate) fn bytes(bytes: Vec<u8>) -> Playing {
    Box::pin(async move {
        let (sim, _) = world();
        let mut wire = Wire::new(sim.dial().unwrap());
        wire.send_bytes(&bytes).await;
        assert_eq!(wire.frame().await, None);
        Played { sim, answer: END.to_owned() }
    })
}

/// Registers with a payload that was spoilt.
pub(crate) fn registers(spoil: Spoil) -> Playing {
    Box::pin(async move {
        let (sim, _) = world();
        let mut device = Companion::new(1);
        let mut payload = device.registration();
        spoil(&mut payload);
        let mut stream = device.connect(&sim, &payload).await;
        Played { answer: end_of(&mut stream).await, sim }
    })
}

/// Logs in with a payload that was spoilt, after it was linked.
pub(crate) fn logs_in(spoil: Spoil) -> Playing {
    Box::pin(async move {
        let (sim, phone) = world();
        let mut device = Companion::new(1);
        device.link(&sim, &phone).await;
        let mut payload = device.login();
        spoil(&mut payload);
        let mut stream = device.connect(&sim, &payload).await;
        Played { answer: end_of(&mut stream).await, sim }
    })
}

/// Sends a frame with these bytes in it, or another one.
pub(crate) fn says(plaintext: Vec<u8>) -> Playing {
    Box::pin(async move {
        let (sim, _) = world();
        let (mut stream, _) = Companion::new(1).register(&sim).await;
        stream.send_plaintext(&plaintext).await;
        Played { answer: end_of(&mut stream).await, sim }
    })
}

/// Asks for something as a linked device.
pub(crate) fn asks(kind: &'static str, xmlns: &'static str, child: Node) -> Playing {
    Box::pin(async move {
        let (sim, phone) = world();
        let mut device = Companion::new(1);
        device.link(&sim, &phone).await;
        let mut stream = device.log_in(&sim).await;
        let answer = stream.request(kind, xmlns, Some(child)).await;
        Played { answer: in_short(&answer), sim }
    })
}

/// Anything else.
pub(crate) fn otherwise(play: impl Future<Output = (Sim, String)> + 'static) -> Playing {
    Box::pin(async move {
        let (sim, answer) = play.await;
        Played { sim, answer }
    })
}

pub(crate) fn strip(node: &mut Node, name: &str) {
    node.attrs.0.retain(|(key, _)| key != name);
}

pub(crate) fn children(node: &mut Node) -> &mut Vec<Node> {
    let Some(NodeContent::Nodes(children)) = &mut node.content else { panic!("no children") };
    children
}
