//! Link tickets: addresses that let a person link one instance in a browser, without a token.
//!
//! A ticket is traded once for a pass that only that browser has. So an address that was read by
//! somebody else afterwards, in a history or a log, opens nothing. Both are kept as keyed hashes,
//! in memory: a restart of the process ends them, and a new ticket is a click away.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use waygate_core::error::Error;
use waygate_core::id::InstanceId;
use waygate_core::secret::TokenText;
use waygate_core::token::TokenHash;

use crate::gateway::Gateway;

/// How long a ticket can be opened.
pub const TICKET_FOR: Duration = Duration::from_secs(10 * 60);

/// How long the browser that opened it may use it.
pub const PASS_FOR: Duration = Duration::from_secs(60 * 60);

/// Tickets of one instance at a time; the oldest one above is worth nothing.
pub const TICKETS_MAX: usize = 32;

/// A ticket that was just issued. Only this answer shows it.
#[derive(Debug, Clone)]
pub struct LinkTicket {
    /// Its text: 50 lower-case hexadecimal digits.
    pub text: TokenText,
    /// From here on it cannot be opened.
    pub expires_at: Timestamp,
}

/// What opening a ticket comes to.
#[derive(Debug, Clone)]
pub enum Opened {
    /// It was traded for this pass, which the browser has to show from now on.
    Pass(LinkPass),
    /// It is unknown, has expired, or was opened before.
    WorthNothing,
}

/// What one browser may go on with.
#[derive(Debug, Clone)]
pub struct LinkPass {
    /// Its text: 50 lower-case hexadecimal digits.
    pub text: TokenText,
    /// The instance that it lets link, and nothing else.
    pub instance: InstanceId,
    /// How long it is valid.
    pub valid_for: Duration,
}

/// The tickets of this process, by hash.
#[derive(Default)]
pub(crate) struct LinkTickets(Mutex<BTreeMap<TokenHash, Ticket>>);

struct Ticket {
    instance: InstanceId,
    issued_at: Timestamp,
    expires_at: Timestamp,
    /// The hash of its pass, once it was opened.
    pass: Option<TokenHash>,
}

impl fmt::Debug for LinkTickets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkTickets(hidden)")
    }
}

impl LinkTickets {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<TokenHash, Ticket>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, hash: TokenHash, ticket: Ticket) {
        let mut tickets = self.lock();
        tickets.retain(|_hash, it| it.expires_at > ticket.issued_at);
        let of_instance = tickets.iter().filter(|(_hash, it)| it.instance == ticket.instance);
        let mut others: Vec<(Timestamp, TokenHash)> =
            of_instance.map(|(hash, it)| (it.issued_at, *hash)).collect();
        others.sort_unstable();
        let too_many = (others.len() + 1).saturating_sub(TICKETS_MAX);
        for (_issued_at, oldest) in others.into_iter().take(too_many) {
            tickets.remove(&oldest);
        }
        tickets.insert(hash, ticket);
    }

    pub(crate) fn forget_instance(&self, instance: InstanceId) {
        self.lock().retain(|_hash, ticket| ticket.instance != instance);
    }
}

impl Gateway {
    /// Issues a ticket to link one instance.
    ///
    /// # Errors
    ///
    /// `NotFound` when the instance does not run.
    pub fn issue_link_ticket(&self, instance: InstanceId) -> Result<LinkTicket, Error> {
        self.find(instance)?;
        let (text, hash) = self.new_pass();
        let now = self.now();
        let expires_at = now + TICKET_FOR;
        let ticket = Ticket { instance, issued_at: now, expires_at, pass: None };
        self.parts().link_tickets.add(hash, ticket);
        Ok(LinkTicket { text, expires_at })
    }

    /// Trades a ticket for a pass. It happens once.
    pub fn open_link_ticket(&self, ticket: &TokenText) -> Opened {
        let hash = self.parts().keyring.token_hash(ticket);
        let (text, pass) = self.new_pass();
        let now = self.now();
        let mut tickets = self.parts().link_tickets.lock();
        match tickets.get_mut(&hash) {
            Some(found) if found.pass.is_none() && found.expires_at > now => {
                found.pass = Some(pass);
                found.expires_at = now + PASS_FOR;
                let instance = found.instance;
                Opened::Pass(LinkPass { text, instance, valid_for: PASS_FOR })
            }
            Some(_) | None => Opened::WorthNothing,
        }
    }

    /// The instance that a pass lets link, together with the ticket that it was traded for;
    /// `None` when they do not belong together, or no longer open anything.
    pub fn instance_of_link_pass(
        &self,
        ticket: &TokenText,
        pass: &TokenText,
    ) -> Option<InstanceId> {
        let keyring = &self.parts().keyring;
        let (ticket, pass) = (keyring.token_hash(ticket), keyring.token_hash(pass));
        let now = self.now();
        let tickets = self.parts().link_tickets.lock();
        // Hashes under a key of ours: how long a comparison takes tells nothing of the secret.
        tickets
            .get(&ticket)
            .filter(|found| found.pass == Some(pass) && found.expires_at > now)
            .map(|found| found.instance)
    }

    fn new_pass(&self) -> (TokenText, TokenHash) {
        // The form of an instance's token, with which it has nothing else in common.
        let text = self.new_token(waygate_core::token::TokenKind::Instance);
        let hash = self.parts().keyring.token_hash(&text);
        (text, hash)
    }
}
