//! Linking an account that WhatsApp guards with a passkey.

use super::*;
use crate::instance::passkey::{
    PasskeyAssertion, PasskeyChallenge, PasskeyCode, PasskeyStep, STEP_FOR,
};
use crate::secret::{PasskeyCodeText, PasskeyOptions};

fn options() -> PasskeyOptions {
    PasskeyOptions::new(r#"{"challenge":"AAAA"}"#)
}

fn code() -> PasskeyCodeText {
    PasskeyCodeText::new("ABCD-1234")
}

fn assertion() -> PasskeyAssertion {
    PasskeyAssertion { credential_id: Box::from(*b"id"), json: Box::from(*b"{}") }
}

pub(super) fn challenged(seconds: u64) -> Input {
    challenged_at(Timestamp::MAX, seconds)
}

pub(super) fn challenged_at(issued_at: Timestamp, seconds: u64) -> Input {
    let valid_for = Duration::from_secs(seconds);
    Input::Link(LinkEvent::PasskeyChallenged { options: options(), issued_at, valid_for })
}

pub(super) fn answered() -> Input {
    Input::AnswerPasskey { options: options(), assertion: assertion() }
}

pub(super) fn code_issued(to_compare: bool) -> Input {
    Input::Link(LinkEvent::PasskeyCodeIssued { text: code(), to_compare })
}

pub(super) fn confirmed() -> Input {
    Input::ConfirmPasskey(code())
}

fn failed(failure: PasskeyFailure) -> Input {
    Input::Link(LinkEvent::PasskeyFailed(failure))
}

/// How the passkey's part begins, step by step, a second each; the challenge comes at second 2.
const COURSE: [fn() -> Input; 4] = [|| challenged(600), answered, || code_issued(true), confirmed];

/// The end of each step of [`COURSE`], and what has failed by then.
const ENDS: [(i64, PasskeyFailure); 4] = [
    (2 + 600, PasskeyFailure::NotAnswered),
    (3 + 300, PasskeyFailure::PhoneSilent),
    (4 + 300, PasskeyFailure::NotConfirmed),
    (5 + 300, PasskeyFailure::PhoneSilent),
];

/// A machine that has come so many steps of [`COURSE`] far.
fn at_step(steps: usize) -> Story {
    let mut story = Story::new(None);
    story.then(0, Input::Look);
    story.then(1, qr(60));
    for (second, input) in (2..).zip(COURSE.iter().take(steps)) {
        story.then(second, input());
    }
    assert!(story.machine.passkey_step().is_some());
    story
}

#[test]
fn a_passkey_links_by_its_answer_and_a_confirmed_code() {
    let mut story = at_step(1);
    let expires_at = at(2 + 600);
    let challenge = PasskeyChallenge { options: options(), expires_at };
    assert_eq!(story.machine.passkey_step(), Some(&PasskeyStep::Challenged(challenge)));
    assert_eq!(story.then(10, answered()), [Effect::AnswerPasskey(assertion())]);
    assert_eq!(story.then(11, code_issued(true)), []);
    let shown = PasskeyCode { text: code(), expires_at: at(11) + STEP_FOR };
    assert_eq!(story.machine.passkey_step(), Some(&PasskeyStep::CodeShown(shown)));
    assert_eq!(story.then(20, confirmed()), [Effect::ConfirmPasskey]);
    let sent = PasskeyCode { text: code(), expires_at: at(20) + STEP_FOR };
    assert_eq!(story.machine.passkey_step(), Some(&PasskeyStep::Confirmed(sent)));
    assert_eq!(story.then(21, Input::Link(LinkEvent::Paired(account()))), []);
    assert_eq!(story.then(22, ended(EndReason::RestartRequired)), [Effect::Dial { urgent: true }]);
    story.then(23, connected());
    assert_eq!(story.name(), StateName::Online);
    assert_eq!(story.machine.passkey_failure(), None);
}

#[test]
fn a_code_that_nobody_has_to_compare_is_confirmed_at_once() {
    let mut story = at_step(2);
    assert_eq!(story.then(4, code_issued(false)), [Effect::ConfirmPasskey]);
    assert!(matches!(story.machine.passkey_step(), Some(PasskeyStep::Confirmed(_))));
}

#[test]
fn every_step_ends_in_time_and_no_attempt_follows_though_somebody_looks() {
    for (steps, (end, failure)) in (1..).zip(ENDS) {
        let mut story = at_step(steps);
        for second in (90..end).step_by(60) {
            assert_eq!(story.then(second, Input::Look), [], "a look is no reason to begin anew");
            assert_eq!(story.then(second, Input::Wake), []);
        }
        assert_eq!(story.alarm(), Some(end), "step {steps}");
        story.then(end - 1, Input::Look);
        assert_eq!(story.then(end, Input::Wake), [Effect::HangUp], "step {steps}");
        assert_eq!(
            story.machine.state(),
            &State::Unlinked { last: Some(Outcome::Passkey(failure)) }
        );
        assert_eq!(story.machine.passkey_failure(), Some(failure));
        assert_eq!(story.alarm(), None, "a machine does not try again");
        let Some(Effect::Announce(change)) = story.effects.last() else { panic!("not told") };
        assert_eq!(change.cause, Cause::PasskeyFailed(failure));
        assert_eq!(story.then(end + 1, Input::Look), [Effect::Dial { urgent: true }], "a person");
    }
}

#[test]
fn a_passkey_is_waited_for_without_a_look_for_as_long_as_it_says() {
    let mut story = at_step(1);
    assert_eq!(story.then(599, Input::Wake), []);
    let mut short = Story::new(None);
    short.then(0, Input::Look);
    short.then(1, challenged(30));
    assert_eq!(short.alarm(), Some(31));
    let mut long = Story::new(None);
    long.then(0, Input::Look);
    long.then(1, challenged(86_400));
    assert_eq!(long.alarm(), Some(601), "no longer than the web client waits");
}

#[test]
fn a_connection_that_is_lost_in_any_step_ends_the_attempt() {
    for steps in 1..=COURSE.len() {
        for reason in [
            EndReason::Closed,
            EndReason::CodesExhausted,
            EndReason::RestartRequired,
            EndReason::StreamFault { code: 500 },
            EndReason::Fault,
        ] {
            let mut story = at_step(steps);
            assert_eq!(story.then(80, ended(reason)).iter().find(|it| dials(it)), None);
            let lost = Some(Outcome::Passkey(PasskeyFailure::Lost));
            assert_eq!(story.machine.state(), &State::Unlinked { last: lost }, "{reason:?}");
            assert_eq!(story.alarm(), None, "a machine does not try again");
        }
    }
}

fn dials(effect: &Effect) -> bool {
    matches!(effect, Effect::Dial { .. })
}

#[test]
fn a_failure_that_the_connection_tells_ends_the_attempt_in_any_step() {
    for steps in 1..=COURSE.len() {
        for failure in PasskeyFailure::ALL {
            let mut story = at_step(steps);
            assert_eq!(story.then(80, failed(failure)), [Effect::HangUp]);
            let last = Some(Outcome::Passkey(failure));
            assert_eq!(story.machine.state(), &State::Unlinked { last });
            assert_eq!(story.alarm(), None);
        }
    }
}

#[test]
fn a_challenge_that_cannot_be_read_ends_the_attempt_before_it_has_begun() {
    let mut story = Story::new(None);
    story.then(0, Input::Look);
    story.then(1, qr(60));
    assert_eq!(story.then(2, failed(PasskeyFailure::NoCode)), [], "nothing of the kind runs");
    assert_eq!(story.then(2, failed(PasskeyFailure::NoChallenge)), [Effect::HangUp]);
    let last = Some(Outcome::Passkey(PasskeyFailure::NoChallenge));
    assert_eq!(story.machine.state(), &State::Unlinked { last });
    let mut story = online();
    assert_eq!(story.then(2, failed(PasskeyFailure::NoChallenge)), []);
    assert_eq!(story.name(), StateName::Online, "a working link is not touched");
}

#[test]
fn whatever_comes_in_the_wrong_step_is_refused_and_changes_nothing() {
    for (steps, wrong) in [
        (1, confirmed as fn() -> Input),
        (2, answered),
        (2, confirmed),
        (3, answered),
        (4, answered),
        (4, confirmed),
    ] {
        let mut story = at_step(steps);
        let before = story.machine.clone();
        assert_eq!(story.then(9, wrong()), [Effect::NotNow], "step {steps}");
        assert_eq!(story.machine, before);
    }
    let mut story = online();
    for wrong in [answered(), confirmed()] {
        assert_eq!(story.then(9, wrong), [Effect::NotNow]);
    }
    let (mut asked, other) = (at_step(1), PasskeyOptions::new("{}"));
    let stale = Input::AnswerPasskey { options: other, assertion: assertion() };
    assert_eq!(asked.then(9, stale), [Effect::NotNow], "it answers another challenge");
    let (mut shown, other) = (at_step(3), PasskeyCodeText::new("ZZZZ-9999"));
    assert_eq!(shown.then(9, Input::ConfirmPasskey(other)), [Effect::NotNow]);
}

#[test]
fn what_comes_in_the_last_moment_counts_and_what_comes_later_does_not() {
    for (steps, input) in [(1, answered as fn() -> Input), (3, confirmed)] {
        let (end, _failure) = ENDS[steps - 1];
        assert_ne!(at_step(steps).then(end - 1, input()), [Effect::NotNow]);
        assert_eq!(at_step(steps).then(end, input()), [Effect::NotNow]);
    }
}

#[test]
fn no_code_to_scan_takes_the_place_of_a_passkey() {
    for steps in 1..=COURSE.len() {
        let mut story = at_step(steps);
        let before = story.machine.passkey_step().cloned();
        assert_eq!(story.then(30, qr(20)), []);
        assert_eq!(story.machine.passkey_step().cloned(), before);
        assert!(story.machine.state().qr_code(at(31)).is_none());
    }
}

#[test]
fn a_person_ends_it_in_any_step_and_gets_a_new_code_at_once() {
    for steps in 1..=COURSE.len() {
        let mut story = at_step(steps);
        assert_eq!(story.then(30, Input::GiveUp), [Effect::HangUp]);
        assert_eq!(
            story.machine.state(),
            &State::Unlinked { last: Some(Outcome::NotWatched) },
            "step {steps}"
        );
        for (input, name) in [
            (Input::AskNewCode(Ration::Hourly), StateName::Connecting),
            (Input::AskPairingCode("15550001111".parse().unwrap()), StateName::Connecting),
            (Input::Restart, StateName::Connecting),
            (Input::Stop(Stopper::Person), StateName::Stopped),
        ] {
            let mut story = at_step(steps);
            assert_eq!(story.then(30, input).first(), Some(&Effect::HangUp));
            assert_eq!(story.name(), name);
        }
        let mut story = at_step(steps);
        assert_eq!(story.then(30, Input::LogOut), [Effect::HangUp, Effect::ForgetCredentials]);
    }
}

#[test]
fn a_typed_code_may_be_followed_by_a_passkey() {
    let mut story = Story::new(None);
    story.then(0, Input::AskPairingCode("15550001111".parse().unwrap()));
    story.then(1, qr(60));
    story.then(2, pairing::issued(180));
    story.then(3, Input::Link(LinkEvent::PairingCodeTyped));
    story.then(4, challenged(600));
    assert_eq!(story.then(5, Input::Link(LinkEvent::PairingCodeSpent)), [], "that is past");
    assert_eq!(story.then(6, answered()), [Effect::AnswerPasskey(assertion())]);
}

#[test]
fn a_challenge_has_no_place_at_a_login() {
    let mut story = Story::new(Some(account()));
    story.then(1, challenged(600));
    assert_eq!(story.name(), StateName::Connecting);
    story.then(2, connected());
    story.then(3, challenged(600));
    assert_eq!(story.name(), StateName::Online);
}
