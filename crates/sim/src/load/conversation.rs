//! What a linked device does with its time: it pings, writes when it is told to, and takes what
//! comes.

use std::{
    collections::BTreeMap,
    iter,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};
use wacore_binary::{Jid, Node, builder::NodeBuilder};
use waproto::{
    buffa::MessageField,
    whatsapp::{Message, message::DeviceSentMessage},
};

use super::{LoadClient, LoadCounts, LoadError, unexpected, wire::Wire};
use crate::{
    Pipe,
    prekeys::{KeyBundle, PreKey},
    signal_party::ONE_TIME_PREKEYS,
    stanza::{attr, attr_jid, content},
    world::DeviceKey,
};

/// The one-time prekeys that it uploads: as many as clients do, so that the server has as much to keep.
const PREKEYS: u32 = 812;

/// How long it is silent at most, and how much of that is drawn: as clients do.
const PING_AFTER_MS: u64 = 20_000;
const PING_DRAWN_MS: u64 = 10_000;

/// A device that is online.
struct Online {
    client: LoadClient,
    wire: Wire,
    counts: Arc<LoadCounts>,
    last_id: u64,
    /// The accounts whose keys were asked for, by the ids of the requests.
    asked: BTreeMap<String, String>,
}

impl LoadClient {
    /// Logs in, and stays online for as long as there may be orders: each is the number of an
    /// account with one companion, which is written a text.
    pub async fn stay(
        mut self,
        pipe: Pipe,
        mut orders: mpsc::Receiver<String>,
        counts: Arc<LoadCounts>,
    ) -> Result<(), LoadError> {
        let payload = self.login();
        let mut wire = Wire::open(pipe, &self.noise, &mut self.dice, &payload).await?;
        wire.next_of("success").await?;
        let mut online = Online { client: self, wire, counts, last_id: 0, asked: BTreeMap::new() };
        online.upload().await?;
        online.ask("set", "passive", vec![NodeBuilder::new("active").build()]).await?;
        let mut ping_at = online.next_ping();
        loop {
            tokio::select! {
                order = orders.recv() => match order {
                    Some(number) => online.write(number).await?,
                    None => return Ok(()),
                },
                // A stanza that is half there stays in the buffer.
                node = online.wire.next() => online.take(&node?).await?,
                () = sleep_until(ping_at) => {
                    online.ask("get", "w:p", vec![NodeBuilder::new("ping").build()]).await?;
                    ping_at = online.next_ping();
                }
            }
        }
    }
}

impl Online {
    fn next_ping(&mut self) -> Instant {
        let drawn_ms = self.client.dice.below(PING_DRAWN_MS);
        Instant::now() + Duration::from_millis(PING_AFTER_MS + drawn_ms)
    }

    fn next_id(&mut self) -> String {
        self.last_id += 1;
        format!("L{}", self.last_id)
    }

    /// Sends a request and says under which id.
    async fn ask(
        &mut self,
        kind: &'static str,
        xmlns: &'static str,
        content: Vec<Node>,
    ) -> Result<String, LoadError> {
        let id = self.next_id();
        let iq = NodeBuilder::new("iq")
            .attr("to", "s.whatsapp.net")
            .attr("type", kind)
            .attr("xmlns", xmlns)
            .attr("id", id.as_str())
            .children(content);
        self.wire.send(&iq.build()).await?;
        Ok(id)
    }

    async fn upload(&mut self) -> Result<(), LoadError> {
        let LoadClient { party, dice, .. } = &mut self.client;
        let mut bundle = party.bundle(dice);
        let mut keys = Vec::from_iter(bundle.one_time.take());
        keys.extend(iter::from_fn(|| party.bundle(dice).one_time));
        // The first are given out first, and nobody gets to use the rest. To make those, too, would
        // be load for this process only.
        keys.extend((ONE_TIME_PREKEYS + 1..=PREKEYS).map(|number| {
            let [_, id @ ..] = number.to_be_bytes();
            PreKey { id, value: dice.bytes() }
        }));
        let list = NodeBuilder::new("list").children(keys.iter().map(PreKey::node)).build();
        let mut parts = bundle.nodes();
        // In front of the signed prekey.
        parts.insert(parts.len() - 1, list);
        self.ask("set", "encrypt", parts).await.map(drop)
    }

    /// The devices that a text to this account is for.
    fn readers(&self, number: &str) -> [DeviceKey; 3] {
        let key = |number: &str, device| DeviceKey { number: number.to_owned(), device };
        [key(number, 0), key(number, 1), key(&self.client.number, 0)]
    }

    async fn write(&mut self, number: String) -> Result<(), LoadError> {
        let strangers: Vec<Node> = self
            .readers(&number)
            .iter()
            .filter(|device| !self.client.party.has_session(device))
            .map(|device| {
                let jid = Jid::pn_device(device.number.as_str(), device.device);
                NodeBuilder::new("user").attr("jid", jid).build()
            })
            .collect();
        if strangers.is_empty() {
            return self.send_text(&number).await;
        }
        let key = NodeBuilder::new("key").children(strangers).build();
        let id = self.ask("get", "encrypt", vec![key]).await?;
        self.asked.insert(id, number);
        Ok(())
    }

    async fn send_text(&mut self, number: &str) -> Result<(), LoadError> {
        let text = Message { conversation: Some("load".to_owned()), ..Message::default() };
        let chat = Jid::pn(number);
        let sent = DeviceSentMessage {
            destination_jid: Some(chat.to_string()),
            message: MessageField::some(text.clone()),
            ..DeviceSentMessage::default()
        };
        let sent = Message { device_sent_message: MessageField::some(sent), ..Message::default() };
        let mut copies = Vec::new();
        for reader in self.readers(number) {
            let message = if reader.number == number { &text } else { &sent };
            let LoadClient { party, dice, .. } = &mut self.client;
            let sealed = party.seal(&reader, message, dice);
            let sealed = sealed.map_err(|error| LoadError::Unexpected(error.to_string()))?;
            let enc = NodeBuilder::new("enc").attr("v", 2).attr("type", sealed.kind);
            let jid = Jid::pn_device(reader.number.as_str(), reader.device);
            let enc = enc.bytes(sealed.bytes).build();
            copies.push(NodeBuilder::new("to").attr("jid", jid).children([enc]).build());
        }
        let identity =
            NodeBuilder::new("device-identity").bytes(self.client.signed_identity.clone()).build();
        let participants = NodeBuilder::new("participants").children(copies).build();
        let last = self.next_id();
        let id = format!("3EB0{}{last}", self.client.number);
        let message = NodeBuilder::new("message")
            .attr("to", chat)
            .attr("id", id)
            .attr("type", "text")
            .children([participants, identity]);
        self.wire.send(&message.build()).await?;
        self.counts.sent.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    async fn take(&mut self, node: &Node) -> Result<(), LoadError> {
        match node.tag.as_ref() {
            "message" => self.take_message(node).await,
            "receipt" | "notification" => self.acknowledge(node).await,
            "iq" => self.take_answer(node).await,
            "ack" if attr(node, "class").as_deref() == Some("message") => {
                if attr(node, "error").is_some() {
                    return Err(unexpected("a message that was refused"));
                }
                self.counts.acked.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
            "stream:error" => Err(unexpected("a stream error")),
            _ => Ok(()),
        }
    }

    async fn take_answer(&mut self, iq: &Node) -> Result<(), LoadError> {
        let id = attr(iq, "id").unwrap_or_default();
        if attr(iq, "type").as_deref() == Some("error") {
            return Err(unexpected("a request that was refused"));
        }
        let Some(number) = self.asked.remove(id.as_ref()) else {
            return Ok(());
        };
        let users = iq.get_optional_child("list").and_then(Node::children).unwrap_or_default();
        for user in users {
            let bundle = user.get_optional_child("registration");
            let bundle = bundle.and_then(|registration| KeyBundle::read(user, registration));
            let (Some(jid), Some(bundle)) = (attr_jid(user, "jid"), bundle) else {
                return Err(unexpected("another bundle"));
            };
            let peer = DeviceKey { number: jid.user.to_string(), device: jid.device };
            let LoadClient { party, dice, .. } = &mut self.client;
            let opened = party.open_session(&peer, &bundle, dice);
            opened.map_err(|error| LoadError::Unexpected(error.to_string()))?;
        }
        self.send_text(&number).await
    }

    async fn take_message(&mut self, message: &Node) -> Result<(), LoadError> {
        let enc = message.get_optional_child("enc").ok_or_else(|| unexpected("no enc"))?;
        let from = attr_jid(message, "from").ok_or_else(|| unexpected("no writer"))?;
        let peer = DeviceKey { number: from.user.to_string(), device: from.device };
        let kind = attr(enc, "type").unwrap_or_default();
        let bytes = content(enc).unwrap_or_default();
        let LoadClient { party, dice, .. } = &mut self.client;
        let opened = party.open(&peer, (&kind, bytes), dice);
        opened.map_err(|error| LoadError::Unexpected(format!("{error:?}")))?;
        self.counts.received.fetch_add(1, Ordering::Relaxed);
        let mut receipt = NodeBuilder::new("receipt")
            .attr("to", from)
            .attr("id", attr(message, "id").unwrap_or_default().into_owned());
        if attr(message, "category").is_some() {
            receipt = receipt.attr("type", "peer_msg");
        }
        self.acknowledge(message).await?;
        self.wire.send(&receipt.build()).await
    }

    async fn acknowledge(&mut self, node: &Node) -> Result<(), LoadError> {
        let mut ack = NodeBuilder::new("ack")
            .attr("class", node.tag.to_string())
            .attr("id", attr(node, "id").unwrap_or_default().into_owned())
            .attr("to", attr(node, "from").unwrap_or_default().into_owned());
        if let Some(kind) = attr(node, "type") {
            ack = ack.attr("type", kind.into_owned());
        }
        self.wire.send(&ack.build()).await
    }
}
