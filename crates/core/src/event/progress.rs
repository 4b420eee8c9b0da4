//! What of a step of the machine is news about linking.

use super::{CodeIssued, EventKind, LinkingProgress};
use crate::instance::effect::Effect;
use crate::instance::passkey::PasskeyStep;
use crate::instance::state::{LinkingStep, Outcome, QrCode, State, Stopper};

/// What a step from one state to the next, with these effects, tells of an effort to link; `None` for
/// a step that has nothing to do with one.
pub fn of_step(before: &State, after: &State, effects: &[Effect]) -> Option<EventKind> {
    let progress = match (before, after) {
        (State::Linking(from), State::Linking(to)) => return between(from, to, effects),
        (_, State::Linking(to)) => reached(to),
        (State::Connecting { linked: None, .. } | State::Linking(_), _) => ended(after)?,
        (_, _) => return None,
    };
    Some(EventKind::Linking(progress))
}

fn between(from: &LinkingStep, to: &LinkingStep, effects: &[Effect]) -> Option<EventKind> {
    use LinkingStep as Step;
    let progress = match (from, to) {
        // A pairing code that is over leaves the QR code that was beside it.
        (Step::CodeShown(seen) | Step::PairingCodeShown { qr: seen, .. }, Step::CodeShown(qr)) => {
            return rotated(seen, qr);
        }
        (Step::PairingCodeShown { code: seen, qr: old }, Step::PairingCodeShown { code, qr })
            if seen == code =>
        {
            return rotated(old, qr);
        }
        (Step::PairingCodeTyped { code: seen }, Step::PairingCodeTyped { code })
            if seen == code =>
        {
            return None;
        }
        (Step::Passkey(seen), Step::Passkey(step)) if passkey(seen) == passkey(step) => {
            return None;
        }
        (Step::Finishing { .. }, Step::Finishing { .. }) => {
            let dials = |effect: &Effect| matches!(effect, Effect::Dial { .. });
            effects.iter().any(dials).then_some(LinkingProgress::Finishing)?
        }
        (_, to) => reached(to),
    };
    Some(EventKind::Linking(progress))
}

fn rotated(seen: &QrCode, qr: &QrCode) -> Option<EventKind> {
    (seen != qr).then(|| EventKind::QrRotated(issued(qr)))
}

fn reached(step: &LinkingStep) -> LinkingProgress {
    match step {
        LinkingStep::CodeShown(qr) => LinkingProgress::CodeShown(issued(qr)),
        LinkingStep::PairingCodeShown { code, .. } => {
            let expires_at_ms = code.expires_at.as_millisecond();
            LinkingProgress::PairingCodeShown { expires_at_ms }
        }
        LinkingStep::PairingCodeTyped { .. } => LinkingProgress::PairingCodeTyped,
        LinkingStep::Passkey(step) => passkey(step),
        LinkingStep::Finishing { .. } => LinkingProgress::Scanned,
    }
}

fn passkey(step: &PasskeyStep) -> LinkingProgress {
    match step {
        PasskeyStep::Challenged(_) => LinkingProgress::PasskeyRequired,
        PasskeyStep::Answered { .. } => LinkingProgress::PasskeyAnswered,
        PasskeyStep::CodeShown(_) => LinkingProgress::PasskeyCodeShown,
        PasskeyStep::Confirmed(_) => LinkingProgress::PasskeyConfirmed,
    }
}

fn issued(qr: &QrCode) -> CodeIssued {
    CodeIssued { round: qr.round, expires_at_ms: qr.expires_at.as_millisecond() }
}

/// How an effort ended that led here; `None` when it goes on.
fn ended(after: &State) -> Option<LinkingProgress> {
    let outcome = match after {
        State::Online { .. } => return Some(LinkingProgress::Linked),
        State::Unlinked { last } => *last,
        State::Failed { reason, .. } => Some(Outcome::Ended(*reason)),
        State::Stopped { by: Stopper::Person, linked: None } => None,
        // The process ends and the effort with it, which is no news about the instance; and an account
        // that is out of reach or banned is linked all the same.
        State::Stopped { .. }
        | State::Pending
        | State::Connecting { .. }
        | State::Linking(_)
        | State::Offline { .. }
        | State::Suspended { .. }
        | State::Banned => return None,
    };
    Some(LinkingProgress::Failed { outcome })
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::*;
    use crate::account::LinkedAccount;
    use crate::instance::pairing::PairingCode;
    use crate::instance::passkey::PasskeyCode;
    use crate::reason::EndReason;
    use crate::secret::{PairingText, PasskeyCodeText, QrText};

    fn qr(round: u32) -> QrCode {
        let issued_at = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(round.into());
        QrCode { text: QrText::new("2@x"), issued_at, expires_at: issued_at, round }
    }

    fn shown(round: u32) -> State {
        State::Linking(LinkingStep::CodeShown(qr(round)))
    }

    fn typed() -> PairingCode {
        PairingCode {
            text: PairingText::new("AB12CD34"),
            phone: "15550001111".parse().unwrap(),
            issued_at: Timestamp::UNIX_EPOCH,
            expires_at: Timestamp::UNIX_EPOCH,
        }
    }

    fn account() -> LinkedAccount {
        LinkedAccount { phone: "15550001111".into(), lid: None, device: 3 }
    }

    fn told(before: &State, after: &State, effects: &[Effect]) -> String {
        of_step(before, after, effects)
            .map_or_else(String::new, |kind| serde_json::to_string(&kind).unwrap())
    }

    #[test]
    fn every_step_of_an_effort_is_told_once() {
        let connecting = State::Connecting { linked: None, not_before: None };
        let paired =
            |round| State::Linking(LinkingStep::PairingCodeShown { code: typed(), qr: qr(round) });
        let typing = State::Linking(LinkingStep::PairingCodeTyped { code: typed() });
        let finishing = State::Linking(LinkingStep::Finishing { account: account() });
        let answered = |s| {
            let expires_at = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(s);
            State::Linking(LinkingStep::Passkey(PasskeyStep::Answered { expires_at }))
        };
        let compared = PasskeyCode {
            text: PasskeyCodeText::new("AB12-CD34"),
            expires_at: Timestamp::UNIX_EPOCH,
        };
        let comparing =
            State::Linking(LinkingStep::Passkey(PasskeyStep::CodeShown(compared.clone())));
        let confirmed = State::Linking(LinkingStep::Passkey(PasskeyStep::Confirmed(compared)));
        let online = State::Online { account: account(), push_name: None };
        let unlinked = State::Unlinked { last: Some(Outcome::NotScanned) };
        let failed = State::Failed { linked: None, reason: EndReason::Fault };
        let stopped = |by| State::Stopped { by, linked: None };
        let first = r#"{"linking":{"code_shown":{"round":1,"expires_at_ms":1000}}}"#;
        let second = r#"{"qr_rotated":{"round":2,"expires_at_ms":2000}}"#;
        let dial = [Effect::Dial { urgent: true }];
        for (before, after, effects, expected) in [
            (&connecting, &shown(1), &[][..], first),
            (&shown(1), &shown(1), &[], ""),
            (&shown(1), &shown(2), &[], second),
            (
                &shown(1),
                &paired(1),
                &[],
                r#"{"linking":{"pairing_code_shown":{"expires_at_ms":0}}}"#,
            ),
            (&paired(1), &paired(1), &[], ""),
            (&paired(1), &paired(2), &[], second),
            (&paired(1), &shown(1), &[], ""),
            (&paired(1), &typing, &[], r#"{"linking":"pairing_code_typed"}"#),
            (&typing, &typing, &[], ""),
            (&shown(1), &answered(1), &[], r#"{"linking":"passkey_answered"}"#),
            (&answered(1), &answered(2), &[], ""),
            (&answered(1), &comparing, &[], r#"{"linking":"passkey_code_shown"}"#),
            (&comparing, &confirmed, &[], r#"{"linking":"passkey_confirmed"}"#),
            (&confirmed, &finishing, &[], r#"{"linking":"scanned"}"#),
            (&shown(1), &finishing, &[], r#"{"linking":"scanned"}"#),
            (&unlinked, &finishing, &[], r#"{"linking":"scanned"}"#),
            (&finishing, &finishing, &[], ""),
            (&finishing, &finishing, &dial, r#"{"linking":"finishing"}"#),
            (&finishing, &online, &[], r#"{"linking":"linked"}"#),
            (&shown(2), &connecting, &dial, ""),
            (&shown(2), &unlinked, &[], r#"{"linking":{"failed":{"outcome":"not_scanned"}}}"#),
            (&connecting, &failed, &[], r#"{"linking":{"failed":{"outcome":{"ended":"fault"}}}}"#),
            (
                &shown(1),
                &stopped(Stopper::Person),
                &[],
                r#"{"linking":{"failed":{"outcome":null}}}"#,
            ),
            (&shown(1), &stopped(Stopper::Shutdown), &[], ""),
        ] {
            assert_eq!(told(before, after, effects), expected, "{before:?} to {after:?}");
        }
    }

    #[test]
    fn what_a_linked_account_goes_through_is_no_effort_to_link() {
        let connecting = State::Connecting { linked: Some(account()), not_before: None };
        let online = State::Online { account: account(), push_name: None };
        let unlinked = State::Unlinked { last: Some(Outcome::LoggedOut) };
        for (before, after) in [
            (&connecting, &online),
            (&online, &unlinked),
            (&online, &connecting),
            (&unlinked, &State::Connecting { linked: None, not_before: None }),
            (&State::Pending, &unlinked),
        ] {
            assert_eq!(told(before, after, &[]), "", "{before:?} to {after:?}");
        }
    }
}
