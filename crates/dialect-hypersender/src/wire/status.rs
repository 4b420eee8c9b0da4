//! States in the vendor's words.

use serde::Serialize;
use waygate_core::event::StateChanged;
use waygate_core::id::InstanceId;
use waygate_core::instance::change::Cause;
use waygate_core::instance::machine::Machine;
use waygate_core::instance::passkey::PasskeyFailure;
use waygate_core::instance::state::{Outcome, State, StateName};
use waygate_core::reason::{EndReason, Next};
use waygate_engine::Gateway;

/// `status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Status {
    Pending,
    Stopped,
    Starting,
    ScanQrCode,
    Working,
    Failed,
}

/// The instance as it is now; `None` when it does not run in this process.
pub(crate) fn running(gateway: &Gateway, instance: InstanceId) -> Option<Machine> {
    let shown = gateway.watch_instance(instance).ok()?;
    let machine = shown.borrow().clone();
    Some(machine)
}

impl Status {
    pub(crate) fn of_instance(gateway: &Gateway, instance: InstanceId) -> Self {
        Self::of(running(gateway, instance).as_ref())
    }

    pub(crate) fn of(machine: Option<&Machine>) -> Self {
        machine.map_or(Self::Pending, |machine| Self::of_state(machine.state(), machine.last_end()))
    }

    /// The table of the design; `last_end` tells an attempt that goes on from one that begins.
    fn of_state(state: &State, last_end: Option<EndReason>) -> Self {
        match state {
            State::Pending => Self::Pending,
            State::Stopped { .. } => Self::Stopped,
            State::Unlinked { last: Some(last) } if is_failure(*last) => Self::Failed,
            // Between the codes of somebody who goes on looking.
            State::Connecting { linked: None, not_before: None }
                if last_end == Some(EndReason::CodesExhausted) =>
            {
                Self::ScanQrCode
            }
            State::Unlinked { .. } | State::Linking(_) => Self::ScanQrCode,
            State::Connecting { .. } | State::Offline { .. } => Self::Starting,
            State::Online { .. } => Self::Working,
            State::Suspended { .. } | State::Banned | State::Failed { .. } => Self::Failed,
        }
    }

    /// The status since a change.
    pub(crate) fn of_change(change: &StateChanged) -> Self {
        match change.to {
            StateName::Pending => Self::Pending,
            StateName::Stopped => Self::Stopped,
            StateName::Unlinked if outcome(change.cause).is_some_and(is_failure) => Self::Failed,
            StateName::Unlinked | StateName::Linking => Self::ScanQrCode,
            StateName::Connecting | StateName::Offline => Self::Starting,
            StateName::Online => Self::Working,
            StateName::Suspended | StateName::Banned | StateName::Failed => Self::Failed,
        }
    }

    /// The word on the wire.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Stopped => "STOPPED",
            Self::Starting => "STARTING",
            Self::ScanQrCode => "SCAN_QR_CODE",
            Self::Working => "WORKING",
            Self::Failed => "FAILED",
        }
    }
}

/// How a link or an attempt ended, by the cause of the change that it was, as far as that can be a failure.
fn outcome(cause: Cause) -> Option<Outcome> {
    if let Cause::Ended(reason) = cause {
        return Some(Outcome::Ended(reason));
    }
    if let Cause::PasskeyFailed(failure) = cause {
        return Some(Outcome::Passkey(failure));
    }
    (cause == Cause::WrongPhone).then_some(Outcome::WrongPhone)
}

/// Whether a link or an attempt ended because WhatsApp or the phone decided so, and not because
/// nobody went on with it or the way was barred for a while.
fn is_failure(last: Outcome) -> bool {
    match last {
        Outcome::Ended(reason) => match reason.ruling().next {
            Next::Unlink | Next::Banned | Next::WaitForBan | Next::Fail | Next::Probe(_) => true,
            Next::Redial | Next::Backoff { .. } | Next::Nothing => false,
        },
        Outcome::Passkey(failure) => match failure {
            PasskeyFailure::AnswerRefused | PasskeyFailure::ConfirmationRefused => true,
            PasskeyFailure::NoChallenge
            | PasskeyFailure::NotAnswered
            | PasskeyFailure::NoCode
            | PasskeyFailure::NotConfirmed
            | PasskeyFailure::PhoneSilent
            | PasskeyFailure::Unanswered
            | PasskeyFailure::Lost => false,
        },
        Outcome::WrongPhone => true,
        Outcome::NotScanned
        | Outcome::NotTyped
        | Outcome::WrongCode
        | Outcome::NotWatched
        | Outcome::ProofRejected
        | Outcome::LoggedOut => false,
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use waygate_core::account::LinkedAccount;
    use waygate_core::instance::pairing::PairingCode;
    use waygate_core::instance::passkey::PasskeyStep;
    use waygate_core::instance::state::{LinkingStep, QrCode, Stopper};
    use waygate_core::secret::{PairingText, QrText};

    use super::*;

    /// Every state with its word: the table of the design.
    #[test]
    fn every_state_has_its_word() {
        use Status as S;
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
        let linking = |step| (State::Linking(step), S::ScanQrCode);
        let connecting = |linked, not_before| State::Connecting { linked, not_before };
        for (state, expected) in [
            (State::Pending, S::Pending),
            (State::Stopped { by, linked: Some(account()) }, S::Stopped),
            (State::Stopped { by, linked: None }, S::Stopped),
            (connecting(Some(account()), None), S::Starting),
            (connecting(Some(account()), Some(now)), S::Starting),
            (connecting(None, None), S::Starting),
            (connecting(None, Some(now)), S::Starting),
            linking(LinkingStep::CodeShown(qr.clone())),
            linking(LinkingStep::PairingCodeShown { code: code.clone(), qr }),
            linking(LinkingStep::PairingCodeTyped { code }),
            linking(LinkingStep::Passkey(PasskeyStep::Answered { expires_at: now })),
            linking(LinkingStep::Finishing { account: account() }),
            (State::Online { account: account(), push_name: None }, S::Working),
            (State::Offline { account: account(), reason, next_try: now }, S::Starting),
            (State::Suspended { account: account(), until: Some(now), next_try: now }, S::Failed),
            (State::Banned, S::Failed),
            (State::Failed { linked: None, reason }, S::Failed),
            (State::Failed { linked: Some(account()), reason }, S::Failed),
        ] {
            assert_eq!(S::of_state(&state, None), expected, "{state:?}");
        }
    }

    #[test]
    fn a_removal_and_a_refusal_are_failures_until_somebody_asks_for_a_code() {
        let status = |last| Status::of_state(&State::Unlinked { last }, None);
        for reason in [
            EndReason::DeviceRemoved,
            EndReason::KeysGone,
            EndReason::Refused { code: 401 },
            EndReason::Refused { code: 403 },
            EndReason::TemporaryBan { expires_in: None },
        ] {
            assert_eq!(status(Some(Outcome::Ended(reason))), Status::Failed, "{reason:?}");
        }
        let refused = Outcome::Passkey(PasskeyFailure::AnswerRefused);
        assert_eq!(status(Some(refused)), Status::Failed);
        for last in [
            None,
            Some(Outcome::NotScanned),
            Some(Outcome::NotTyped),
            Some(Outcome::WrongCode),
            Some(Outcome::NotWatched),
            Some(Outcome::ProofRejected),
            Some(Outcome::Passkey(PasskeyFailure::NotAnswered)),
            Some(Outcome::LoggedOut),
            Some(Outcome::Ended(EndReason::DialFailed)),
            Some(Outcome::Ended(EndReason::ServerBusy)),
        ] {
            assert_eq!(status(last), Status::ScanQrCode, "{last:?}");
        }
    }

    #[test]
    fn an_attempt_that_renews_its_codes_goes_on_waiting_for_a_scan() {
        let connecting = State::Connecting { linked: None, not_before: None };
        let status = Status::of_state(&connecting, Some(EndReason::CodesExhausted));
        assert_eq!(status, Status::ScanQrCode);
        assert_eq!(Status::of_state(&connecting, Some(EndReason::DialFailed)), Status::Starting);
    }

    #[test]
    fn the_words_are_spelled_as_the_vendor_spells_them() {
        use Status as S;
        for status in [S::Pending, S::Stopped, S::Starting, S::ScanQrCode, S::Working, S::Failed] {
            let written = serde_json::to_string(&status).unwrap();
            assert_eq!(written, format!("\"{}\"", status.as_str()));
        }
    }
}
