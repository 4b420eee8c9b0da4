use super::*;
use crate::instance::linking::EXPLICIT_MAX;
use crate::phone::PhoneNumber;
use crate::secret::PairingText;

fn phone() -> PhoneNumber {
    "15550001111".parse().unwrap()
}

fn ask() -> Input {
    Input::AskPairingCode(phone())
}

pub(super) fn issued(seconds: u64) -> Input {
    let text = PairingText::new("ABCD1234");
    issued_of(text, Timestamp::MAX, seconds)
}

fn issued_of(text: PairingText, issued_at: Timestamp, seconds: u64) -> Input {
    let valid_for = Duration::from_secs(seconds);
    Input::Link(LinkEvent::PairingCodeIssued { text, issued_at, valid_for })
}

fn typed() -> Input {
    Input::Link(LinkEvent::PairingCodeTyped)
}

fn spent() -> Input {
    Input::Link(LinkEvent::PairingCodeSpent)
}

/// A code that was asked for at second 0 and can be typed until second 181.
fn shown() -> Story {
    let mut story = Story::new(None);
    assert_eq!(story.then(0, ask()), [Effect::Dial { urgent: true }]);
    assert_eq!(story.then(0, qr(60)), [Effect::RequestPairingCode(phone())]);
    assert_eq!(story.then(1, issued(180)), []);
    story
}

impl Story {
    fn code(&self, second: i64) -> Option<&str> {
        self.machine.state().pairing_code(at(second)).map(|code| code.text.expose())
    }

    fn shows_qr(&self, second: i64) -> bool {
        self.machine.state().qr_code(at(second)).is_some()
    }
}

#[test]
fn a_pairing_code_is_asked_for_once_whatsapp_offers_codes_at_all() {
    let story = shown();
    assert_eq!((story.code(1), story.machine.pairing()), (Some("ABCD1234"), None));
    assert!(story.shows_qr(1), "the QR code can be scanned instead");
}

#[test]
fn a_code_that_was_heard_of_late_expires_no_later_for_that() {
    let mut story = Story::new(None);
    story.then(0, ask());
    story.then(30, qr_of(at(1), 60));
    assert_eq!((story.shows_qr(60), story.shows_qr(61)), (true, false));
    story.then(30, issued_of(PairingText::new("ABCD1234"), at(2), 180));
    assert_eq!((story.code(181), story.code(182)), (Some("ABCD1234"), None));
    let code = story.machine.state().pairing_code(at(30)).unwrap();
    assert_eq!(code.issued_at, at(2));
    story.then(40, qr_of(at(1000), 20));
    assert_eq!((story.shows_qr(59), story.shows_qr(60)), (true, false), "ahead is just now");
}

#[test]
fn a_pairing_code_is_kept_alive_without_a_look_and_ends_when_it_expires() {
    let mut story = shown();
    story.then(60, qr(20));
    assert_eq!(story.alarm(), Some(181));
    assert_eq!(story.code(180), Some("ABCD1234"));
    assert_eq!((story.code(181), story.shows_qr(100)), (None, false));
    assert_eq!(story.then(181, Input::Wake), [Effect::HangUp]);
    assert_eq!(*story.machine.state(), State::Unlinked { last: Some(Outcome::NotTyped) });
}

#[test]
fn somebody_who_still_looks_when_a_pairing_code_expires_gets_a_fresh_attempt() {
    let mut story = shown();
    story.then(150, Input::Look);
    let expected = [Effect::HangUp, Effect::Dial { urgent: true }];
    assert_eq!(story.then(181, Input::Wake), expected);
    assert_eq!(story.then(182, qr(60)), [], "the old wish is not repeated");
    assert!(story.shows_qr(182));
}

#[test]
fn each_pairing_code_gets_a_connection_of_its_own() {
    let mut story = shown();
    let expected = [Effect::HangUp, Effect::Dial { urgent: true }];
    assert_eq!(story.then(20, ask()), expected);
    assert_eq!(story.code(20), None, "the code before is worth nothing");
    assert_eq!(story.then(21, qr(60)), [Effect::RequestPairingCode(phone())]);
}

#[test]
fn two_who_ask_for_one_phone_share_the_code_and_another_phone_takes_over() {
    let mut story = Story::new(None);
    story.then(0, ask());
    assert_eq!(story.then(0, ask()), []);
    story.then(1, qr(60));
    assert_eq!(story.then(1, ask()), []);
    let other: PhoneNumber = "15550002222".parse().unwrap();
    let expected = [Effect::HangUp, Effect::Dial { urgent: true }];
    assert_eq!(story.then(2, Input::AskPairingCode(other.clone())), expected);
    assert_eq!(story.then(3, qr(60)), [Effect::RequestPairingCode(other)]);
}

#[test]
fn a_refused_request_is_told_and_the_qr_code_stays() {
    let mut story = Story::new(None);
    story.then(0, ask());
    story.then(1, qr(60));
    let refusal = PairingRefusal::NumberRefused;
    story.then(2, Input::Link(LinkEvent::PairingCodeRefused(refusal)));
    let refused = PairingRequest::Refused { phone: phone(), refusal };
    assert_eq!(story.machine.pairing(), Some(&refused));
    assert!(story.shows_qr(2));
    let expected = [Effect::HangUp, Effect::Dial { urgent: true }];
    assert_eq!(story.then(3, ask()), expected, "it may be asked for again");
}

#[test]
fn a_typed_code_takes_the_qr_code_off_and_ends_in_a_link() {
    let mut story = shown();
    assert_eq!(story.then(30, typed()), []);
    assert!(!story.shows_qr(30), "no phone would accept it any more");
    assert_eq!(story.code(30), Some("ABCD1234"), "a mistyped code can be typed again");
    assert_eq!(story.then(35, qr(20)), [], "nor a later one");
    assert!(!story.shows_qr(35));
    story.then(40, Input::Link(LinkEvent::Paired(account())));
    assert_eq!(story.machine.state().linked(), Some(&account()));
    assert_eq!(story.then(41, ended(EndReason::RestartRequired)), [Effect::Dial { urgent: true }]);
    story.then(42, connected());
    assert_eq!(story.name(), StateName::Online);
}

#[test]
fn a_wrong_code_ends_the_attempt_and_a_new_one_can_be_asked_for() {
    let mut story = shown();
    story.then(30, typed());
    assert_eq!(story.then(90, spent()), [Effect::HangUp, Effect::Dial { urgent: true }]);
    assert_eq!(story.then(91, qr(60)), []);
    assert!(story.shows_qr(91));
    assert_eq!(story.then(92, ask()), [Effect::HangUp, Effect::Dial { urgent: true }]);
}

#[test]
fn whatsapp_may_refuse_a_code_after_it_was_typed() {
    let mut story = shown();
    story.then(30, typed());
    let refused = Input::Link(LinkEvent::PairingCodeRefused(PairingRefusal::Failed));
    assert_eq!(story.then(31, refused), [Effect::HangUp, Effect::Dial { urgent: true }]);
    assert_eq!(story.code(31), None);
}

#[test]
fn a_wrong_code_that_nobody_waits_for_any_more_ends_in_silence() {
    let mut story = shown();
    story.then(170, typed());
    assert_eq!(story.alarm(), Some(260), "long enough to hear of a wrong code");
    assert_eq!(story.then(260, Input::Wake), [Effect::HangUp]);
    assert_eq!(story.name(), StateName::Unlinked);
}

#[test]
fn a_lost_connection_asks_again_and_a_lost_code_does_not() {
    let mut story = Story::new(None);
    story.then(0, ask());
    story.then(1, qr(60));
    story.then(2, ended(EndReason::Closed));
    let asked = PairingRequest::Asked(phone());
    assert_eq!(story.machine.pairing(), Some(&asked));
    let due = story.alarm().unwrap();
    assert_eq!(story.then(due, Input::Wake), [Effect::Dial { urgent: false }]);
    assert_eq!(story.then(due + 1, qr(60)), [Effect::RequestPairingCode(phone())]);
    story.then(due + 2, issued(180));
    story.then(due + 3, ended(EndReason::Closed));
    let due = story.alarm().unwrap();
    story.then(due, Input::Wake);
    assert_eq!(story.then(due + 1, qr(60)), [], "whoever has the code must ask for another");
}

#[test]
fn pairing_codes_count_as_explicit_requests() {
    let mut story = Story::new(None);
    for second in 0..i64::try_from(EXPLICIT_MAX).unwrap() {
        let asked = story.then(2 * second, ask());
        assert!(asked.contains(&Effect::Dial { urgent: true }), "{asked:?}");
        story.then(2 * second, qr(60));
        story.then(2 * second + 1, issued(180));
    }
    let refused = story.then(30, ask());
    assert!(matches!(refused.as_slice(), [Effect::Refuse { .. }]), "{refused:?}");
}

#[test]
fn asking_for_a_pairing_code_never_touches_a_working_link() {
    let mut story = online();
    assert_eq!(story.then(1, ask()), []);
    assert_eq!(story.name(), StateName::Online);
    assert_eq!(story.machine.pairing(), None);
}

#[test]
fn whoever_gives_up_frees_the_connection_and_the_spacing_counts_it() {
    for _ in 0..2 {
        let mut story = Story::new(None);
        let mut second = 0;
        loop {
            let dialled = story.then(second, Input::Look);
            if dialled.is_empty() {
                break;
            }
            story.then(second, qr(60));
            assert_eq!(story.then(second + 1, Input::GiveUp), [Effect::HangUp]);
            second += 2;
        }
        assert_eq!(second, 20, "ten attempts, then the spacing");
    }
    let mut story = online();
    assert_eq!(story.then(1, Input::GiveUp), []);
    assert_eq!(story.name(), StateName::Online, "what succeeded stays");
}

#[test]
fn giving_up_while_whatsapp_cannot_be_reached_does_not_shorten_the_wait() {
    let mut story = Story::new(None);
    story.then(0, Input::Look);
    story.then(1, ended(EndReason::DialFailed));
    let due = story.alarm().unwrap();
    assert_eq!(story.then(1, Input::GiveUp), []);
    assert_eq!(story.then(1, Input::Look), []);
    assert_eq!(story.alarm(), Some(due));
}
