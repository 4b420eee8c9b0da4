//! The machine that moves an instance from state to state.
//!
//! [`step`] is pure: it is told what happened, the time and the dice, and answers with the next
//! machine and with the effects that the actor performs, in order. Nothing here waits, and nothing
//! else in Waygate decides about states or dialling.

use std::collections::VecDeque;

use jiff::Timestamp;

use super::change::{Cause, Change};
use super::effect::Effect;
use super::input::{Input, Moment};
use super::linking::Linking;
use super::pairing::PairingRequest;
use super::state::{LinkingStep, Outcome, QrCode, State, StateName, Stopper};
use crate::account::LinkedAccount;
use crate::port::link::LinkEvent;
use crate::reason::EndReason;

mod ending;
mod pairing;

/// An instance: its state and what the rules must remember.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    state: State,
    since: Timestamp,
    linking: Linking,
    pairing: Option<PairingRequest>,
    failures: u32,
    restarts: VecDeque<Timestamp>,
    probes: VecDeque<Timestamp>,
    last_end: Option<EndReason>,
}

/// Moves one instance one step. Pure: the actor performs the effects, in this order.
pub fn step(machine: &Machine, input: Input, moment: Moment) -> (Machine, Vec<Effect>) {
    let mut next = machine.clone();
    let mut cause = input.cause();
    let mut effects = next.take(input, moment);
    let (from, to) = (machine.state.name(), next.state.name());
    if from != to {
        if cause == Cause::Due && to == StateName::Unlinked {
            cause = Cause::NobodyLooking;
        }
        next.since = moment.now;
        effects.push(Effect::Announce(Change { from, to, cause, at: moment.now }));
    }
    (next, effects)
}

impl Machine {
    /// A machine that nothing runs yet.
    pub fn new(now: Timestamp) -> Self {
        Self {
            state: State::Pending,
            since: now,
            linking: Linking::default(),
            pairing: None,
            failures: 0,
            restarts: VecDeque::new(),
            probes: VecDeque::new(),
            last_end: None,
        }
    }

    /// A machine that has given up until a person restarts it; with the account, when it is known
    /// to be linked.
    pub fn failed(now: Timestamp, linked: Option<LinkedAccount>, reason: EndReason) -> Self {
        Self { state: State::Failed { linked, reason }, ..Self::new(now) }
    }

    /// A machine in a state that outlived a process; see [`super::standing::Standing::at_rest`].
    pub(super) fn at_rest(now: Timestamp, state: State) -> Self {
        Self { state, ..Self::new(now) }
    }

    /// Where the instance stands.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Since when.
    pub fn since(&self) -> Timestamp {
        self.since
    }

    /// Why the last connection ended, until the next one is of use. For telling a person what
    /// stands in the way.
    pub fn last_end(&self) -> Option<EndReason> {
        self.last_end
    }

    /// What is remembered about linking.
    pub fn linking(&self) -> &Linking {
        &self.linking
    }

    /// The request for a pairing code, while there is neither a code nor another end to it.
    pub fn pairing(&self) -> Option<&PairingRequest> {
        self.pairing.as_ref()
    }

    /// When the machine wants to be woken with [`Input::Wake`], if at all.
    pub fn alarm(&self) -> Option<Timestamp> {
        let demand = self.linking.demand_until();
        match &self.state {
            State::Connecting { linked: Some(_), not_before } => *not_before,
            State::Connecting { linked: None, not_before } => match (*not_before, demand) {
                (Some(due), Some(end)) => Some(due.min(end)),
                (due, end) => due.or(end),
            },
            State::Linking(LinkingStep::PairingCodeShown { code, .. }) => {
                Some(demand.map_or(code.expires_at, |end| end.min(code.expires_at)))
            }
            State::Linking(
                LinkingStep::CodeShown(_)
                | LinkingStep::PairingCodeTyped { .. }
                | LinkingStep::PasskeyRequired,
            ) => demand,
            // Worth waking only if somebody still looks by then.
            State::Unlinked { .. } => demand.and_then(|end| {
                self.linking.spaced_until(Timestamp::MIN).filter(|spaced| *spaced < end)
            }),
            State::Offline { next_try, .. } => Some(*next_try),
            State::Suspended { until, .. } => Some(*until),
            State::Linking(LinkingStep::Finishing { .. })
            | State::Pending
            | State::Stopped { .. }
            | State::Online { .. }
            | State::Banned
            | State::Failed { .. } => None,
        }
    }

    fn take(&mut self, input: Input, moment: Moment) -> Vec<Effect> {
        match input {
            Input::Start(linked) => self.start(linked),
            Input::Stop(by) => self.stop(by),
            Input::Restart => self.restart(moment.now),
            Input::LogOut => self.log_out(),
            Input::Look => {
                self.linking.look(moment.now);
                self.stir();
                self.attempt_if_wanted(moment.now)
            }
            Input::AskNewCode => self.ask_new_code(moment.now),
            Input::AskPairingCode(phone) => self.ask_pairing_code(phone, moment.now),
            Input::GiveUp => self.give_up(moment.now),
            Input::Wake => self.wake(moment.now),
            Input::Link(event) => self.link_event(event, moment),
        }
    }

    /// Whether a connection runs or is being made.
    fn has_line(&self) -> bool {
        match &self.state {
            State::Connecting { not_before, .. } => not_before.is_none(),
            State::Linking(_) | State::Online { .. } => true,
            State::Pending
            | State::Stopped { .. }
            | State::Unlinked { .. }
            | State::Offline { .. }
            | State::Suspended { .. }
            | State::Banned
            | State::Failed { .. } => false,
        }
    }

    fn hang_up(&self) -> Vec<Effect> {
        if self.has_line() { vec![Effect::HangUp] } else { vec![] }
    }

    fn dial(&mut self, linked: Option<LinkedAccount>, urgent: bool) -> Effect {
        self.ask_again();
        self.state = State::Connecting { linked, not_before: None };
        Effect::Dial { urgent }
    }

    fn start(&mut self, linked: Option<LinkedAccount>) -> Vec<Effect> {
        match &self.state {
            State::Pending | State::Stopped { .. } => {}
            State::Unlinked { .. }
            | State::Connecting { .. }
            | State::Linking(_)
            | State::Online { .. }
            | State::Offline { .. }
            | State::Suspended { .. }
            | State::Banned
            | State::Failed { .. } => return vec![],
        }
        if linked.is_some() {
            vec![self.dial(linked, false)]
        } else {
            self.state = State::Unlinked { last: None };
            vec![]
        }
    }

    fn stop(&mut self, by: Stopper) -> Vec<Effect> {
        let effects = self.hang_up();
        self.linking.lapse();
        self.pairing = None;
        self.state = State::Stopped { by, linked: self.state.linked().cloned() };
        effects
    }

    fn restart(&mut self, now: Timestamp) -> Vec<Effect> {
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
        let mut effects = self.hang_up();
        self.failures = 0;
        self.probes.clear();
        if let Some(account) = self.state.linked().cloned() {
            effects.push(self.dial(Some(account), true));
        } else {
            self.state = State::Unlinked { last: None };
            effects.extend(self.attempt_if_wanted(now));
        }
        effects
    }

    fn log_out(&mut self) -> Vec<Effect> {
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
        self.linking.scanned();
        self.pairing = None;
        self.failures = 0;
        self.probes.clear();
        self.state = if let State::Stopped { by, .. } = &self.state {
            State::Stopped { by: *by, linked: None }
        } else {
            State::Unlinked { last: Some(Outcome::LoggedOut) }
        };
        effects
    }

    /// Whoever wants to link an instance that rests wants it to run.
    fn stir(&mut self) {
        if let State::Stopped { by: Stopper::Person, linked: None } = self.state {
            self.state = State::Unlinked { last: None };
        }
    }

    /// Starts an attempt when the instance is unlinked, somebody looks and the spacing allows it.
    fn attempt_if_wanted(&mut self, now: Timestamp) -> Vec<Effect> {
        let free = self.linking.is_wanted(now) && self.linking.spaced_until(now).is_none();
        if free && matches!(self.state, State::Unlinked { .. }) {
            self.linking.rounds = 0;
            vec![self.dial(None, true)]
        } else {
            vec![]
        }
    }

    /// Whether an attempt runs that has not succeeded, or could be started.
    fn may_link(&self) -> bool {
        match &self.state {
            State::Unlinked { .. }
            | State::Connecting { linked: None, .. }
            | State::Linking(
                LinkingStep::CodeShown(_)
                | LinkingStep::PairingCodeShown { .. }
                | LinkingStep::PairingCodeTyped { .. }
                | LinkingStep::PasskeyRequired,
            ) => true,
            State::Linking(LinkingStep::Finishing { .. })
            | State::Connecting { linked: Some(_), .. }
            | State::Pending
            | State::Stopped { .. }
            | State::Online { .. }
            | State::Offline { .. }
            | State::Suspended { .. }
            | State::Banned
            | State::Failed { .. } => false,
        }
    }

    fn ask_new_code(&mut self, now: Timestamp) -> Vec<Effect> {
        self.stir();
        if !self.may_link() {
            return vec![];
        }
        if let Err(retry_after) = self.linking.ask(now) {
            return vec![Effect::Refuse { retry_after }];
        }
        let mut effects = self.hang_up();
        self.pairing = None;
        self.state = State::Unlinked { last: None };
        effects.extend(self.attempt_if_wanted(now));
        effects
    }

    fn wake(&mut self, now: Timestamp) -> Vec<Effect> {
        let wanted = self.linking.is_wanted(now);
        match &self.state {
            State::Connecting { linked: None, not_before } if !wanted => {
                if let Some(due) = *not_before {
                    self.linking.defer(due);
                }
                self.give_up_attempt()
            }
            State::Linking(
                LinkingStep::CodeShown(_)
                | LinkingStep::PairingCodeTyped { .. }
                | LinkingStep::PasskeyRequired,
            ) if !wanted => {
                self.linking.attempt_failed(now);
                self.give_up_attempt()
            }
            State::Linking(LinkingStep::PairingCodeShown { code, .. })
                if !wanted || code.expires_at <= now =>
            {
                self.pairing_failed(Outcome::NotTyped, now)
            }
            State::Connecting { linked, not_before: Some(due) } if *due <= now => {
                let linked = linked.clone();
                vec![self.dial(linked, false)]
            }
            State::Offline { account, next_try, .. } if *next_try <= now => {
                let account = account.clone();
                vec![self.dial(Some(account), false)]
            }
            State::Suspended { account, until } if *until <= now => {
                let account = account.clone();
                vec![self.dial(Some(account), false)]
            }
            State::Unlinked { .. } => {
                if !wanted {
                    self.linking.lapse();
                    self.pairing = None;
                }
                self.attempt_if_wanted(now)
            }
            State::Pending
            | State::Stopped { .. }
            | State::Connecting { .. }
            | State::Linking(_)
            | State::Online { .. }
            | State::Offline { .. }
            | State::Suspended { .. }
            | State::Banned
            | State::Failed { .. } => vec![],
        }
    }

    fn give_up_attempt(&mut self) -> Vec<Effect> {
        let effects = self.hang_up();
        self.linking.lapse();
        self.pairing = None;
        self.state = State::Unlinked { last: Some(Outcome::NotWatched) };
        effects
    }

    /// A phone accepted. It may do so while the connection is being closed; the link stands all
    /// the same, and only the login is missing.
    fn paired(&mut self, account: LinkedAccount) -> Vec<Effect> {
        self.linking.scanned();
        self.pairing = None;
        self.failures = 0;
        if self.has_line() {
            self.state = State::Linking(LinkingStep::Finishing { account });
            return vec![];
        }
        match &mut self.state {
            State::Unlinked { .. } | State::Connecting { linked: None, .. } => {
                vec![self.dial(Some(account), true)]
            }
            State::Stopped { linked, .. } => {
                *linked = Some(account);
                vec![]
            }
            State::Pending
            | State::Connecting { linked: Some(_), .. }
            | State::Linking(_)
            | State::Online { .. }
            | State::Offline { .. }
            | State::Suspended { .. }
            | State::Banned
            | State::Failed { .. } => vec![],
        }
    }

    fn link_event(&mut self, event: LinkEvent, moment: Moment) -> Vec<Effect> {
        match event {
            LinkEvent::QrIssued { text, valid_for } => {
                if self.state.linked().is_some() || !self.has_line() {
                    return vec![];
                }
                self.linking.rounds += 1;
                self.last_end = None;
                self.show_qr(QrCode {
                    text,
                    issued_at: moment.now,
                    expires_at: moment.now + valid_for,
                    round: self.linking.rounds,
                })
            }
            LinkEvent::PairingCodeIssued { text, valid_for } => {
                self.show_pairing_code(text, valid_for, moment.now);
                vec![]
            }
            LinkEvent::PairingCodeRefused(refusal) => self.refuse_pairing_code(refusal, moment.now),
            LinkEvent::PairingCodeTyped => {
                self.pairing_code_typed(moment.now);
                vec![]
            }
            LinkEvent::PairingCodeSpent => self.pairing_code_spent(moment.now),
            LinkEvent::PasskeyRequired => {
                if self.state.linked().is_none() && self.has_line() {
                    self.state = State::Linking(LinkingStep::PasskeyRequired);
                }
                vec![]
            }
            LinkEvent::Paired(account) => self.paired(account),
            LinkEvent::PairingFailed => {
                let mut effects = self.hang_up();
                self.linking.attempt_failed(moment.now);
                self.state = State::Unlinked { last: Some(Outcome::ProofRejected) };
                effects.extend(self.attempt_if_wanted(moment.now));
                effects
            }
            LinkEvent::Connected { account, push_name } => {
                if self.has_line() {
                    if self.state.linked().is_none() {
                        // The keys of a link whose announcement never reached us.
                        self.linking.scanned();
                    }
                    self.pairing = None;
                    self.state = State::Online { account, push_name };
                    self.last_end = None;
                }
                vec![]
            }
            LinkEvent::PushNameChanged(name) => {
                if let State::Online { push_name, .. } = &mut self.state {
                    *push_name = Some(name);
                }
                vec![]
            }
            LinkEvent::Ended(reason) => self.ended(reason, moment),
        }
    }
}

#[cfg(test)]
mod tests;
