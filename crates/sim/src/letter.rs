//! A message on its way: what all of its copies have in common, and how a copy reaches its device
//! (docs/internals/sim.md, "Messages").

use wacore_binary::{Jid, Node, Server, builder::NodeBuilder};

use crate::{
    account::Queued,
    session, slow_phone,
    world::{DeviceKey, World},
};

/// Under which of its two names an account is spoken of in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Addressing {
    Number,
    Lid,
}

impl Addressing {
    /// That of an address; `None` for the address of something else than an account.
    pub(crate) fn of(jid: &Jid) -> Option<Self> {
        if jid.server == Server::Pn {
            Some(Self::Number)
        } else {
            (jid.server == Server::Lid).then_some(Self::Lid)
        }
    }

    fn mode(self) -> &'static str {
        match self {
            Self::Number => "pn",
            Self::Lid => "lid",
        }
    }

    fn other(self) -> Self {
        match self {
            Self::Number => Self::Lid,
            Self::Lid => Self::Number,
        }
    }
}

/// What all copies of one message have in common.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    pub(crate) id: String,
    pub(crate) from: DeviceKey,
    /// The account that it was written to; the sender's own when it is between its devices.
    pub(crate) chat: String,
    pub(crate) addressing: Addressing,
    /// Between the devices of one account, and no part of any chat.
    pub(crate) peer: bool,
    /// The attributes that are handed on as they are.
    pub(crate) attrs: Vec<(&'static str, String)>,
    pub(crate) meta: Option<Node>,
}

/// One device's copy of a letter.
#[derive(Debug, Clone)]
pub(crate) struct LetterCopy {
    pub(crate) to: DeviceKey,
    pub(crate) enc: Node,
    /// The sender's signed identity, which a `pkmsg` of a companion comes with.
    pub(crate) identity: Option<Vec<u8>>,
}

impl World {
    /// A device's address.
    pub(crate) fn jid(&self, key: &DeviceKey, addressing: Addressing) -> Option<Jid> {
        let account = self.accounts.get(&key.number)?;
        Some(match addressing {
            Addressing::Number => account.jid(key.device),
            Addressing::Lid => account.lid_jid(key.device),
        })
    }

    /// An account's address.
    pub(crate) fn account_jid(&self, number: &str, addressing: Addressing) -> Option<Jid> {
        self.jid(&DeviceKey { number: number.to_owned(), device: 0 }, addressing)
    }

    /// Whether there is such a device now; a phone always is.
    pub(crate) fn has_device(&self, key: &DeviceKey) -> bool {
        self.accounts
            .get(&key.number)
            .is_some_and(|account| key.device == 0 || account.devices.contains_key(&key.device))
    }

    /// The devices that a letter goes to when nobody is forgotten: all those of both accounts but
    /// the one that wrote it.
    pub(crate) fn readers(&self, from: &DeviceKey, chat: &str) -> Vec<DeviceKey> {
        let mut numbers = vec![chat];
        if from.number != chat {
            numbers.push(&from.number);
        }
        let accounts = numbers.into_iter().filter_map(|number| self.accounts.get(number));
        accounts.flat_map(devices_of).filter(|device| device != from).collect()
    }

    /// Brings each copy to its device. Phones get theirs last: they read at once and say so, which nobody
    /// hears before the message itself.
    pub(crate) fn deliver_all(&mut self, letter: &Letter, copies: &[LetterCopy]) {
        let (phones, companions): (Vec<_>, Vec<_>) =
            copies.iter().partition(|copy| copy.to.device == 0);
        for copy in companions.into_iter().chain(phones) {
            self.deliver(letter, copy);
        }
    }

    /// Brings a copy to its device: at once when that is there and wants it, else later.
    pub(crate) fn deliver(&mut self, letter: &Letter, copy: &LetterCopy) {
        if copy.to.device == 0 {
            slow_phone::receive(self, letter, copy);
            return;
        }
        let Some(node) = self.stanza_of(letter, copy) else {
            return;
        };
        session::queue(self, &copy.to, Queued::letter(letter.clone(), node));
    }

    fn stanza_of(&self, letter: &Letter, copy: &LetterCopy) -> Option<Node> {
        let addressing = letter.addressing;
        let mut stanza = NodeBuilder::new("message")
            .attr("from", self.jid(&letter.from, addressing)?)
            .attr("id", letter.id.as_str())
            .attr("t", self.clock.unix_s());
        for (name, value) in &letter.attrs {
            stanza = stanza.attr(name, value.as_str());
        }
        if letter.peer {
            stanza = stanza.attr("category", "peer");
        } else if copy.to.number == letter.from.number {
            let alias = match addressing {
                Addressing::Number => "peer_recipient_lid",
                Addressing::Lid => "peer_recipient_pn",
            };
            stanza = stanza
                .attr("recipient", self.account_jid(&letter.chat, addressing)?)
                .attr("addressing_mode", addressing.mode())
                .attr(alias, self.account_jid(&letter.chat, addressing.other())?);
        } else {
            let alias = match addressing {
                Addressing::Number => "sender_lid",
                Addressing::Lid => "sender_pn",
            };
            let sender = self.accounts.get(&letter.from.number)?;
            stanza = stanza
                .attr("notify", sender.push_name.as_str())
                .attr("addressing_mode", addressing.mode())
                .attr(alias, self.account_jid(&letter.from.number, addressing.other())?);
        }
        let mut content = vec![copy.enc.clone()];
        content.extend(
            copy.identity.as_ref().map(|identity| {
                NodeBuilder::new("device-identity").bytes(identity.clone()).build()
            }),
        );
        content.extend(letter.meta.clone());
        Some(stanza.children(content).build())
    }
}

fn devices_of(account: &crate::account::Account) -> impl Iterator<Item = DeviceKey> {
    let key = |device| DeviceKey { number: account.number.clone(), device };
    std::iter::once(0).chain(account.devices.keys().copied()).map(key)
}
