//! What an order does to the world: at once, or when something comes that it is for.

use std::{sync::Arc, time::Duration};

use wacore_binary::Node;

use super::{
    DialFault, Direction, Failure, Fault, Moment, Order, StanzaKind, mutation, order::Whom,
    stanzas::is_of, words,
};
use crate::{
    certificate::ServerCertificate,
    keys::KeyPair,
    late::Pace,
    outbox::Outbox,
    receipts, stanza,
    world::{ConnectionId, DeviceKey, Stage, World},
};

/// How a connection ends by a fault.
#[derive(Debug)]
pub(crate) enum Ending {
    /// With a last stanza.
    Farewell(Node),
    /// Without a word.
    Close,
    /// As by the network; `after_all` when what was sent before still arrives.
    Cut { after_all: bool },
    /// Not at all; it is dead.
    Mute,
}

impl Ending {
    fn of(fault: &Fault, after_all: bool) -> Option<Self> {
        if let Fault::StreamError(error) = fault {
            Some(Self::Farewell(error.node()))
        } else if matches!(fault, Fault::EndStream { .. }) {
            Some(Self::Farewell(words::stream_end()))
        } else if matches!(fault, Fault::CloseConnection { .. }) {
            Some(Self::Close)
        } else if matches!(fault, Fault::CutConnection { .. }) {
            Some(Self::Cut { after_all })
        } else {
            matches!(fault, Fault::GoMute { .. }).then_some(Self::Mute)
        }
    }

    /// Whether it needs a connection that stanzas can be sent on.
    fn says_something(&self) -> bool {
        matches!(self, Self::Farewell(_))
    }
}

/// What a client is told when a request for a pairing code is refused.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RefusedCodes {
    pub(crate) reason: u16,
    pub(crate) backoff_s: Option<u32>,
}

/// A stanza as the faults have left it, and when it goes its way.
pub(crate) type Struck = (Node, Pace);

impl DeviceKey {
    fn whom(&self) -> Whom<'_> {
        Whom::Device(&self.number, self.device)
    }
}

impl World {
    /// Carries out an order, or keeps it for what it will strike.
    pub(crate) fn inject(&mut self, root: &KeyPair, order: Order) {
        if let Err(problem) = order.check() {
            tracing::warn!(%problem, "an order for a fault is none");
            return;
        }
        if order.fault.is_standing() {
            self.faults.keep(order);
            return;
        }
        let name = order.fault.name();
        let struck = if let Fault::RestartServer { down_ms } = order.fault {
            self.restart(root, down_ms)
        } else if let Fault::ClientExpiration(notice) = &order.fault {
            self.tell_present(&order, &notice.node(self.clock.unix_s()))
        } else if order.fault == Fault::RotateLeaf {
            self.rotate_leaf(root)
        } else if order.fault == Fault::ForgetSessions {
            self.forget_sessions(&order)
        } else {
            self.end_present(&order)
        };
        self.count_struck(name, struck);
    }

    fn restart(&mut self, root: &KeyPair, down_ms: u64) -> usize {
        self.end_present(&Fault::cut().into());
        self.faults.keep(Order::from(Fault::refuse_dials()).for_ms(down_ms));
        self.rotate_leaf(root)
    }

    fn count_struck(&mut self, name: &'static str, struck: usize) {
        if struck > 0 {
            *self.report.faults.entry(name.to_owned()).or_default() += struck as u64;
        }
    }

    fn rotate_leaf(&mut self, root: &KeyPair) -> usize {
        self.leaf_serial += 1;
        let certificate = ServerCertificate::issue(root, &mut self.dice, self.leaf_serial);
        self.certificate = Arc::new(certificate);
        1
    }

    fn forget_sessions(&mut self, order: &Order) -> usize {
        let phones = self.accounts.values_mut();
        let phones: Vec<_> =
            phones.filter(|account| order.is_for(Whom::Account(&account.number))).collect();
        let phones = self.faults.draw(phones, order.share());
        let struck = phones.len();
        for account in phones {
            account.phone.forget_sessions();
        }
        struck
    }

    /// The connections that an order is for, as far as they have come this far.
    fn present(&mut self, order: &Order, far: impl Fn(&Stage) -> bool) -> Vec<ConnectionId> {
        let peers = self.connections.iter().filter(|(_, peer)| far(&peer.stage));
        let struck = peers.filter(|(_, peer)| match &peer.stage {
            Stage::Registered(key) => order.is_for(key.whom()),
            // A connection that is dead belongs to nobody any more, and can still be ended.
            Stage::Handshaking | Stage::Unregistered(_) | Stage::Mute => order.is_for(Whom::Nobody),
            Stage::Leaving => false,
        });
        let struck = struck.map(|(connection, _)| *connection).collect();
        self.faults.draw(struck, order.share())
    }

    fn tell_present(&mut self, order: &Order, node: &Node) -> usize {
        let told = self.present(order, |stage| matches!(stage, Stage::Registered(_)));
        for connection in &told {
            self.send(*connection, node.clone());
        }
        told.len()
    }

    fn end_present(&mut self, order: &Order) -> usize {
        let says = Ending::of(&order.fault, false).is_some_and(|ending| ending.says_something());
        let hears = |stage: &Stage| !matches!(stage, Stage::Handshaking | Stage::Mute);
        let struck = self.present(order, |stage| !says || hears(stage));
        for connection in &struck {
            if let Some(ending) = Ending::of(&order.fault, false) {
                self.finish(*connection, ending);
            }
        }
        struck.len()
    }

    /// Ends a connection. What its client had not said yet, it can say on the next.
    pub(crate) fn finish(&mut self, connection: ConnectionId, ending: Ending) {
        let stage = match ending {
            Ending::Farewell(node) => return self.end(connection, Some(node)),
            Ending::Close => return self.end(connection, None),
            Ending::Cut { .. } => Stage::Leaving,
            Ending::Mute => Stage::Mute,
        };
        self.go_offline(connection);
        let Some(peer) = self.connections.get_mut(&connection) else {
            return;
        };
        peer.stage = stage;
        if let Ending::Cut { after_all } = ending {
            if after_all { peer.outbox.cut_after_all() } else { peer.outbox.cut() }
        }
    }

    /// Takes a share of an order that stands.
    fn strike<T>(&mut self, whom: Whom<'_>, pick: impl Fn(&Fault) -> Option<T>) -> Option<T> {
        let (name, picked) = self.faults.strike(whom, pick)?;
        self.count_struck(name, 1);
        Some(picked)
    }

    /// What happens to the next dial.
    pub(crate) fn strike_dial(&mut self) -> Option<DialFault> {
        self.strike(Whom::Nobody, |fault| {
            if let Fault::RefuseDials { status } = fault {
                Some(DialFault::Refuse { status: *status })
            } else {
                matches!(fault, Fault::HangDials).then_some(DialFault::Hang)
            }
        })
    }

    /// What a device is told in place of being let in.
    pub(crate) fn strike_login(&mut self, number: &str, device: u16) -> Option<Failure> {
        self.strike(Whom::Device(number, device), |fault| {
            if let Fault::RefuseLogins(failure) = fault { Some(failure.clone()) } else { None }
        })
    }

    /// What a client is told in place of refs.
    pub(crate) fn strike_registration(&mut self) -> Option<Failure> {
        self.strike(Whom::Nobody, |fault| {
            if let Fault::RefuseRegistrations(failure) = fault {
                Some(failure.clone())
            } else {
                None
            }
        })
    }

    /// The answer to a request for a pairing code of an account.
    pub(crate) fn strike_code(&mut self, number: &str) -> Option<RefusedCodes> {
        self.strike(Whom::Account(number), |fault| {
            if let Fault::RefuseCodes { reason, backoff_s } = fault {
                Some(RefusedCodes { reason: *reason, backoff_s: *backoff_s })
            } else {
                None
            }
        })
    }

    /// The error that a device's message is answered with.
    pub(crate) fn strike_message(&mut self, key: &DeviceKey) -> Option<u16> {
        self.strike(key.whom(), |fault| {
            if let Fault::RefuseMessages { error } = fault { Some(*error) } else { None }
        })
    }

    /// How long an account's phone takes for what it does next.
    pub(crate) fn strike_phone(&mut self, number: &str) -> Option<Duration> {
        self.strike(Whom::Account(number), |fault| {
            if let Fault::SlowPhone { by_ms } = fault {
                Some(Duration::from_millis(*by_ms))
            } else {
                None
            }
        })
    }

    /// How a device's connection ends at this moment.
    pub(crate) fn strike_moment(&mut self, moment: Moment, key: &DeviceKey) -> Option<Ending> {
        let after_all = matches!(moment, Moment::AfterAck | Moment::AfterClientAck);
        self.strike(key.whom(), |fault| {
            if fault.moment() == Some(moment) { Ending::of(fault, after_all) } else { None }
        })
    }

    /// Puts a stanza into an outbox, as the faults will have it.
    pub(crate) fn send_struck(&mut self, connection: ConnectionId, node: Node, outbox: &Outbox) {
        let struck = self.strike_stanza(connection, Direction::ToClient, node);
        if let [_, (twice, _)] = struck.as_slice()
            && let Some(id) = stanza::attr(twice, "id")
            && let Some(peer) = self.connections.get_mut(&connection)
        {
            peer.doubled.insert(id.into_owned());
        }
        for (node, pace) in struck {
            outbox.send_at(pace, node);
        }
    }

    /// What becomes of a stanza that has come from a client.
    pub(crate) fn intake(&mut self, connection: ConnectionId, node: Node) -> Vec<Struck> {
        if self.faults.is_empty() {
            return vec![(node, Pace::AtOnce)];
        }
        let receipt = (node.tag == "receipt").then(|| receipts::ids(&node)).flatten();
        let taken = self.strike_stanza(connection, Direction::FromClient, node);
        if taken.iter().all(|(_, pace)| *pace != Pace::AtOnce) {
            // Its client has said it, whatever becomes of it.
            for id in receipt.unwrap_or_default() {
                self.note_settled(connection, &id);
            }
        }
        taken
    }

    fn strike_stanza(
        &mut self,
        connection: ConnectionId,
        direction: Direction,
        mut node: Node,
    ) -> Vec<Struck> {
        let stage = self.connections.get(&connection).map(|peer| &peer.stage);
        let key = if let Some(Stage::Registered(key)) = stage { Some(key.clone()) } else { None };
        let whom = key.as_ref().map_or(Whom::Nobody, DeviceKey::whom);
        let about = |way: Direction, kind: Option<StanzaKind>, node: &Node| {
            way == direction && is_of(node, kind)
        };
        let lost = self.strike(whom, |fault| {
            let Fault::Drop { direction, stanza } = fault else { return None };
            about(*direction, *stanza, &node).then_some(())
        });
        if lost.is_some() {
            return Vec::new();
        }
        let pace = self.strike(whom, |fault| {
            if let Fault::Delay { by_ms, direction, stanza } = fault {
                let by = Duration::from_millis(*by_ms);
                about(*direction, *stanza, &node).then_some(Pace::After(by))
            } else if let Fault::Reorder { direction, stanza } = fault {
                about(*direction, *stanza, &node).then_some(Pace::BehindNext)
            } else {
                None
            }
        });
        let twice = self.strike(whom, |fault| {
            let Fault::Duplicate { direction, stanza } = fault else { return None };
            about(*direction, *stanza, &node).then_some(())
        });
        let mutated = self.strike(whom, |fault| {
            let Fault::Mutate { stanza } = fault else { return None };
            about(Direction::ToClient, *stanza, &node).then_some(())
        });
        if mutated.is_some() {
            node = mutation::mutate(&node, &mut self.faults.dice);
        }
        let pace = pace.unwrap_or(Pace::AtOnce);
        let mut struck = vec![(node.clone(), pace)];
        if twice.is_some() {
            struck.push((node, pace));
        }
        struck
    }
}
