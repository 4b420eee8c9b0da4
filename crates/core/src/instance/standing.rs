//! What of an instance's state must outlive the process.
//!
//! Most of a state is true only while somebody runs the instance, and a fresh start finds it out
//! again. What a restart must not forget is what the instance was told or forbidden: to rest, to
//! wait for the end of a ban, and how the last link ended.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::machine::Machine;
use super::state::{Outcome, State, StateName, Stopper};
use crate::account::LinkedAccount;

/// An instance's last known state, as stores keep it beside its journal.
///
/// Stores keep it as JSON in this form: a field may be added, never renamed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The state.
    pub state: StateName,
    /// Who told it to rest, when it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_by: Option<Stopper>,
    /// The end of a ban in seconds since 1970, while there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_s: Option<i64>,
    /// How the last attempt or the last link ended, while the instance is unlinked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Outcome>,
}

impl Standing {
    /// What is worth keeping of a state.
    pub fn of(state: &State) -> Self {
        let (mut stopped_by, mut until_s, mut last) = (None, None, None);
        match state {
            State::Stopped { by, .. } => stopped_by = Some(*by),
            State::Suspended { until, .. } => until_s = Some(until.as_second()),
            State::Unlinked { last: outcome } => last = *outcome,
            State::Pending
            | State::Connecting { .. }
            | State::Linking(_)
            | State::Online { .. }
            | State::Offline { .. }
            | State::Banned
            | State::Failed { .. } => {}
        }
        Self { state: state.name(), stopped_by, until_s, last }
    }

    /// The machine of an instance that must not simply be started: it was told to rest, is
    /// banned, or remembers how its link ended. `linked` is the account whose keys are stored;
    /// they, not this note, say whether the instance is linked.
    pub fn at_rest(&self, now: Timestamp, linked: Option<&LinkedAccount>) -> Option<Machine> {
        let state = match (self.state, linked) {
            (StateName::Stopped, linked) if self.stopped_by == Some(Stopper::Person) => {
                State::Stopped { by: Stopper::Person, linked: linked.cloned() }
            }
            (StateName::Suspended, Some(account)) => {
                let until = Timestamp::from_second(self.until_s?).ok()?;
                if until <= now {
                    return None;
                }
                State::Suspended { account: account.clone(), until }
            }
            (StateName::Banned, None) => State::Banned,
            (StateName::Unlinked, None) => State::Unlinked { last: self.last },
            (
                StateName::Pending
                | StateName::Stopped
                | StateName::Unlinked
                | StateName::Connecting
                | StateName::Linking
                | StateName::Online
                | StateName::Offline
                | StateName::Suspended
                | StateName::Banned
                | StateName::Failed,
                _,
            ) => return None,
        };
        Some(Machine::at_rest(now, state))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::reason::EndReason;

    fn account() -> LinkedAccount {
        LinkedAccount { phone: "15550001111".into(), lid: None, device: 3 }
    }

    fn now() -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap()
    }

    /// What a restart makes of a state, through the form in which it is stored.
    fn after_restart(state: &State, linked: Option<&LinkedAccount>) -> Option<State> {
        let stored = serde_json::to_string(&Standing::of(state)).unwrap();
        let standing: Standing = serde_json::from_str(&stored).unwrap();
        standing.at_rest(now(), linked).map(|machine| machine.state().clone())
    }

    #[test]
    fn a_restart_keeps_what_the_instance_was_told_or_forbidden() {
        let ban = |until| State::Suspended { account: account(), until };
        let later = now() + Duration::from_secs(60);
        let stopped = State::Stopped { by: Stopper::Person, linked: Some(account()) };
        for state in [stopped, ban(later)] {
            assert_eq!(after_restart(&state, Some(&account())), Some(state.clone()));
        }
        let last = Some(Outcome::Ended(EndReason::DeviceRemoved));
        let stopped = State::Stopped { by: Stopper::Person, linked: None };
        for state in [stopped, State::Unlinked { last }, State::Banned] {
            assert_eq!(after_restart(&state, None), Some(state.clone()));
        }
        assert_eq!(after_restart(&ban(now()), Some(&account())), None, "the ban is over");
    }

    #[test]
    fn the_keys_and_not_the_note_say_whether_an_instance_is_linked() {
        let unlinked = State::Unlinked { last: Some(Outcome::LoggedOut) };
        assert_eq!(after_restart(&unlinked, Some(&account())), None);
        let stopped = State::Stopped { by: Stopper::Person, linked: Some(account()) };
        let expected = State::Stopped { by: Stopper::Person, linked: None };
        assert_eq!(after_restart(&stopped, None), Some(expected));
    }

    #[test]
    fn whatever_the_end_of_the_process_interrupted_is_started_again() {
        for state in [
            State::Stopped { by: Stopper::Shutdown, linked: Some(account()) },
            State::Online { account: account(), push_name: None },
            State::Failed { linked: Some(account()), reason: EndReason::Fault },
            State::Connecting { linked: Some(account()), not_before: None },
        ] {
            assert_eq!(after_restart(&state, Some(&account())), None, "{state:?}");
        }
    }
}
