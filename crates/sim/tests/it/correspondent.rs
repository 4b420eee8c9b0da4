//! A companion that writes and reads messages, as far as a test does not do it by hand.

use wacore_binary::{Jid, Node, Server, builder::NodeBuilder};
use wacore_libsignal::protocol::{
    DeviceId, IdentityKey, PreKeyBundle, PreKeyId, PublicKey, SignedPreKeyId,
};
use waproto::{
    buffa::{Message as _, MessageField},
    whatsapp::{Message, message::DeviceSentMessage},
};
use waygate_sim::{Phone, Sim};

use crate::{
    companion::Companion,
    linking::upload,
    signal::{Sessions, address},
    stream::{Stream, content, error_code, leaf, text},
};

/// A linked device that is online, has uploaded its keys and was greeted.
pub(crate) struct Correspondent {
    pub(crate) device: Companion,
    pub(crate) stream: Stream,
    pub(crate) sessions: Sessions,
    pub(crate) number: String,
    pub(crate) lid: String,
    pub(crate) own: u16,
    last: u32,
}

impl Correspondent {
    pub(crate) async fn online(sim: &Sim, phone: &Phone, seed: u64) -> Self {
        let mut device = Companion::new(seed);
        let linked = device.link(sim, phone).await;
        let mut stream = device.log_in(sim).await;
        assert_eq!(upload(&device, &mut stream).await, 0);
        let (sessions, number) = (Sessions::default(), phone.number().to_owned());
        let (lid, own) = (phone.lid(), linked.device);
        let mut own = Self { device, stream, sessions, number, lid, own, last: 0 };
        own.be_active().await;
        let greeting = own.next_message().await;
        own.read(&greeting).await;
        own.tell(&greeting, Some("peer_msg")).await;
        own
    }

    /// Comes back on a new connection and asks for what has waited.
    pub(crate) async fn come_back(&mut self, sim: &Sim) {
        self.stream = self.device.log_in(sim).await;
        self.be_active().await;
    }

    async fn be_active(&mut self) {
        let active = NodeBuilder::new("active").build();
        let answer = self.stream.request("set", "passive", Some(active)).await;
        assert_eq!(error_code(&answer), 0);
    }

    /// The device's own address in a chat, under the name of the same kind as the other's.
    pub(crate) fn jid_beside(&self, chat: &Jid) -> Jid {
        if chat.server == Server::Lid {
            Jid::lid_device(self.lid.as_str(), self.own)
        } else {
            Jid::pn_device(self.number.as_str(), self.own)
        }
    }

    /// The next message; whatever else comes before it is dropped.
    pub(crate) async fn next_message(&mut self) -> Node {
        self.stream.next_of("message").await
    }

    /// Decrypts a message.
    pub(crate) async fn read(&mut self, message: &Node) -> Message {
        let from = message.attrs.get("from").unwrap().to_jid().unwrap();
        let enc = message.get_optional_child("enc").unwrap();
        let (kind, sealed) = (text(enc, "type"), content(enc));
        let from = address(&number_of(&from, message), from.device);
        let plaintext = self.sessions.open(&self.device, &from, (&kind, &sealed)).await.unwrap();
        Message::decode_from_slice(&plaintext).unwrap()
    }

    /// Sends a receipt of a message and sees it acknowledged.
    pub(crate) async fn tell(&mut self, message: &Node, kind: Option<&str>) {
        let id = text(message, "id");
        self.stream.send(&receipt(message, kind)).await;
        loop {
            let ack = self.stream.next_of("ack").await;
            if text(&ack, "class") == "receipt" && text(&ack, "id") == id {
                return;
            }
        }
    }

    /// Waits until the server has taken everything that was sent; returns what it said meanwhile.
    pub(crate) async fn settle(&mut self) -> Vec<Node> {
        self.stream.request("get", "w:p", None).await;
        self.stream.take_set_aside()
    }

    /// A fresh id.
    pub(crate) fn next_id(&mut self) -> String {
        self.last += 1;
        format!("3EB0{}{}{}", self.number, self.own, self.last)
    }

    /// All devices of a chat but this one, as the server lists them.
    pub(crate) async fn readers(&mut self, chat: &Jid) -> Vec<Jid> {
        let own = self.jid_beside(chat);
        let mut asked = vec![chat.clone()];
        asked.extend(Some(own.to_non_ad()).filter(|own| own != chat));
        let users = asked.iter().map(|jid| NodeBuilder::new("user").attr("jid", jid).build());
        let devices = NodeBuilder::new("devices").attr("version", "2").build();
        let usync = NodeBuilder::new("usync")
            .attr("sid", "s")
            .attr("mode", "query")
            .attr("context", "message")
            .attr("last", "true")
            .attr("index", "0")
            .children([node("query", [devices]), node("list", users)])
            .build();
        let answer = self.stream.request("get", "usync", Some(usync)).await;
        let users = answer.get_optional_child_by_tag(&["usync", "list"]).unwrap();
        let mut readers = Vec::new();
        for user in users.children().unwrap() {
            let jid = user.attrs.get("jid").unwrap().to_jid().unwrap();
            let list = user.get_optional_child_by_tag(&["devices", "device-list"]).unwrap();
            for device in list.children().unwrap() {
                let mut jid = jid.clone();
                jid.device = text(device, "id").parse().unwrap();
                readers.push(jid);
            }
        }
        readers.retain(|reader| *reader != own);
        readers
    }

    /// Opens a session with a device by the keys that the server gives out.
    pub(crate) async fn begin(&mut self, jid: &Jid, number: &str) {
        let user = NodeBuilder::new("user").attr("jid", jid).build();
        let key = node("key", [user]);
        let answer = self.stream.request("get", "encrypt", Some(key)).await;
        let user = answer.get_optional_child_by_tag(&["list", "user"]).unwrap();
        let bundle = bundle(user, user.get_optional_child("registration").unwrap());
        self.sessions.begin(&self.device, &address(number, jid.device), &bundle).await;
    }

    /// Encrypts bytes for a device as the child of a `<to>`, and opens a session before if there is
    /// none.
    pub(crate) async fn seal(&mut self, jid: &Jid, number: &str, plaintext: &[u8]) -> Node {
        let to = address(number, jid.device);
        if !self.sessions.has(&to) {
            self.begin(jid, number).await;
        }
        let (kind, sealed) = self.sessions.seal(&self.device, &to, plaintext).await;
        NodeBuilder::new("enc").attr("v", "2").attr("type", kind).bytes(sealed).build()
    }

    /// A text for all devices of a chat, ready to be sent.
    pub(crate) async fn letter(&mut self, chat: &Jid, number: &str, words: &str) -> Node {
        self.letter_of(chat, number, &said(words)).await
    }

    /// As [`Correspondent::letter`], of any message.
    pub(crate) async fn letter_of(&mut self, chat: &Jid, number: &str, message: &Message) -> Node {
        let mut copies = Vec::new();
        for reader in self.readers(chat).await {
            let own = reader.user == self.jid_beside(chat).user;
            let plaintext = if own { sent_of(chat, message) } else { message.clone() };
            let number = if own { self.number.clone() } else { number.to_owned() };
            let enc = self.seal(&reader, &number, &padded(&plaintext)).await;
            copies.push(to(&reader, enc));
        }
        let id = self.next_id();
        self.message(chat, &id, node("participants", copies))
    }

    /// A message around its content.
    pub(crate) fn message(&self, to: &Jid, id: &str, content: Node) -> Node {
        NodeBuilder::new("message")
            .attr("to", to)
            .attr("id", id)
            .attr("type", "text")
            .children([content, leaf("device-identity", &self.device.signed_identity)])
            .build()
    }

    /// Writes a text to a number, sees it acknowledged, and returns its id.
    pub(crate) async fn write(&mut self, number: &str, words: &str) -> String {
        let letter = self.letter(&Jid::pn(number), number, words).await;
        let ack = self.hand_in(&letter).await;
        assert_eq!((text(&ack, "error"), text(&ack, "phash")), (String::new(), String::new()));
        text(&letter, "id")
    }

    /// Sends a message and returns the server's ack of it; what comes in between is kept.
    pub(crate) async fn hand_in(&mut self, message: &Node) -> Node {
        self.stream.send(message).await;
        self.stream.ack_of(&text(message, "id")).await
    }
}

/// The number of who wrote a message, however it is addressed.
fn number_of(from: &Jid, message: &Node) -> String {
    match message.attrs.get("sender_pn") {
        Some(number) => number.to_jid().unwrap().user.to_string(),
        None => from.user.to_string(),
    }
}

pub(crate) fn node(tag: &'static str, children: impl IntoIterator<Item = Node>) -> Node {
    NodeBuilder::new(tag).children(children).build()
}

/// One participant.
pub(crate) fn to(jid: &Jid, enc: Node) -> Node {
    NodeBuilder::new("to").attr("jid", jid).children([enc]).build()
}

/// A receipt of a message, as its reader sends it.
pub(crate) fn receipt(message: &Node, kind: Option<&str>) -> Node {
    let mut receipt = NodeBuilder::new("receipt")
        .attr("to", message.attrs.get("from").unwrap().clone())
        .attr("id", text(message, "id"));
    if let Some(kind) = kind {
        receipt = receipt.attr("type", kind);
    }
    receipt.build()
}

/// A text.
pub(crate) fn said(words: &str) -> Message {
    Message { conversation: Some(words.to_owned()), ..Message::default() }
}

/// A text as the writer's own devices are told of it.
pub(crate) fn sent(chat: &Jid, words: &str) -> Message {
    sent_of(chat, &said(words))
}

fn sent_of(chat: &Jid, message: &Message) -> Message {
    let sent = DeviceSentMessage {
        destination_jid: Some(chat.to_string()),
        message: MessageField::some(message.clone()),
        ..DeviceSentMessage::default()
    };
    Message { device_sent_message: MessageField::some(sent), ..Message::default() }
}

/// A message with its padding.
pub(crate) fn padded(message: &Message) -> Vec<u8> {
    let mut plaintext = message.encode_to_vec();
    plaintext.extend([3, 3, 3]);
    plaintext
}

/// The keys of a device, from a bundle of the server's or a wish for a message again.
pub(crate) fn bundle(keys: &Node, registration: &Node) -> PreKeyBundle {
    let number = |bytes: &[u8]| bytes.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte));
    let public = |node: &Node, tag: &str| {
        let bytes = content(node.get_optional_child(tag).unwrap());
        PublicKey::from_djb_public_key_bytes(&bytes).unwrap()
    };
    let id = |node: &Node| number(&content(node.get_optional_child("id").unwrap()));
    let skey = keys.get_optional_child("skey").unwrap();
    let one_time = keys.get_optional_child("key");
    PreKeyBundle::new(
        number(&content(registration)),
        DeviceId::from(0),
        one_time.map(|key| (PreKeyId::from(id(key)), public(key, "value"))),
        SignedPreKeyId::from(id(skey)),
        public(skey, "value"),
        content(skey.get_optional_child("signature").unwrap()),
        IdentityKey::new(public(keys, "identity")),
    )
    .unwrap()
}
