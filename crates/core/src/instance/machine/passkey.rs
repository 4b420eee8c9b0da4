//! Linking an account that WhatsApp guards with a passkey; see [`crate::instance::passkey`].

use std::time::Duration;

use jiff::Timestamp;

use super::Machine;
use crate::instance::effect::Effect;
use crate::instance::passkey::{
    CHALLENGE_FOR, PasskeyAssertion, PasskeyChallenge, PasskeyCode, PasskeyFailure, PasskeyStep,
    STEP_FOR,
};
use crate::instance::state::{LinkingStep, Outcome, State};
use crate::secret::{PasskeyCodeText, PasskeyOptions};

impl Machine {
    /// Why nothing came of the last challenge, until there is another one.
    pub fn passkey_failure(&self) -> Option<PasskeyFailure> {
        self.passkey_failure
    }

    /// How far the passkey's part has come, while there is one.
    pub(super) fn passkey_step(&self) -> Option<&PasskeyStep> {
        if let State::Linking(LinkingStep::Passkey(step)) = &self.state { Some(step) } else { None }
    }

    fn show_passkey(&mut self, step: PasskeyStep) {
        self.state = State::Linking(LinkingStep::Passkey(step));
    }

    /// WhatsApp wants a passkey. From here on nobody has to look: whoever answers does so in a
    /// window of WhatsApp's own.
    pub(super) fn passkey_challenged(
        &mut self,
        options: PasskeyOptions,
        issued_at: Timestamp,
        valid_for: Duration,
    ) {
        if self.state.linked().is_none() && self.has_line() {
            let expires_at = issued_at + valid_for.min(CHALLENGE_FOR);
            self.passkey_failure = None;
            self.show_passkey(PasskeyStep::Challenged(PasskeyChallenge { options, expires_at }));
        }
    }

    /// A person has the answer to the challenge with these options.
    pub(super) fn answer_passkey(
        &mut self,
        options: &PasskeyOptions,
        assertion: PasskeyAssertion,
        now: Timestamp,
    ) -> Vec<Effect> {
        match self.passkey_step() {
            Some(PasskeyStep::Challenged(challenge))
                if challenge.options == *options && challenge.expires_at > now =>
            {
                self.show_passkey(PasskeyStep::Answered { expires_at: now + STEP_FOR });
                vec![Effect::AnswerPasskey(assertion)]
            }
            Some(_) | None => vec![Effect::NotNow],
        }
    }

    /// Phone and gateway have agreed. A code that nobody has to compare is confirmed at once.
    pub(super) fn show_passkey_code(
        &mut self,
        text: PasskeyCodeText,
        to_compare: bool,
        now: Timestamp,
    ) -> Vec<Effect> {
        if !matches!(self.passkey_step(), Some(PasskeyStep::Answered { .. })) {
            return vec![];
        }
        let code = PasskeyCode { text, expires_at: now + STEP_FOR };
        if to_compare {
            self.show_passkey(PasskeyStep::CodeShown(code));
            return vec![];
        }
        self.show_passkey(PasskeyStep::Confirmed(code));
        vec![Effect::ConfirmPasskey]
    }

    /// A person says that the phone shows this code.
    pub(super) fn confirm_passkey(
        &mut self,
        text: &PasskeyCodeText,
        now: Timestamp,
    ) -> Vec<Effect> {
        match self.passkey_step() {
            Some(PasskeyStep::CodeShown(code)) if code.text == *text && code.expires_at > now => {
                let code = PasskeyCode { expires_at: now + STEP_FOR, ..code.clone() };
                self.show_passkey(PasskeyStep::Confirmed(code));
                vec![Effect::ConfirmPasskey]
            }
            Some(_) | None => vec![Effect::NotNow],
        }
    }

    /// The connection says that nothing will come of the passkey, perhaps before there is a
    /// challenge.
    pub(super) fn passkey_failed(
        &mut self,
        failure: PasskeyFailure,
        now: Timestamp,
    ) -> Vec<Effect> {
        let is_early = failure == PasskeyFailure::NoChallenge
            && matches!(self.state, State::Linking(_))
            && self.state.linked().is_none();
        if self.passkey_step().is_some() || is_early {
            self.end_passkey(failure, now)
        } else {
            vec![]
        }
    }

    /// Ends an attempt that waits for a passkey.
    pub(super) fn end_passkey(&mut self, failure: PasskeyFailure, now: Timestamp) -> Vec<Effect> {
        let effects = self.hang_up();
        self.linking.attempt_failed(now);
        self.rest_after_passkey(failure);
        effects
    }

    /// No attempt follows by itself: the demand is over, and the next look is a person's.
    pub(super) fn rest_after_passkey(&mut self, failure: PasskeyFailure) {
        self.linking.lapse();
        self.pairing = None;
        self.passkey_failure = Some(failure);
        self.state = State::Unlinked { last: Some(Outcome::Passkey(failure)) };
    }
}
