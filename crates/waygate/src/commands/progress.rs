//! What an instance's state means to somebody who wants to link it.

use jiff::Timestamp;
use waygate_core::instance::machine::Machine;
use waygate_core::instance::passkey::PasskeyStep;
use waygate_core::instance::state::{LinkingStep, Outcome, QrCode, State};
use waygate_engine::attempts::WRONG_PHONE;

/// What to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Nothing that the person has to know.
    Quiet,
    /// A code to scan.
    Code(QrCode),
    /// Something that will pass by itself.
    Note(String),
    /// The goal.
    Linked(String),
    /// It will not go on without a person.
    Stuck(String),
}

/// The state in words; `now` for the waits.
pub(crate) fn progress(machine: &Machine, now: Timestamp) -> Progress {
    let in_seconds = |at: Timestamp| at.duration_since(now).as_secs().max(1).unsigned_abs();
    let why = machine.last_end().map(|end| end.ruling().words);
    match machine.state() {
        State::Pending | State::Stopped { .. } | State::Connecting { not_before: None, .. } => {
            Progress::Quiet
        }
        State::Unlinked { last } => {
            let next = machine.linking().spaced_until(now);
            match (last, next) {
                (_, Some(at)) => {
                    let minutes = in_seconds(at).div_ceil(60);
                    Progress::Note(format!("no code was scanned; the next in {minutes} min"))
                }
                (Some(Outcome::Ended(end)), None) => {
                    Progress::Note(format!("not linked: {}", end.ruling().words))
                }
                (Some(Outcome::ProofRejected), None) => {
                    Progress::Note("the phone's proof did not verify; a new code comes".into())
                }
                (Some(Outcome::NotTyped), None) => {
                    Progress::Note("the code was not typed in time; a new one comes".into())
                }
                (Some(Outcome::WrongCode), None) => {
                    Progress::Note("a wrong code was typed; a new one comes".into())
                }
                (Some(Outcome::Passkey(failure)), None) => {
                    Progress::Note(format!("not linked: {}", failure.words()))
                }
                (Some(Outcome::WrongPhone), None) => Progress::Note(WRONG_PHONE.into()),
                (Some(Outcome::LoggedOut), None) => Progress::Note("logged out".into()),
                (Some(Outcome::NotScanned | Outcome::NotWatched) | None, None) => Progress::Quiet,
            }
        }
        State::Connecting { not_before: Some(at), .. } | State::Offline { next_try: at, .. } => {
            let why = why.unwrap_or("the connection was lost");
            Progress::Note(format!("{why}; next try in {} s", in_seconds(*at)))
        }
        // Somebody else may type a code meanwhile; what can be scanned is good enough here.
        State::Linking(
            LinkingStep::CodeShown(code) | LinkingStep::PairingCodeShown { qr: code, .. },
        ) => Progress::Code(code.clone()),
        State::Linking(LinkingStep::PairingCodeTyped { .. }) => {
            Progress::Note("a phone typed the code; waiting for WhatsApp".into())
        }
        State::Linking(LinkingStep::Passkey(step)) => Progress::Note(passkey(step).into()),
        State::Linking(LinkingStep::Finishing { .. }) => {
            Progress::Note("a phone accepted the code; logging in".into())
        }
        State::Online { account, .. } => {
            // Enough to recognise one's own number, too little to know another's.
            let last: String = {
                let mut digits: Vec<char> = account.phone.chars().rev().take(4).collect();
                digits.reverse();
                digits.into_iter().collect()
            };
            let device = account.device;
            Progress::Linked(format!(
                "linked: state authorized, number ending in {last}, device {device}"
            ))
        }
        State::Suspended { next_try, .. } => {
            let minutes = in_seconds(*next_try).div_ceil(60);
            let why = why.unwrap_or("WhatsApp banned the account for a time");
            Progress::Stuck(format!("{why}; next try in {minutes} min"))
        }
        State::Banned => Progress::Stuck(why.unwrap_or("WhatsApp banned the account").into()),
        State::Failed { reason, .. } => Progress::Stuck(reason.ruling().words.into()),
    }
}

/// What to do about a passkey. Only a browser can ask it, and the page says how.
fn passkey(step: &PasskeyStep) -> &'static str {
    match step {
        PasskeyStep::Challenged(_) => {
            "WhatsApp asks for a passkey before it links this account; open the page with the code \
             in a browser, and go on there"
        }
        PasskeyStep::Answered { .. } => "the passkey was used; WhatsApp and the phone check it",
        PasskeyStep::CodeShown(_) => {
            "compare the code on the page with the one on the phone, and confirm it"
        }
        PasskeyStep::Confirmed(_) => "the code was confirmed; waiting for the phone",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use waygate_core::account::LinkedAccount;
    use waygate_core::instance::input::{Input, Moment};
    use waygate_core::instance::machine::step;
    use waygate_core::instance::passkey::PasskeyAssertion;
    use waygate_core::port::link::LinkEvent;
    use waygate_core::reason::EndReason;
    use waygate_core::secret::{PasskeyCodeText, PasskeyOptions, QrText};

    use super::*;

    fn account() -> LinkedAccount {
        LinkedAccount { phone: "15550001111".into(), lid: None, device: 2 }
    }

    fn after(linked: bool, inputs: impl IntoIterator<Item = Input>) -> Progress {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let mut machine = Machine::new(now);
        let start = Input::Start(linked.then(account));
        for input in [start].into_iter().chain(inputs) {
            machine = step(&machine, input, Moment { now, luck: 0.5 }).0;
        }
        progress(&machine, now)
    }

    #[test]
    fn a_code_is_shown_and_a_link_is_told_without_the_number() {
        let text = QrText::new("2@ref");
        let valid_for = Duration::from_secs(60);
        let issued =
            Input::Link(LinkEvent::QrIssued { text, issued_at: Timestamp::MAX, valid_for });
        assert!(matches!(after(false, [Input::Look, issued]), Progress::Code(_)));
        let online = after(
            true,
            [Input::Link(LinkEvent::Connected { account: account(), push_name: None })],
        );
        let Progress::Linked(words) = online else { panic!("{online:?}") };
        assert!(words.contains("authorized") && words.contains("1111"), "{words}");
        assert!(!words.contains("15550001111"), "{words}");
    }

    #[test]
    fn a_passkey_is_something_that_a_person_can_do_and_its_code_is_not_told() {
        let options = PasskeyOptions::new("{}");
        let (issued_at, valid_for) = (Timestamp::MAX, Duration::from_secs(600));
        let asked = LinkEvent::PasskeyChallenged { options: options.clone(), issued_at, valid_for };
        let assertion = PasskeyAssertion { credential_id: Box::default(), json: Box::default() };
        let text = PasskeyCodeText::new("ABCD-1234");
        let course = [
            Input::Look,
            Input::Link(asked),
            Input::AnswerPasskey { options, assertion },
            Input::Link(LinkEvent::PasskeyCodeIssued { text: text.clone(), to_compare: true }),
            Input::ConfirmPasskey(text),
        ];
        for (steps, words) in [(2, "open the page"), (3, "used"), (4, "compare"), (5, "waiting")] {
            let told = after(false, course.iter().take(steps).cloned());
            let Progress::Note(told) = told else { panic!("{told:?}") };
            assert!(told.contains(words) && !told.contains("ABCD"), "{told}");
        }
    }

    #[test]
    fn what_stands_in_the_way_is_said_in_words() {
        for (reason, words) in [
            (EndReason::DialFailed, "WhatsApp cannot be reached; next try in 1 s"),
            (
                EndReason::NotTrusted,
                "the server could not prove that it is WhatsApp; next try in 1 s",
            ),
        ] {
            let told = after(false, [Input::Look, Input::Link(LinkEvent::Ended(reason))]);
            assert_eq!(told, Progress::Note(words.into()));
        }
        let banned = Input::Link(LinkEvent::Ended(EndReason::Refused { code: 406 }));
        assert_eq!(after(true, [banned]), Progress::Stuck("WhatsApp banned the account".into()));
    }
}
