//! Linking by a code that is typed on the phone; see [`crate::instance::pairing`].

use jiff::Timestamp;

use super::Machine;
use crate::instance::effect::Effect;
use crate::instance::input::Ration;
use crate::instance::pairing::{PairingCode, PairingRefusal, PairingRequest, REQUEST_DEMAND};
use crate::instance::state::{LinkingStep, Outcome, QrCode, State};
use crate::phone::PhoneNumber;
use crate::secret::PairingText;

impl Machine {
    /// Begins a fresh attempt for a code. Whoever asks for the same phone while there is none yet
    /// shares it.
    pub(super) fn ask_pairing_code(&mut self, phone: PhoneNumber, now: Timestamp) -> Vec<Effect> {
        self.stir();
        if !self.may_link() {
            return vec![];
        }
        let open = self.pairing.as_ref().filter(|request| request.is_open());
        if open.is_some_and(|request| *request.phone() == phone) {
            self.linking.look_until(now + REQUEST_DEMAND);
            return vec![];
        }
        if let Err(retry_after) = self.linking.ask(Ration::Hourly, now) {
            return vec![Effect::Refuse { retry_after }];
        }
        self.linking.look_until(now + REQUEST_DEMAND);
        self.pairing = Some(PairingRequest::Waiting(phone));
        if matches!(self.state, State::Connecting { linked: None, not_before: None }) {
            // On its way already, and nothing was shown on it.
            return vec![];
        }
        let mut effects = self.hang_up();
        self.state = State::Unlinked { last: None };
        effects.extend(self.attempt_if_wanted(now));
        effects
    }

    /// A code came, where it belongs or not; its round is counted here.
    pub(super) fn qr_issued(&mut self, code: QrCode, now: Timestamp) -> Vec<Effect> {
        if !self.has_line() {
            return vec![];
        }
        let mut effects = vec![];
        if self.is_login() {
            effects.extend(self.find_keys_gone(now));
        }
        if self.state.linked().is_some() || !self.has_line() {
            return effects;
        }
        self.linking.rounds += 1;
        self.last_end = None;
        effects.extend(self.show_qr(QrCode { round: self.linking.rounds, ..code }));
        effects
    }

    /// Shows a code that can be scanned. The first one of a connection says that WhatsApp can be
    /// asked for a pairing code too.
    fn show_qr(&mut self, qr: QrCode) -> Vec<Effect> {
        if let State::Linking(LinkingStep::PairingCodeTyped { .. } | LinkingStep::Passkey(_)) =
            &self.state
        {
            return vec![];
        }
        let step = if let State::Linking(LinkingStep::PairingCodeShown { code, .. }) = &self.state {
            LinkingStep::PairingCodeShown { code: code.clone(), qr }
        } else {
            LinkingStep::CodeShown(qr)
        };
        self.state = State::Linking(step);
        let Some(PairingRequest::Waiting(phone)) = &self.pairing else { return vec![] };
        let phone = phone.clone();
        self.pairing = Some(PairingRequest::Asked(phone.clone()));
        vec![Effect::RequestPairingCode(phone)]
    }

    pub(super) fn show_pairing_code(
        &mut self,
        text: PairingText,
        issued_at: Timestamp,
        expires_at: Timestamp,
    ) {
        let Some(PairingRequest::Asked(phone)) = &self.pairing else { return };
        let State::Linking(LinkingStep::CodeShown(qr)) = &self.state else { return };
        let code = PairingCode { text, phone: phone.clone(), issued_at, expires_at };
        let qr = qr.clone();
        // Whoever got it is typing now, and need not ask again.
        self.linking.look_until(expires_at);
        self.pairing = None;
        self.state = State::Linking(LinkingStep::PairingCodeShown { code, qr });
    }

    pub(super) fn refuse_pairing_code(
        &mut self,
        refusal: PairingRefusal,
        now: Timestamp,
    ) -> Vec<Effect> {
        if let Some(PairingRequest::Asked(phone)) = &self.pairing {
            let phone = phone.clone();
            self.pairing = Some(PairingRequest::Refused { phone, refusal });
            return vec![];
        }
        // It may also say so of a code that it gave.
        self.pairing_code_spent(now)
    }

    pub(super) fn pairing_code_typed(&mut self, now: Timestamp) {
        if let State::Linking(LinkingStep::PairingCodeShown { code, .. }) = &self.state {
            let code = code.clone();
            // Long enough to hear whether it was the right one.
            self.linking.look(now);
            self.state = State::Linking(LinkingStep::PairingCodeTyped { code });
        }
    }

    pub(super) fn pairing_code_spent(&mut self, now: Timestamp) -> Vec<Effect> {
        if let State::Linking(
            LinkingStep::PairingCodeShown { .. } | LinkingStep::PairingCodeTyped { .. },
        ) = &self.state
        {
            self.pairing_failed(Outcome::WrongCode, now)
        } else {
            vec![]
        }
    }

    /// The end of an attempt whose pairing code was of no use; the next one begins if somebody
    /// looks.
    pub(super) fn pairing_failed(&mut self, outcome: Outcome, now: Timestamp) -> Vec<Effect> {
        let mut effects = self.hang_up();
        self.linking.attempt_failed(now);
        self.pairing = None;
        self.state = State::Unlinked { last: Some(outcome) };
        effects.extend(self.attempt_if_wanted(now));
        effects
    }

    /// Ends an attempt at a person's wish. What succeeded stays.
    pub(super) fn give_up(&mut self, now: Timestamp) -> Vec<Effect> {
        if !self.may_link() {
            return vec![];
        }
        match &self.state {
            State::Unlinked { .. } => {
                self.linking.lapse();
                self.pairing = None;
                return vec![];
            }
            State::Connecting { not_before: Some(due), .. } => self.linking.defer(*due),
            State::Linking(_) => self.linking.attempt_failed(now),
            State::Connecting { not_before: None, .. }
            | State::Pending
            | State::Stopped { .. }
            | State::Online { .. }
            | State::Offline { .. }
            | State::Suspended { .. }
            | State::Banned
            | State::Failed { .. } => {}
        }
        self.give_up_attempt()
    }

    /// The connection on which WhatsApp was asked is gone: it is asked again on the next one.
    pub(super) fn ask_again(&mut self) {
        if let Some(PairingRequest::Asked(phone)) = &self.pairing {
            self.pairing = Some(PairingRequest::Waiting(phone.clone()));
        }
    }
}
