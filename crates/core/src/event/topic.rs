//! What of an event whoever fetches notifications is told.
//!
//! A change of state is news to a program outside only where it means something else to it than the
//! one before: that a code is on its way, or another one shown, does not.

use super::StateChanged;
use crate::instance::settings::Switch;
use crate::instance::state::StateName;

/// What a state means to a program that wants to use the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Availability {
    /// There is no account, or none that can be used before a person acts.
    NotLinked,
    /// An account, or the instance itself, is about to be there.
    Starting,
    /// There is an account.
    Linked,
    /// There is one, which WhatsApp has banned for a time.
    Suspended,
    /// WhatsApp has banned the account.
    Banned,
}

impl Availability {
    /// What a state of this name means, with an account or without one.
    pub fn of(state: StateName, linked: bool) -> Self {
        match (state, linked) {
            (StateName::Pending, _) | (StateName::Connecting | StateName::Linking, true) => {
                Self::Starting
            }
            (StateName::Online | StateName::Offline, _) | (StateName::Stopped, true) => {
                Self::Linked
            }
            (StateName::Unlinked | StateName::Failed, _)
            | (StateName::Stopped | StateName::Connecting | StateName::Linking, false) => {
                Self::NotLinked
            }
            (StateName::Suspended, _) => Self::Suspended,
            (StateName::Banned, _) => Self::Banned,
        }
    }
}

impl StateChanged {
    /// What the instance means to a program since then.
    pub fn availability(&self) -> Availability {
        Availability::of(self.to, self.linked)
    }

    fn is_online(&self) -> bool {
        self.to == StateName::Online
    }
}

/// What a change is news of, in the order in which it is told, to somebody who knows of the change
/// before it. Of an instance that has just been created nobody knows anything but that.
pub fn of_change(before: Option<&StateChanged>, change: &StateChanged) -> Vec<Switch> {
    let known = before.map_or(Availability::NotLinked, StateChanged::availability);
    let was_online = before.is_some_and(StateChanged::is_online);
    let mut topics = Vec::new();
    if known != change.availability() {
        topics.push(Switch::StateChanges);
    }
    if was_online != change.is_online() {
        topics.push(Switch::ConnectionChanges);
    }
    topics
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::change::Cause;

    fn to(state: StateName, linked: bool) -> StateChanged {
        let (from, cause) = (StateName::Pending, Cause::Due);
        StateChanged { from, to: state, cause, linked, account: None }
    }

    #[test]
    fn only_what_means_something_else_is_news() {
        use StateName as S;
        let (state, connection) = (Switch::StateChanges, Switch::ConnectionChanges);
        for (before, change, topics) in [
            (None, to(S::Unlinked, false), vec![]),
            (None, to(S::Connecting, true), vec![state]),
            (Some(to(S::Unlinked, false)), to(S::Connecting, false), vec![]),
            (Some(to(S::Connecting, false)), to(S::Linking, false), vec![]),
            (Some(to(S::Linking, false)), to(S::Online, true), vec![state, connection]),
            (Some(to(S::Online, true)), to(S::Stopped, true), vec![connection]),
            // The next process.
            (Some(to(S::Stopped, true)), to(S::Connecting, true), vec![state]),
            (Some(to(S::Connecting, true)), to(S::Online, true), vec![state, connection]),
            (Some(to(S::Online, true)), to(S::Offline, true), vec![connection]),
            (Some(to(S::Online, true)), to(S::Unlinked, false), vec![state, connection]),
            (Some(to(S::Offline, true)), to(S::Suspended, true), vec![state]),
            (Some(to(S::Online, true)), to(S::Banned, false), vec![state, connection]),
        ] {
            assert_eq!(of_change(before.as_ref(), &change), topics, "{before:?} to {change:?}");
        }
    }
}
