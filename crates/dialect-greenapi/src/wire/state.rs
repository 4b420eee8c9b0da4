//! States in the vendor's words.

use serde::Serialize;
use waygate_core::account::LinkedAccount;
use waygate_core::event::StateChanged;
use waygate_core::event::topic::Availability;
use waygate_core::instance::state::{LinkingStep, State, StateName};

/// `stateInstance`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum StateInstance {
    NotAuthorized,
    Authorized,
    Blocked,
    Starting,
    Suspended,
}

/// `statusInstance`: whether the connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum StatusInstance {
    Online,
    Offline,
}

impl From<&State> for StateInstance {
    fn from(state: &State) -> Self {
        match state {
            State::Pending
            | State::Connecting { linked: Some(_), .. }
            | State::Linking(LinkingStep::Finishing { .. }) => Self::Starting,
            State::Stopped { linked: Some(_), .. }
            | State::Online { .. }
            | State::Offline { .. } => Self::Authorized,
            // A poll for a code makes connections, and must not make the state flap.
            State::Stopped { linked: None, .. }
            | State::Unlinked { .. }
            | State::Connecting { linked: None, .. }
            | State::Linking(
                LinkingStep::CodeShown(_)
                | LinkingStep::PairingCodeShown { .. }
                | LinkingStep::PairingCodeTyped { .. }
                | LinkingStep::Passkey(_),
            )
            | State::Failed { .. } => Self::NotAuthorized,
            State::Suspended { .. } => Self::Suspended,
            State::Banned => Self::Blocked,
        }
    }
}

/// The same words for what the journal says of a state.
impl From<Availability> for StateInstance {
    fn from(availability: Availability) -> Self {
        match availability {
            Availability::NotLinked => Self::NotAuthorized,
            Availability::Starting => Self::Starting,
            Availability::Linked => Self::Authorized,
            Availability::Suspended => Self::Suspended,
            Availability::Banned => Self::Blocked,
        }
    }
}

/// The account, unless its `stateInstance` says that there is none.
pub(crate) fn account(state: &State) -> Option<&LinkedAccount> {
    let told = StateInstance::from(state);
    state.linked().filter(|_account| told != StateInstance::NotAuthorized)
}

impl From<&State> for StatusInstance {
    fn from(state: &State) -> Self {
        match state {
            State::Online { .. } => Self::Online,
            State::Pending
            | State::Stopped { .. }
            | State::Unlinked { .. }
            | State::Connecting { .. }
            | State::Linking(_)
            | State::Offline { .. }
            | State::Suspended { .. }
            | State::Banned
            | State::Failed { .. } => Self::Offline,
        }
    }
}

impl StateInstance {
    /// The state after a change, where the vendor's history has a word for it: it knows three, and
    /// nothing of what passes.
    pub(crate) fn in_history(change: &StateChanged) -> Option<Self> {
        match (change.to, change.linked) {
            (StateName::Online | StateName::Offline, _) | (StateName::Stopped, true) => {
                Some(Self::Authorized)
            }
            (StateName::Unlinked | StateName::Failed, _)
            | (StateName::Stopped | StateName::Connecting | StateName::Linking, false) => {
                Some(Self::NotAuthorized)
            }
            (StateName::Banned, _) => Some(Self::Blocked),
            (StateName::Pending | StateName::Suspended, _)
            | (StateName::Connecting | StateName::Linking, true) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use waygate_core::account::LinkedAccount;
    use waygate_core::instance::change::Cause;
    use waygate_core::instance::pairing::PairingCode;
    use waygate_core::instance::passkey::PasskeyStep;
    use waygate_core::instance::state::{Outcome, QrCode, Stopper};
    use waygate_core::reason::EndReason;
    use waygate_core::secret::{PairingText, QrText};

    use super::*;

    /// Every state with its two words: the table of the design.
    #[test]
    fn every_state_has_its_words() {
        use {StateInstance as S, StatusInstance as C};
        let now = Timestamp::UNIX_EPOCH;
        let account = || LinkedAccount { phone: "15550001111".into(), lid: None, device: 3 };
        let (by, reason) = (Stopper::Person, EndReason::Closed);
        let qr = QrCode { text: QrText::new("2@x"), issued_at: now, expires_at: now, round: 1 };
        let code = PairingCode {
            text: PairingText::new("AB12CD34"),
            phone: "15550001111".parse().unwrap(),
            issued_at: now,
            expires_at: now,
        };
        let linking = |step| (State::Linking(step), S::NotAuthorized, C::Offline);
        let last = Some(Outcome::Ended(EndReason::DeviceRemoved));
        for (state, expected, connection) in [
            (State::Pending, S::Starting, C::Offline),
            (State::Stopped { by, linked: Some(account()) }, S::Authorized, C::Offline),
            (State::Stopped { by, linked: None }, S::NotAuthorized, C::Offline),
            (State::Unlinked { last: None }, S::NotAuthorized, C::Offline),
            (State::Unlinked { last }, S::NotAuthorized, C::Offline),
            (
                State::Connecting { linked: Some(account()), not_before: None },
                S::Starting,
                C::Offline,
            ),
            (State::Connecting { linked: None, not_before: None }, S::NotAuthorized, C::Offline),
            (
                State::Connecting { linked: None, not_before: Some(now) },
                S::NotAuthorized,
                C::Offline,
            ),
            linking(LinkingStep::CodeShown(qr.clone())),
            linking(LinkingStep::PairingCodeShown { code: code.clone(), qr }),
            linking(LinkingStep::PairingCodeTyped { code }),
            linking(LinkingStep::Passkey(PasskeyStep::Answered { expires_at: now })),
            (
                State::Linking(LinkingStep::Finishing { account: account() }),
                S::Starting,
                C::Offline,
            ),
            (State::Online { account: account(), push_name: None }, S::Authorized, C::Online),
            (
                State::Offline { account: account(), reason, next_try: now },
                S::Authorized,
                C::Offline,
            ),
            (
                State::Suspended { account: account(), until: Some(now), next_try: now },
                S::Suspended,
                C::Offline,
            ),
            (State::Banned, S::Blocked, C::Offline),
            (State::Failed { linked: None, reason }, S::NotAuthorized, C::Offline),
            (State::Failed { linked: Some(account()), reason }, S::NotAuthorized, C::Offline),
        ] {
            assert_eq!(S::from(&state), expected, "{state:?}");
            assert_eq!(C::from(&state), connection, "{state:?}");
            // A notification says what a poll would.
            let availability = Availability::of(state.name(), state.linked().is_some());
            assert_eq!(S::from(availability), expected, "{state:?}");
        }
    }

    #[test]
    fn history_knows_three_words_and_leaves_out_what_passes() {
        use StateInstance as S;
        for (to, unlinked, linked) in [
            (StateName::Pending, None, None),
            (StateName::Stopped, Some(S::NotAuthorized), Some(S::Authorized)),
            (StateName::Unlinked, Some(S::NotAuthorized), Some(S::NotAuthorized)),
            (StateName::Connecting, Some(S::NotAuthorized), None),
            (StateName::Linking, Some(S::NotAuthorized), None),
            (StateName::Online, Some(S::Authorized), Some(S::Authorized)),
            (StateName::Offline, Some(S::Authorized), Some(S::Authorized)),
            (StateName::Suspended, None, None),
            (StateName::Banned, Some(S::Blocked), Some(S::Blocked)),
            (StateName::Failed, Some(S::NotAuthorized), Some(S::NotAuthorized)),
        ] {
            for (is_linked, expected) in [(false, unlinked), (true, linked)] {
                let change = StateChanged {
                    from: StateName::Pending,
                    to,
                    cause: Cause::Due,
                    linked: is_linked,
                    account: None,
                };
                assert_eq!(S::in_history(&change), expected, "{to:?}, linked: {is_linked}");
            }
        }
    }

    #[test]
    fn the_words_are_spelled_as_the_vendor_spells_them() {
        use StateInstance as S;
        let word = |state| serde_json::to_string(&state).unwrap();
        let words = [S::NotAuthorized, S::Authorized, S::Blocked, S::Starting, S::Suspended];
        assert_eq!(
            words.map(word),
            [
                r#""notAuthorized""#,
                r#""authorized""#,
                r#""blocked""#,
                r#""starting""#,
                r#""suspended""#
            ]
        );
    }
}
