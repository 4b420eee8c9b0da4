//! The machine that moves an instance from state to state.
//!
//! [`step`] is pure: it is told what happened, the time and the dice, and answers with the next
//! machine and with the effects that the actor performs, in order. Nothing here waits, and nothing
//! else in Waygate decides about states or dialling.

use std::collections::VecDeque;

use jiff::Timestamp;

use super::change::{Cause, Change};
use super::effect::Effect;
use super::input::{Input, Moment, Ration};
use super::linking::Linking;
use super::pairing::PairingRequest;
use super::passkey::PasskeyFailure;
use super::standing::Standing;
use super::state::{LinkingStep, Outcome, QrCode, State, StateName, Stopper};
use crate::account::LinkedAccount;
use crate::port::link::LinkEvent;
use crate::reason::EndReason;

mod ending;
mod orders;
mod pairing;
mod passkey;

/// An instance: its state and what the rules must remember.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    state: State,
    since: Timestamp,
    linking: Linking,
    pairing: Option<PairingRequest>,
    passkey_failure: Option<PasskeyFailure>,
    failures: u32,
    restarts: VecDeque<Timestamp>,
    probes: VecDeque<Timestamp>,
    /// When a restart last went ahead of the other instances.
    hurried_at: Option<Timestamp>,
    last_end: Option<EndReason>,
    /// A person let it rest, and it has a connection only so that WhatsApp hears of a logout.
    rests: bool,
    /// A phone has accepted, and no login has shown yet whose account it is.
    is_unproven: bool,
    /// How many accounts were turned away, being others than the one that is meant to be linked.
    turned_away: u32,
}

/// Moves one instance one step. Pure: the actor performs the effects, in this order.
pub fn step(machine: &Machine, input: Input, moment: Moment) -> (Machine, Vec<Effect>) {
    let mut next = machine.clone();
    let cause = input.cause();
    let mut effects = next.take(input, moment);
    let (from, to) = (machine.state.name(), next.state.name());
    if from != to {
        next.since = moment.now;
    }
    // An instance that rests goes on resting when it is logged out, which is news all the same.
    let is_logged_out = cause == Cause::LoggedOut
        && machine.state.linked().is_some()
        && next.state.linked().is_none();
    if from != to || is_logged_out {
        let cause = next.cause(cause);
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
            passkey_failure: None,
            failures: 0,
            restarts: VecDeque::new(),
            probes: VecDeque::new(),
            hurried_at: None,
            last_end: None,
            rests: false,
            is_unproven: false,
            turned_away: 0,
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

    /// The same, with keys of a link that nobody has seen at work yet, where that is so.
    #[must_use]
    pub fn with_unproven_keys(self, is_unproven: bool) -> Self {
        Self { is_unproven, ..self }
    }

    /// Whether the next login is the first one of its account.
    pub fn is_unproven(&self) -> bool {
        self.is_unproven || self.state.linked().is_none()
    }

    /// How many accounts were turned away, being others than the one that is meant to be linked.
    pub fn turned_away(&self) -> u32 {
        self.turned_away
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

    /// What is worth keeping of it: an instance that rests does so in spite of a connection that it
    /// has for a while.
    pub fn standing(&self) -> Standing {
        let mut standing = if self.rests {
            let (by, linked) = (Stopper::Person, self.state.linked().cloned());
            Standing::of(&State::Stopped { by, linked })
        } else {
            Standing::of(&self.state)
        };
        standing.is_unproven = self.is_unproven && self.state.linked().is_some();
        standing
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
            State::Linking(LinkingStep::CodeShown(_) | LinkingStep::PairingCodeTyped { .. }) => {
                demand
            }
            State::Linking(LinkingStep::Passkey(step)) => Some(step.expires_at()),
            // Worth waking only if somebody still looks by then.
            State::Unlinked { .. } => demand.and_then(|end| {
                self.linking.spaced_until(Timestamp::MIN).filter(|spaced| *spaced < end)
            }),
            State::Offline { next_try, .. } => Some(*next_try),
            State::Suspended { next_try, .. } => Some(*next_try),
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
            Input::Stop(by) => self.stop(by, moment.now),
            Input::Restart => self.restart(moment.now),
            Input::PrepareLogOut => self.prepare_log_out(),
            Input::LogOut => self.log_out(moment.now),
            Input::Look => {
                self.linking.look(moment.now);
                self.stir();
                self.attempt_if_wanted(moment.now)
            }
            Input::AskNewCode(ration) => self.ask_new_code(ration, moment.now),
            Input::AskPairingCode(phone) => self.ask_pairing_code(phone, moment.now),
            Input::AnswerPasskey { options, assertion } => {
                self.answer_passkey(&options, assertion, moment.now)
            }
            Input::ConfirmPasskey(text) => self.confirm_passkey(&text, moment.now),
            Input::GiveUp => self.give_up(moment.now),
            Input::Wake => self.wake(moment.now),
            Input::WrongPhone(account) => self.turn_away(account, moment.now),
            Input::Link(event) => self.link_event(event, moment),
        }
    }

    /// What a change of state is put down to, when the input alone does not say it.
    fn cause(&self, told: Cause) -> Cause {
        let keys_gone = self.last_end.filter(|end| *end == EndReason::KeysGone);
        if let (Cause::Due, State::Unlinked { last: Some(Outcome::Passkey(failure)) }) =
            (told, &self.state)
        {
            return Cause::PasskeyFailed(*failure);
        }
        match (told, keys_gone) {
            (Cause::Due, _) if self.state.name() == StateName::Unlinked => Cause::NobodyLooking,
            (Cause::CodeIssued | Cause::Ended(_), Some(end)) => Cause::Ended(end),
            _ => told,
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
                | LinkingStep::Passkey(_),
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

    fn ask_new_code(&mut self, ration: Ration, now: Timestamp) -> Vec<Effect> {
        self.stir();
        if !self.may_link() {
            return vec![];
        }
        if let Err(retry_after) = self.linking.ask(ration, now) {
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
            State::Linking(LinkingStep::CodeShown(_) | LinkingStep::PairingCodeTyped { .. })
                if !wanted =>
            {
                self.linking.attempt_failed(now);
                self.give_up_attempt()
            }
            State::Linking(LinkingStep::Passkey(step)) if step.expires_at() <= now => {
                let failure = step.failure_when_late();
                self.end_passkey(failure, now)
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
            State::Suspended { account, next_try, .. } if *next_try <= now => {
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
        self.is_unproven = true;
        self.linking.scanned();
        self.pairing = None;
        self.failures = 0;
        self.last_end = None;
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
            LinkEvent::QrIssued { text, issued_at, valid_for } => {
                let issued_at = issued_at.min(moment.now);
                let expires_at = issued_at + valid_for;
                self.qr_issued(QrCode { text, issued_at, expires_at, round: 0 }, moment.now)
            }
            LinkEvent::PairingCodeIssued { text, issued_at, valid_for } => {
                let issued_at = issued_at.min(moment.now);
                self.show_pairing_code(text, issued_at, issued_at + valid_for);
                vec![]
            }
            LinkEvent::PairingCodeRefused(refusal) => self.refuse_pairing_code(refusal, moment.now),
            LinkEvent::PairingCodeTyped => {
                self.pairing_code_typed(moment.now);
                vec![]
            }
            LinkEvent::PairingCodeSpent => self.pairing_code_spent(moment.now),
            LinkEvent::PasskeyChallenged { options, issued_at, valid_for } => {
                self.passkey_challenged(options, issued_at.min(moment.now), valid_for);
                vec![]
            }
            LinkEvent::PasskeyCodeIssued { text, to_compare } => {
                self.show_passkey_code(text, to_compare, moment.now)
            }
            LinkEvent::PasskeyFailed(failure) => self.passkey_failed(failure, moment.now),
            LinkEvent::Paired(account) => self.paired(account),
            LinkEvent::PairingFailed => {
                if self.is_login() || matches!(self.state, State::Online { .. }) {
                    return vec![];
                }
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
                    self.is_unproven = false;
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
