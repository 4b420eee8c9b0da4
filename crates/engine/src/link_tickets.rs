//! Use cases of link tickets: addresses that let a person link one instance in a browser, without a
//! token.
//!
//! A ticket is traded once for a pass that only that browser has. So an address that was read by
//! somebody else afterwards, in a history or a log, opens nothing. Both are kept as keyed hashes, and
//! outlive the process: an address that was sent to a customer stays good for as long as was said.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use waygate_core::error::{Error, Kind};
use waygate_core::event::{Event, EventKind, EventName, LinkTicketStepped};
use waygate_core::id::{InstanceId, LinkTicketId};
use waygate_core::link_ticket::{
    LinkTerms, LinkTicket, LinkTicketStep, TicketEnd, TicketEnding, TicketOpening,
};
use waygate_core::port::kept_answers::Creation;
use waygate_core::secret::TokenText;
use waygate_core::token::{TokenHash, TokenKind};

use crate::gateway::Gateway;
use crate::idempotency::Keeping;

/// How long a ticket can be opened, unless its owner says otherwise.
pub const TICKET_FOR: Duration = Duration::from_secs(10 * 60);

/// The shortest such time.
pub const TICKET_FOR_MIN: Duration = Duration::from_secs(60);

/// The longest such time.
pub const TICKET_FOR_MAX: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// How long the browser that opened it may use it, unless its owner says otherwise.
pub const PASS_FOR: Duration = Duration::from_secs(60 * 60);

/// The shortest such time.
pub const PASS_FOR_MIN: Duration = Duration::from_secs(60);

/// The longest such time.
pub const PASS_FOR_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// Tickets of one instance at a time. One above takes the place of the one that would end first.
pub const TICKETS_MAX: usize = 32;

/// How long a ticket can be told of after its end.
pub const ENDED_KEPT_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// How often tickets whose time is over are told of as expired.
const LAPSE_EVERY: Duration = Duration::from_secs(30);

/// A ticket to be issued.
#[derive(Debug, Clone)]
pub struct NewLinkTicket {
    /// How long it can be opened: [`TICKET_FOR_MIN`] to [`TICKET_FOR_MAX`].
    pub valid_for: Duration,
    /// How long the browser that opened it may use it: [`PASS_FOR_MIN`] to [`PASS_FOR_MAX`].
    pub session: Duration,
    /// What its page is to be like.
    pub terms: LinkTerms,
}

impl Default for NewLinkTicket {
    fn default() -> Self {
        Self { valid_for: TICKET_FOR, session: PASS_FOR, terms: LinkTerms::default() }
    }
}

/// A ticket that was just issued. Only this answer shows its text.
#[derive(Debug, Clone)]
pub struct IssuedLinkTicket {
    /// By which its owner calls it.
    pub id: LinkTicketId,
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
    /// It opens nothing.
    Worthless(Worthless),
}

/// What one browser may go on with.
#[derive(Debug, Clone)]
pub struct LinkPass {
    /// Its text: 50 lower-case hexadecimal digits.
    pub text: TokenText,
    /// What it is good for.
    pub visit: LinkVisit,
    /// How long it is valid.
    pub valid_for: Duration,
}

/// Why a ticket opens nothing. Only who has its text is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worthless {
    /// There is none, or none any more.
    Unknown,
    /// Its time is over.
    Expired,
    /// A browser opened it before; another one than this.
    Used,
    /// Its owner took it back.
    Revoked,
}

/// Somebody who may link one instance, and nothing else: a browser with a ticket and its pass.
#[derive(Debug, Clone)]
pub struct LinkVisit(Arc<LinkTicket>);

impl LinkVisit {
    fn of(ticket: LinkTicket) -> Self {
        Self(Arc::new(ticket))
    }

    /// What may be linked.
    pub fn instance(&self) -> InstanceId {
        self.0.instance
    }

    /// By which ticket.
    pub fn ticket(&self) -> LinkTicketId {
        self.0.id
    }

    /// Until when.
    pub fn expires_at(&self) -> Timestamp {
        self.0.expires_at
    }
}

impl Gateway {
    /// Issues a ticket to link one instance.
    ///
    /// # Errors
    ///
    /// `NotFound` when the instance does not run, `Invalid` for a time that is too short or too long.
    pub async fn issue_link_ticket(
        &self,
        instance: InstanceId,
        new: NewLinkTicket,
    ) -> Result<IssuedLinkTicket, Error> {
        self.issue_link_ticket_keeping(instance, new, None).await
    }

    /// The same, with its answer kept in the same transaction.
    ///
    /// # Errors
    ///
    /// As [`Gateway::issue_link_ticket`].
    pub async fn issue_link_ticket_keeping(
        &self,
        instance: InstanceId,
        new: NewLinkTicket,
        keeping: Option<Keeping<IssuedLinkTicket>>,
    ) -> Result<IssuedLinkTicket, Error> {
        self.find(instance)?;
        if !(TICKET_FOR_MIN..=TICKET_FOR_MAX).contains(&new.valid_for) {
            return Err(Error::new(Kind::Invalid, "a link ticket is valid for 1 minute to 7 days"));
        }
        if !(PASS_FOR_MIN..=PASS_FOR_MAX).contains(&new.session) {
            return Err(Error::new(Kind::Invalid, "a link page is open for 1 minute to 24 hours"));
        }
        let id = LinkTicketId::from_random_bytes(self.parts().dice.bytes());
        let (text, hash) = self.new_pass();
        let now = self.now();
        let terms = serde_json::to_vec(&new.terms).map_err(unwritable)?;
        let ticket = LinkTicket {
            id,
            instance,
            hash,
            terms: self.parts().keyring.seal(&sealed_at(id), &terms, &self.parts().dice)?,
            session_s: u32::try_from(new.session.as_secs()).unwrap_or(u32::MAX),
            issued_at: now,
            expires_at: now + new.valid_for,
            opened: None,
            ended: None,
        };
        let issued = IssuedLinkTicket { id, text, expires_at: ticket.expires_at };
        self.make_room(instance).await?;
        self.create(Creation::LinkTicket(Box::new(ticket)), &issued, keeping.as_ref()).await?;
        self.tell_ticket(instance, id, LinkTicketStep::Issued).await;
        tracing::info!(%instance, ticket = %id, "a link ticket was issued");
        Ok(issued)
    }

    /// Ends those above [`TICKETS_MAX`], counting one that is about to come.
    async fn make_room(&self, instance: InstanceId) -> Result<(), Error> {
        let now = self.now();
        let tickets = self.parts().ports.link_tickets.link_tickets(instance).await?;
        let mut open: Vec<LinkTicket> =
            tickets.into_iter().filter(|it| it.ended.is_none() && it.expires_at > now).collect();
        open.sort_by_key(|ticket| ticket.expires_at);
        let too_many = (open.len() + 1).saturating_sub(TICKETS_MAX);
        for ticket in open.into_iter().take(too_many) {
            self.end_ticket(&ticket, TicketEnd::Revoked).await?;
        }
        Ok(())
    }

    /// Trades a ticket for a pass. It happens once.
    ///
    /// # Errors
    ///
    /// `Internal` when the store fails.
    pub async fn open_link_ticket(&self, text: &TokenText) -> Result<Opened, Error> {
        let tickets = &self.parts().ports.link_tickets;
        let hash = self.parts().keyring.token_hash(text);
        let Some(mut ticket) = tickets.find_link_ticket(hash).await? else {
            return Ok(Opened::Worthless(Worthless::Unknown));
        };
        let (text, pass) = self.new_pass();
        let now = self.now();
        let valid_for = Duration::from_secs(ticket.session_s.into());
        let (opening, expires_at) = (TicketOpening { pass, at: now }, now + valid_for);
        if !tickets.open_link_ticket(ticket.id, opening, expires_at).await? {
            // As it is now: somebody may have been quicker.
            let found = tickets.find_link_ticket(hash).await?;
            let why = found.map_or(Worthless::Unknown, |found| why_worthless(&found, now));
            return Ok(Opened::Worthless(why));
        }
        (ticket.opened, ticket.expires_at) = (Some(opening), expires_at);
        self.tell_ticket(ticket.instance, ticket.id, LinkTicketStep::Opened).await;
        Ok(Opened::Pass(LinkPass { text, visit: LinkVisit::of(ticket), valid_for }))
    }

    /// Who comes with a ticket and the pass that it was traded for; `None` when they do not belong
    /// together, or no longer open anything.
    ///
    /// # Errors
    ///
    /// `Internal` when the store fails.
    pub async fn link_visit(
        &self,
        ticket: &TokenText,
        pass: &TokenText,
    ) -> Result<Option<LinkVisit>, Error> {
        let keyring = &self.parts().keyring;
        let (hash, pass) = (keyring.token_hash(ticket), keyring.token_hash(pass));
        let found = self.parts().ports.link_tickets.find_link_ticket(hash).await?;
        let now = self.now();
        // Hashes under a key of ours: how long a comparison takes tells nothing of the secret.
        let opens = |it: &LinkTicket| {
            it.opened.is_some_and(|opening| opening.pass == pass) && is_open(it, now)
        };
        Ok(found.filter(opens).map(LinkVisit::of))
    }

    /// What the page of a ticket is to be like.
    ///
    /// # Errors
    ///
    /// `Internal` when it cannot be read.
    pub fn link_terms(&self, visit: &LinkVisit) -> Result<LinkTerms, Error> {
        let sealed = self.parts().keyring.open(&sealed_at(visit.0.id), &visit.0.terms)?;
        serde_json::from_slice(&sealed).map_err(unwritable)
    }

    /// Completes when a visit is over: its ticket was taken back, its time has passed, or its instance
    /// is gone. For answers that go on for longer than a moment.
    pub async fn until_visit_ends(&self, visit: &LinkVisit) {
        let mut told = self.parts().revocations.watch();
        loop {
            let found = self.parts().ports.link_tickets.find_link_ticket(visit.0.hash).await;
            let now = self.now();
            // What cannot be read is not known to have ended.
            let left = match found {
                Ok(Some(ticket)) if is_open(&ticket, now) => ticket.expires_at,
                Ok(_ended) => return,
                Err(_unknown) => visit.0.expires_at,
            };
            if left <= now {
                return;
            }
            told.next(Some(now.duration_until(left))).await;
        }
    }

    /// The tickets of an instance in the order in which they were issued, ended ones for
    /// [`ENDED_KEPT_FOR`].
    ///
    /// # Errors
    ///
    /// `Internal` when the store fails.
    pub async fn list_link_tickets(&self, instance: InstanceId) -> Result<Vec<LinkTicket>, Error> {
        self.parts().ports.link_tickets.link_tickets(instance).await
    }

    /// What happened to an instance's tickets, newest first, at most `limit`.
    ///
    /// # Errors
    ///
    /// `Internal` when the store fails.
    pub async fn link_ticket_history(
        &self,
        instance: InstanceId,
        limit: u32,
    ) -> Result<Vec<Event>, Error> {
        self.parts().ports.journal.newest(instance, EventName::LinkTicket, None, limit).await
    }

    /// Takes a ticket back. The page that it opened ends, and so does what it has begun: a code that
    /// it shows is worth nothing any more.
    ///
    /// # Errors
    ///
    /// `NotFound` when the instance has no such ticket, or it has ended before.
    pub async fn revoke_link_ticket(
        &self,
        instance: InstanceId,
        ticket: LinkTicketId,
    ) -> Result<(), Error> {
        let missing = || Error::new(Kind::NotFound, "there is no such link ticket");
        let own = self.list_link_tickets(instance).await?;
        let found = own.iter().find(|it| it.id == ticket).ok_or_else(missing)?;
        let in_time = is_open(found, self.now());
        if in_time && self.end_ticket(found, TicketEnd::Revoked).await? {
            Ok(())
        } else {
            Err(missing())
        }
    }

    /// Takes back all tickets of an instance, since whoever could issue them may not any more.
    pub(crate) async fn revoke_link_tickets(&self, instance: InstanceId) -> Result<(), Error> {
        for ticket in self.list_link_tickets(instance).await? {
            if ticket.ended.is_none() {
                self.end_ticket(&ticket, TicketEnd::Revoked).await?;
            }
        }
        Ok(())
    }

    /// `false` when it had ended before.
    async fn end_ticket(&self, ticket: &LinkTicket, why: TicketEnd) -> Result<bool, Error> {
        let ending = TicketEnding { why, at: self.now() };
        if !self.parts().ports.link_tickets.end_link_ticket(ticket.id, ending).await? {
            return Ok(false);
        }
        self.parts().revocations.tell();
        self.parts().attempts.give_up_of(ticket.id);
        let step = match why {
            TicketEnd::Expired => LinkTicketStep::Expired,
            TicketEnd::Revoked => LinkTicketStep::Revoked,
        };
        self.tell_ticket(ticket.instance, ticket.id, step).await;
        Ok(true)
    }

    /// Writes a step of a ticket into its instance's journal. What cannot be written keeps nobody from
    /// linking.
    pub(crate) async fn tell_ticket(
        &self,
        instance: InstanceId,
        ticket: LinkTicketId,
        step: LinkTicketStep,
    ) {
        let kind = EventKind::LinkTicket(LinkTicketStepped { ticket, step });
        if let Err(error) = self.parts().ports.journal.note(instance, self.now(), kind).await {
            let cause = error.with_causes();
            tracing::warn!(%instance, %ticket, cause, "a link ticket's step was not written down");
        }
    }

    /// Tells of tickets whose time is over, from now on until the process ends.
    pub(crate) fn watch_link_tickets(&self) {
        let (gateway, stop) = (self.clone(), self.parts().tasks.stop_token());
        self.parts().tasks.start("link tickets", async move {
            loop {
                if let Err(error) = gateway.expire_link_tickets().await {
                    let cause = error.with_causes();
                    tracing::error!(cause, "link tickets that expired could not be ended");
                }
                if stop.run_until_cancelled(tokio::time::sleep(LAPSE_EVERY)).await.is_none() {
                    return;
                }
            }
        });
    }

    /// Ends the tickets whose time is over.
    ///
    /// # Errors
    ///
    /// `Internal` when the store fails.
    pub async fn expire_link_tickets(&self) -> Result<(), Error> {
        for ticket in self.parts().ports.link_tickets.lapsed_link_tickets(self.now()).await? {
            self.end_ticket(&ticket, TicketEnd::Expired).await?;
        }
        Ok(())
    }

    /// Forgets tickets that ended [`ENDED_KEPT_FOR`] ago.
    pub(crate) async fn forget_link_tickets(&self) {
        let tickets = &self.parts().ports.link_tickets;
        if let Err(error) = tickets.forget_link_tickets(self.now() - ENDED_KEPT_FOR).await {
            let cause = error.with_causes();
            tracing::error!(cause, "link tickets that ended could not be forgotten");
        }
    }

    fn new_pass(&self) -> (TokenText, TokenHash) {
        // The form of an instance's token, with which it has nothing else in common.
        let text = self.new_token(TokenKind::Instance);
        let hash = self.parts().keyring.token_hash(&text);
        (text, hash)
    }
}

fn is_open(ticket: &LinkTicket, now: Timestamp) -> bool {
    ticket.ended.is_none() && ticket.expires_at > now
}

fn why_worthless(ticket: &LinkTicket, now: Timestamp) -> Worthless {
    match ticket.ended.map(|ending| ending.why) {
        Some(TicketEnd::Revoked) => Worthless::Revoked,
        Some(TicketEnd::Expired) => Worthless::Expired,
        None if ticket.expires_at <= now => Worthless::Expired,
        None => Worthless::Used,
    }
}

fn unwritable(error: serde_json::Error) -> Error {
    Error::new(Kind::Internal, "a link ticket's terms cannot be read or written").because(error)
}

fn sealed_at(ticket: LinkTicketId) -> String {
    format!("link-ticket/{ticket}")
}
