//! What an instance is told to do: run, rest, connect anew, log out.

use jiff::Timestamp;

use super::Machine;
use super::ending::RESTART_WINDOW;
use crate::account::LinkedAccount;
use crate::instance::effect::Effect;
use crate::instance::state::{Outcome, State, Stopper};

impl Machine {
    pub(super) fn start(&mut self, linked: Option<LinkedAccount>) -> Vec<Effect> {
        // Whoever starts it while it takes leave wants it to run on.
        self.rests = false;
        let linked = match &self.state {
            State::Pending => linked,
            // It knows better than whoever read its state before something else happened to it.
            State::Stopped { linked, .. } => linked.clone(),
            State::Unlinked { .. }
            | State::Connecting { .. }
            | State::Linking(_)
            | State::Online { .. }
            | State::Offline { .. }
            | State::Suspended { .. }
            | State::Banned
            | State::Failed { .. } => return vec![],
        };
        if linked.is_some() {
            vec![self.dial(linked, false)]
        } else {
            self.state = State::Unlinked { last: None };
            vec![]
        }
    }

    pub(super) fn stop(&mut self, by: Stopper, now: Timestamp) -> Vec<Effect> {
        let effects = self.hang_up();
        self.linking.abandon(now);
        self.linking.lapse();
        self.pairing = None;
        self.rests = false;
        self.state = State::Stopped { by, linked: self.state.linked().cloned() };
        effects
    }

    pub(super) fn restart(&mut self, now: Timestamp) -> Vec<Effect> {
        match &self.state {
            // A ban is not shortened by knocking; a resting instance is started, not restarted.
            State::Pending | State::Stopped { .. } | State::Suspended { .. } | State::Banned => {
                return vec![];
            }
            State::Unlinked { .. }
            | State::Connecting { .. }
            | State::Linking(_)
            | State::Online { .. }
            | State::Offline { .. }
            | State::Failed { .. } => {}
        }
        if self.rests {
            return vec![];
        }
        let mut effects = self.hang_up();
        if let State::Online { .. } = self.state {
            self.failures = 0;
        }
        self.probes.clear();
        if let Some(account) = self.state.linked().cloned() {
            let urgent = self.may_hurry(now);
            effects.push(self.dial(Some(account), urgent));
        } else {
            self.linking.abandon(now);
            self.state = State::Unlinked { last: None };
            effects.extend(self.attempt_if_wanted(now));
        }
        effects
    }

    /// Whether a restart goes ahead of the other instances: one a minute does.
    fn may_hurry(&mut self, now: Timestamp) -> bool {
        let may = self.hurried_at.is_none_or(|at| at + RESTART_WINDOW <= now);
        if may {
            self.hurried_at = Some(now);
        }
        may
    }

    /// Begins the login over which WhatsApp hears of a logout, where a linked account waits for
    /// one. Where one is under way, or would be of no use, nothing is done.
    pub(super) fn prepare_log_out(&mut self) -> Vec<Effect> {
        match &self.state {
            State::Stopped { by: Stopper::Person, linked: Some(account) } => {
                let account = account.clone();
                self.rests = true;
                vec![self.dial(Some(account), true)]
            }
            State::Offline { account, .. }
            | State::Connecting { linked: Some(account), not_before: Some(_) } => {
                let account = account.clone();
                vec![self.dial(Some(account), true)]
            }
            State::Pending
            | State::Stopped { .. }
            | State::Unlinked { .. }
            | State::Connecting { .. }
            | State::Linking(_)
            | State::Online { .. }
            | State::Suspended { .. }
            | State::Banned
            | State::Failed { .. } => vec![],
        }
    }

    /// An account that just logged in is not the one that is meant to be linked. It never becomes usable:
    /// WhatsApp is told over this login, and the keys go.
    pub(super) fn turn_away(&mut self, account: LinkedAccount, now: Timestamp) -> Vec<Effect> {
        if !self.has_line() {
            return vec![];
        }
        self.state = State::Online { account, push_name: None };
        self.turned_away = self.turned_away.saturating_add(1);
        let effects = self.log_out(now);
        if let State::Unlinked { last } = &mut self.state {
            *last = Some(Outcome::WrongPhone);
        }
        effects
    }

    pub(super) fn log_out(&mut self, now: Timestamp) -> Vec<Effect> {
        let mut effects = match &self.state {
            State::Pending => return vec![],
            State::Online { .. } => vec![Effect::LogOut],
            State::Stopped { .. }
            | State::Unlinked { .. }
            | State::Connecting { .. }
            | State::Linking(_)
            | State::Offline { .. }
            | State::Suspended { .. }
            | State::Banned
            | State::Failed { .. } => self.hang_up(),
        };
        effects.push(Effect::ForgetCredentials);
        if self.state.linked().is_some() {
            self.linking.scanned();
            self.failures = 0;
            self.probes.clear();
        } else {
            self.linking.abandon(now);
            self.linking.lapse();
        }
        self.pairing = None;
        self.is_unproven = false;
        let stopped_by = if let State::Stopped { by, .. } = &self.state {
            Some(*by)
        } else {
            self.rests.then_some(Stopper::Person)
        };
        self.rests = false;
        self.state = match stopped_by {
            Some(by) => State::Stopped { by, linked: None },
            None => State::Unlinked { last: Some(Outcome::LoggedOut) },
        };
        effects
    }
}
