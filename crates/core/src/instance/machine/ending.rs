//! What follows from the end of a connection, by the table of [`crate::reason`].

use std::time::Duration;

use jiff::Timestamp;

use super::Machine;
use crate::account::LinkedAccount;
use crate::backoff;
use crate::instance::effect::Effect;
use crate::instance::input::Moment;
use crate::instance::passkey::PasskeyFailure;
use crate::instance::state::{LinkingStep, Outcome, State, Stopper};
use crate::reason::{Credentials, EndReason, Next};

/// Restarts asked for by WhatsApp (515) that are followed at once, per [`RESTART_WINDOW`].
pub(super) const RESTARTS_MAX: usize = 3;

/// The window of [`RESTARTS_MAX`].
pub(super) const RESTART_WINDOW: Duration = Duration::from_secs(60);

/// How long a cautious try (see [`Next::Probe`]) is remembered.
pub(super) const PROBE_WINDOW: Duration = Duration::from_secs(2 * 60 * 60);

const BAN_WITHOUT_END: Duration = Duration::from_secs(24 * 60 * 60);
const BAN_MARGIN_MIN: Duration = Duration::from_secs(5 * 60);
const BAN_MARGIN_SPREAD: Duration = Duration::from_secs(25 * 60);

impl Machine {
    pub(super) fn ended(&mut self, reason: EndReason, moment: Moment) -> Vec<Effect> {
        if !self.has_line() {
            return vec![];
        }
        let codes_at_login = reason == EndReason::CodesExhausted && self.is_login();
        let reason = if codes_at_login { EndReason::KeysGone } else { reason };
        self.last_end = Some(reason);
        let online = matches!(self.state, State::Online { .. });
        if online && self.since + backoff::STABLE_AFTER <= moment.now {
            self.failures = 0;
            // A rival that lets us run for a minute at a time must still be noticed.
            if !matches!(reason, EndReason::Replaced | EndReason::UnknownConflict) {
                self.probes.clear();
            }
        }
        let mut effects = vec![];
        if reason.ruling().alert {
            effects.push(Effect::Alert(reason));
        }
        if reason.ruling().credentials == Credentials::Retire {
            effects.push(Effect::ForgetCredentials);
        }
        effects.extend(match self.state.linked().cloned() {
            Some(account) => self.ended_linked(account, reason, moment),
            None => self.ended_unlinked(reason, moment),
        });
        effects
    }

    fn ended_unlinked(&mut self, reason: EndReason, moment: Moment) -> Vec<Effect> {
        let now = moment.now;
        if self.linking.rounds > 0 && self.since + backoff::STABLE_AFTER <= now {
            self.failures = 0;
        }
        self.linking.abandon(now);
        let waits_for_passkey = self.passkey_step().is_some();
        if reason == EndReason::CodesExhausted && !waits_for_passkey {
            self.state = State::Unlinked { last: Some(Outcome::NotScanned) };
            return self.attempt_if_wanted(now);
        }
        if reason == EndReason::RestartRequired && !waits_for_passkey && self.may_restart(now) {
            return vec![self.dial(None, true)];
        }
        let due = match reason.ruling().next {
            Next::WaitForBan | Next::Banned => ban(reason, moment).1,
            Next::Redial
            | Next::Backoff { .. }
            | Next::Probe(_)
            | Next::Fail
            | Next::Unlink
            | Next::Nothing => self.fail(0, moment),
        };
        self.linking.defer(due);
        if waits_for_passkey {
            self.rest_after_passkey(PasskeyFailure::Lost);
        } else if self.linking.is_wanted(now) {
            let not_before = self.linking.spaced_until(now);
            self.state = State::Connecting { linked: None, not_before: not_before.or(Some(due)) };
        } else {
            self.linking.lapse();
            self.pairing = None;
            self.state = State::Unlinked { last: Some(Outcome::Ended(reason)) };
        }
        vec![]
    }

    fn ended_linked(
        &mut self,
        account: LinkedAccount,
        reason: EndReason,
        moment: Moment,
    ) -> Vec<Effect> {
        let now = moment.now;
        let next = reason.ruling().next;
        if next == Next::Redial && self.may_restart(now) {
            if matches!(self.state, State::Linking(_)) {
                // Success in progress: the link is finishing until the login is through.
                return vec![Effect::Dial { urgent: true }];
            }
            return vec![self.dial(Some(account), true)];
        }
        if self.rests {
            let is_gone = matches!(next, Next::Unlink | Next::Banned);
            self.rest(Some(account).filter(|_account| !is_gone));
            return vec![];
        }
        match next {
            Next::Redial | Next::Nothing => {
                let next_try = self.fail(0, moment);
                self.state = State::Offline { account, reason, next_try };
            }
            Next::Backoff { extra } => {
                let next_try = self.fail(extra, moment);
                self.state = State::Offline { account, reason, next_try };
            }
            Next::Probe(waits) => {
                self.probes.retain(|tried| *tried + PROBE_WINDOW > now);
                self.state = match waits.get(self.probes.len()) {
                    Some(wait) => State::Offline { account, reason, next_try: now + *wait },
                    None => State::Failed { linked: Some(account), reason },
                };
                self.probes.push_back(now);
            }
            Next::WaitForBan => {
                let (until, next_try) = ban(reason, moment);
                self.state = State::Suspended { account, until, next_try };
            }
            Next::Banned => self.state = State::Banned,
            Next::Fail => self.state = State::Failed { linked: Some(account), reason },
            Next::Unlink => {
                self.state = State::Unlinked { last: Some(Outcome::Ended(reason)) };
                return self.attempt_if_wanted(now);
            }
        }
        vec![]
    }

    /// Whether the running connection is a login: a code has no place on it.
    pub(super) fn is_login(&self) -> bool {
        match &self.state {
            State::Connecting { linked: Some(_), not_before: None } => true,
            // On the connection on which the phone accepted, a code may still come late.
            State::Linking(LinkingStep::Finishing { .. }) => self.last_end.is_some(),
            State::Connecting { .. }
            | State::Linking(_)
            | State::Pending
            | State::Stopped { .. }
            | State::Unlinked { .. }
            | State::Online { .. }
            | State::Offline { .. }
            | State::Suspended { .. }
            | State::Banned
            | State::Failed { .. } => false,
        }
    }

    /// WhatsApp offers a code where an account was to log in. Whoever looks gets it; without them
    /// the connection is of no use.
    pub(super) fn find_keys_gone(&mut self, now: Timestamp) -> Vec<Effect> {
        let reason = EndReason::KeysGone;
        let mut effects = vec![Effect::Alert(reason)];
        self.linking.rounds = 0;
        if self.linking.is_wanted(now) && !self.rests {
            self.state = State::Connecting { linked: None, not_before: None };
            return effects;
        }
        effects.extend(self.hang_up());
        self.last_end = Some(reason);
        if self.rests {
            self.rest(None);
        } else {
            self.state = State::Unlinked { last: Some(Outcome::Ended(reason)) };
        }
        effects
    }

    /// Back to where a person put it.
    fn rest(&mut self, linked: Option<LinkedAccount>) {
        self.rests = false;
        self.state = State::Stopped { by: Stopper::Person, linked };
    }

    /// Counts a failed connection; answers when the next one is due.
    fn fail(&mut self, extra: u32, moment: Moment) -> Timestamp {
        let wait = backoff::wait(self.failures.saturating_add(extra), moment.luck);
        self.failures = self.failures.saturating_add(1).saturating_add(extra);
        moment.now + wait
    }

    /// Whether a restart that WhatsApp asked for is followed at once.
    fn may_restart(&mut self, now: Timestamp) -> bool {
        self.restarts.retain(|at| *at + RESTART_WINDOW > now);
        self.restarts.push_back(now);
        self.restarts.len() <= RESTARTS_MAX
    }
}

/// When a ban ends, when WhatsApp named that, and when to try again: some time later, so that not
/// everyone who was banned comes back at once.
fn ban(reason: EndReason, moment: Moment) -> (Option<Timestamp>, Timestamp) {
    let length =
        if let EndReason::TemporaryBan { expires_in } = reason { expires_in } else { None };
    let after = |wait| moment.now.checked_add(wait).unwrap_or(Timestamp::MAX);
    let margin = BAN_MARGIN_MIN + BAN_MARGIN_SPREAD.mul_f64(moment.luck);
    let next_try = after(length.unwrap_or(BAN_WITHOUT_END).saturating_add(margin));
    (length.map(after), next_try)
}
