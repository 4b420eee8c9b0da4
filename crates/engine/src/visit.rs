//! Linking attempts of browsers that a link ticket let in.

use tokio::sync::watch;
use waygate_core::error::{Error, Kind};
use waygate_core::id::LinkTicketId;
use waygate_core::instance::passkey::PasskeyStep;
use waygate_core::link_ticket::{LinkTicketStep, Methods};

use crate::attempts::{Attempt, Method, Step};
use crate::gateway::Gateway;
use crate::link_tickets::LinkVisit;
use crate::sight::Sight;

impl Gateway {
    /// Begins an effort to link for a browser that a link ticket let in, as far as the ticket goes.
    ///
    /// # Errors
    ///
    /// As [`Gateway::begin_attempt`], and `Invalid` when the ticket is for another way to link, or for
    /// another number.
    pub async fn begin_visitors_attempt(
        &self,
        visit: &LinkVisit,
        method: Method,
        fresh: bool,
    ) -> Result<Attempt, Error> {
        let terms = self.link_terms(visit)?;
        let refused = match (&method, terms.methods) {
            (Method::QrCode, Methods::PairingCode) => Some("this link is for a code to type only"),
            (Method::PairingCode(_), Methods::QrCode) => {
                Some("this link is for a code to scan only")
            }
            (Method::PairingCode(phone), _)
                if terms.phone_fixed && terms.phone.as_ref() != Some(phone) =>
            {
                Some("this link is for another number")
            }
            (Method::QrCode | Method::PairingCode(_), _) => None,
        };
        match refused {
            Some(why) => Err(Error::new(Kind::Invalid, why)),
            None => self.begin(visit.instance(), method, fresh, Some(visit.ticket())).await,
        }
    }

    /// Tells of an attempt's steps as those of the ticket by which it was begun.
    pub(crate) async fn tell_of(
        &self,
        ticket: Option<LinkTicketId>,
        mut shown: watch::Receiver<Attempt>,
    ) {
        let Some(ticket) = ticket else { return };
        let instance = shown.borrow().instance;
        let mut told = None;
        loop {
            let (step, over) = {
                let attempt = shown.borrow_and_update();
                (ticket_step(&attempt.step), !matches!(attempt.step, Step::Open(_)))
            };
            // A code that is renewed is no news.
            if let Some(step) = step.filter(|step| Some(*step) != told) {
                told = Some(step);
                self.tell_ticket(instance, ticket, step).await;
            }
            if over || shown.changed().await.is_err() {
                return;
            }
        }
    }
}

/// What a step of an attempt is for the ticket by which it was begun, when it is anything.
fn ticket_step(step: &Step) -> Option<LinkTicketStep> {
    match step {
        Step::Open(Sight::QrCode(_)) => Some(LinkTicketStep::QrCodeShown),
        Step::Open(Sight::PairingCode { .. }) => Some(LinkTicketStep::PairingCodeShown),
        Step::Open(Sight::PairingCodeTyped(_)) => Some(LinkTicketStep::PairingCodeTyped),
        Step::Open(Sight::Passkey(step)) => Some(passkey_step(step)),
        Step::Open(Sight::Finishing) => Some(LinkTicketStep::Accepted),
        Step::Open(
            Sight::Idle { .. }
            | Sight::Preparing
            | Sight::NotBefore { .. }
            | Sight::Linked(_)
            | Sight::Unusable(_)
            | Sight::Impossible(_),
        ) => None,
        Step::Linked(_) => Some(LinkTicketStep::Linked),
        Step::Failed(_) => Some(LinkTicketStep::Failed),
    }
}

fn passkey_step(step: &PasskeyStep) -> LinkTicketStep {
    match step {
        PasskeyStep::Challenged(_) => LinkTicketStep::PasskeyRequired,
        PasskeyStep::Answered { .. } => LinkTicketStep::PasskeyAnswered,
        PasskeyStep::CodeShown(_) => LinkTicketStep::PasskeyCodeShown,
        PasskeyStep::Confirmed(_) => LinkTicketStep::PasskeyConfirmed,
    }
}
