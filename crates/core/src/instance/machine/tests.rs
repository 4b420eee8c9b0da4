use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::instance::linking::DEMAND;
use crate::instance::pairing::PairingRefusal;
use crate::instance::passkey::CHALLENGE_FOR;
use crate::reason::EndReason;
use crate::secret::QrText;

mod ending;
mod orders;
mod pairing;
mod passkey;

const MINUTE: i64 = 60;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn account() -> LinkedAccount {
    LinkedAccount { phone: "15550001111".into(), lid: None, device: 1 }
}

/// A code that was issued just now.
fn qr(seconds: u64) -> Input {
    qr_of(Timestamp::MAX, seconds)
}

fn qr_of(issued_at: Timestamp, seconds: u64) -> Input {
    let text = QrText::new("2@ref,noise,identity,secret,1");
    Input::Link(LinkEvent::QrIssued { text, issued_at, valid_for: Duration::from_secs(seconds) })
}

fn ended(reason: EndReason) -> Input {
    Input::Link(LinkEvent::Ended(reason))
}

fn connected() -> Input {
    Input::Link(LinkEvent::Connected { account: account(), push_name: None })
}

/// A machine with its time, and everything it asked for.
struct Story {
    machine: Machine,
    effects: Vec<Effect>,
}

impl Story {
    fn new(linked: Option<LinkedAccount>) -> Self {
        let mut story = Self { machine: Machine::new(at(0)), effects: vec![] };
        story.then(0, Input::Start(linked));
        story
    }

    /// Feeds one input at this second; answers with its effects, announcements aside.
    fn then(&mut self, second: i64, input: Input) -> Vec<Effect> {
        let (next, effects) = step(&self.machine, input, Moment { now: at(second), luck: 0.5 });
        self.machine = next;
        self.effects.extend(effects.iter().cloned());
        effects.into_iter().filter(|e| !matches!(e, Effect::Announce(_))).collect()
    }

    fn name(&self) -> StateName {
        self.machine.state().name()
    }

    fn alarm(&self) -> Option<i64> {
        self.machine.alarm().map(|at| at.as_second() - 1_800_000_000)
    }
}

fn online() -> Story {
    let mut story = Story::new(Some(account()));
    story.then(0, connected());
    assert_eq!(story.name(), StateName::Online);
    story
}

#[test]
fn nothing_dials_until_somebody_looks() {
    let mut story = Story::new(None);
    assert_eq!(story.name(), StateName::Unlinked);
    assert_eq!(story.alarm(), None);
    assert_eq!(story.then(5, Input::Look), [Effect::Dial { urgent: true }]);
    assert_eq!(story.then(6, Input::Look), [], "one connection serves every look");
}

#[test]
fn a_scan_links_through_the_restart_without_a_detour() {
    let mut story = Story::new(None);
    story.then(0, Input::Look);
    story.then(1, qr(60));
    assert!(story.machine.state().qr_code(at(60)).is_some());
    assert!(story.machine.state().qr_code(at(61)).is_none(), "an expired code is no code");
    story.then(30, Input::Link(LinkEvent::Paired(account())));
    assert_eq!(story.then(31, ended(EndReason::RestartRequired)), [Effect::Dial { urgent: true }]);
    assert_eq!(story.name(), StateName::Linking, "finishing is still linking");
    story.then(32, connected());
    assert_eq!(story.machine.state().linked(), Some(&account()));
    let announced: Vec<_> = story
        .effects
        .iter()
        .filter_map(|effect| {
            if let Effect::Announce(change) = effect {
                Some((change.to, change.cause))
            } else {
                None
            }
        })
        .collect();
    assert_eq!(
        announced,
        [
            (StateName::Unlinked, Cause::Started),
            (StateName::Connecting, Cause::Looked),
            (StateName::Linking, Cause::CodeIssued),
            (StateName::Online, Cause::LoggedIn),
        ]
    );
}

#[test]
fn used_up_codes_are_renewed_while_somebody_looks_and_not_after() {
    let mut story = Story::new(None);
    story.then(0, Input::Look);
    story.then(0, qr(60));
    story.then(100, Input::Look);
    assert_eq!(story.then(160, ended(EndReason::CodesExhausted)), [Effect::Dial { urgent: true }]);
    story.then(161, qr(60));
    assert_eq!(story.machine.linking().rounds, 1, "a fresh attempt counts its rounds anew");
    assert_eq!(story.alarm(), Some(190));
    assert_eq!(story.then(190, Input::Wake), [Effect::HangUp]);
    assert_eq!(
        story.machine.state(),
        &State::Unlinked { last: Some(Outcome::NotWatched) },
        "nobody looks: no connection"
    );
    assert_eq!(story.alarm(), None);
}

#[test]
fn a_forgotten_poller_makes_few_connections_a_day() {
    let mut story = Story::new(None);
    let (mut dials, mut ends_at) = (0, None);
    for second in 0..86_400 {
        let due = story.machine.alarm().is_some_and(|alarm| alarm <= at(second));
        let mut effects = if due { story.then(second, Input::Wake) } else { vec![] };
        effects.extend(story.then(second, Input::Look));
        if ends_at == Some(second) {
            effects.extend(story.then(second, ended(EndReason::CodesExhausted)));
        }
        if effects.contains(&Effect::Dial { urgent: true }) {
            dials += 1;
            story.then(second, qr(60));
            ends_at = Some(second + 160);
        }
    }
    // Ten attempts of 160 s, spacings of 5, 10, 20 and 40 minutes, then one attempt an hour.
    let expected = 10 + 4 + (86_400 - 14 * 160 - 75 * MINUTE) / (3600 + 160);
    assert!((dials - expected).abs() <= 1, "{dials} dials, about {expected} expected");
}

#[test]
fn a_person_who_asks_gets_a_fresh_attempt_in_spite_of_the_spacing() {
    let mut story = Story::new(None);
    for n in 0..10 {
        story.then(n * 200, Input::Look);
        story.then(n * 200, qr(60));
        story.then(n * 200 + 160, ended(EndReason::CodesExhausted));
        if story.name() == StateName::Connecting {
            story.then(n * 200 + 161, Input::Wake);
        }
    }
    let now = 10 * 200;
    assert_eq!(story.then(now, Input::Look), [], "spaced");
    assert_eq!(story.then(now, Input::AskNewCode(Ration::Hourly)), [Effect::Dial { urgent: true }]);
    story.then(now + 1, qr(60));
    assert_eq!(
        story.then(now + 2, Input::AskNewCode(Ration::Hourly)),
        [Effect::HangUp, Effect::Dial { urgent: true }],
        "the code on show is replaced by a fresh attempt"
    );
    for n in 0..8 {
        story.then(now + 3 + n, Input::AskNewCode(Ration::Hourly));
    }
    let refused = story.then(now + 20, Input::AskNewCode(Ration::Hourly));
    assert!(matches!(refused.as_slice(), [Effect::Refuse { .. }]), "{refused:?}");
}

#[test]
fn asking_for_a_code_never_touches_a_working_link() {
    let mut story = online();
    assert_eq!(story.then(1, Input::AskNewCode(Ration::Hourly)), []);
    assert_eq!(story.then(2, Input::Look), []);
    assert_eq!(story.name(), StateName::Online);
}

#[test]
fn an_unreachable_server_is_asked_at_growing_intervals_while_somebody_looks() {
    let mut story = Story::new(None);
    let mut second = 0;
    let mut waits = vec![];
    story.then(0, Input::Look);
    for _ in 0..6 {
        story.then(second, ended(EndReason::DialFailed));
        let due = story.alarm().unwrap();
        waits.push(due - second);
        story.then(due, Input::Look);
        assert_eq!(story.then(due, Input::Wake), [Effect::Dial { urgent: false }]);
        second = due;
    }
    assert_eq!(waits, [1, 1, 2, 3, 5, 8]);
    story.then(second, ended(EndReason::DialFailed));
    assert_eq!(story.then(second + 1, Input::Look), [], "a look does not jump the wait");
}

#[test]
fn a_lost_connection_of_a_linked_instance_is_dialled_again() {
    let mut story = online();
    assert_eq!(story.then(10, ended(EndReason::Closed)), []);
    assert_eq!(story.name(), StateName::Offline);
    assert_eq!(story.alarm(), Some(11));
    assert_eq!(story.then(11, Input::Wake), [Effect::Dial { urgent: false }]);
    story.then(12, connected());
    story.then(100, ended(EndReason::Closed));
    assert_eq!(story.alarm(), Some(101), "thirty good seconds forgive the failures");
}

#[test]
fn a_device_removed_on_the_phone_is_unlinked_and_its_keys_go() {
    let mut story = online();
    assert_eq!(
        story.then(10, ended(EndReason::DeviceRemoved)),
        [Effect::Alert(EndReason::DeviceRemoved), Effect::ForgetCredentials]
    );
    assert_eq!(story.name(), StateName::Unlinked);
    assert_eq!(story.then(11, Input::Look), [Effect::Dial { urgent: true }], "a fresh code");
}

#[test]
fn logging_out_tells_whatsapp_when_it_can_and_always_forgets() {
    let mut story = online();
    assert_eq!(story.then(1, Input::LogOut), [Effect::LogOut, Effect::ForgetCredentials]);
    assert_eq!(story.machine.state(), &State::Unlinked { last: Some(Outcome::LoggedOut) });

    let mut story = online();
    story.then(10, ended(EndReason::Closed));
    assert_eq!(story.then(10, Input::LogOut), [Effect::ForgetCredentials]);
    assert_eq!(story.name(), StateName::Unlinked);
}

#[test]
fn a_rival_with_our_keys_is_answered_three_times_and_then_never() {
    let mut story = online();
    let mut second = 0;
    for _ in 0..3 {
        second += 40;
        story.then(second, ended(EndReason::Replaced));
        assert_eq!(story.alarm(), Some(second + 60));
        second += 60;
        story.then(second, Input::Wake);
        story.then(second, connected());
    }
    story.then(second + 40, ended(EndReason::Replaced));
    assert_eq!(story.name(), StateName::Failed);
    assert_eq!(story.alarm(), None);
    assert!(story.machine.state().linked().is_some(), "the keys stay");
}

#[test]
fn a_ban_is_waited_out_with_a_margin() {
    let mut story = online();
    let expires_in = Some(Duration::from_secs(3600));
    story.then(0, ended(EndReason::TemporaryBan { expires_in }));
    assert_eq!(story.name(), StateName::Suspended);
    assert_eq!(story.then(10, Input::Restart), [], "no knocking");
    assert_eq!(story.alarm(), Some(3600 + 17 * MINUTE + 30));
    let longest = Some(Duration::MAX);
    let mut story = online();
    story.then(0, ended(EndReason::TemporaryBan { expires_in: longest }));
    assert_eq!(story.machine.alarm(), Some(Timestamp::MAX), "no overflow");
}

#[test]
fn more_than_three_restarts_a_minute_count_as_failures() {
    let mut story = online();
    for second in 1..4 {
        let effects = story.then(second, ended(EndReason::RestartRequired));
        assert_eq!(effects, [Effect::Dial { urgent: true }]);
        story.then(second, connected());
    }
    assert_eq!(story.then(5, ended(EndReason::RestartRequired)), []);
    assert_eq!(story.name(), StateName::Offline);
}

#[test]
fn a_stopped_instance_stays_stopped_and_remembers_its_link() {
    let mut story = online();
    assert_eq!(story.then(1, Input::Stop(Stopper::Person)), [Effect::HangUp]);
    for input in
        [Input::Look, Input::AskNewCode(Ration::Hourly), Input::Wake, Input::Restart, connected()]
    {
        assert_eq!(story.then(2, input), []);
        assert_eq!(story.name(), StateName::Stopped);
    }
    assert_eq!(
        story.then(3, Input::Start(Some(account()))),
        [Effect::Dial { urgent: false }],
        "starting is a login"
    );
}

#[test]
fn a_phone_with_a_wrong_proof_gets_a_fresh_attempt_not_the_same() {
    let mut story = Story::new(None);
    story.then(0, Input::Look);
    story.then(1, qr(60));
    assert_eq!(
        story.then(2, Input::Link(LinkEvent::PairingFailed)),
        [Effect::HangUp, Effect::Dial { urgent: true }]
    );
}

#[test]
fn a_login_nobody_expected_is_a_link_all_the_same() {
    // The keys of a link whose announcement was lost: the next attempt is a login.
    let mut story = Story::new(None);
    story.then(0, Input::Look);
    story.then(1, connected());
    assert_eq!(story.machine.state().linked(), Some(&account()));
    assert_eq!(story.name(), StateName::Online);
}

#[test]
fn a_phone_that_accepts_while_we_hang_up_is_followed_by_a_login() {
    let paired = || Input::Link(LinkEvent::Paired(account()));
    let mut story = Story::new(None);
    story.then(0, Input::Look);
    story.then(0, qr(60));
    story.then(90, Input::Wake);
    assert_eq!(story.name(), StateName::Unlinked);
    assert_eq!(story.then(90, paired()), [Effect::Dial { urgent: true }]);

    let mut story = Story::new(None);
    story.then(0, Input::Stop(Stopper::Person));
    assert_eq!(story.then(0, paired()), [], "a stopped instance stays stopped");
    assert_eq!(story.machine.state().linked(), Some(&account()));
}

fn any_input() -> impl Strategy<Value = Input> {
    let reason = prop::sample::select(EndReason::EXAMPLES);
    prop_oneof![
        4 => Just(Input::Look),
        4 => Just(Input::Wake),
        1 => Just(Input::AskNewCode(Ration::Hourly)),
        2 => Just(Input::AskPairingCode("15550001111".parse().unwrap())),
        1 => Just(Input::AskPairingCode("15550002222".parse().unwrap())),
        1 => Just(Input::GiveUp),
        2 => Just(pairing::issued(60)),
        1 => Just(Input::Link(LinkEvent::PairingCodeRefused(PairingRefusal::Failed))),
        1 => Just(Input::Link(LinkEvent::PairingCodeTyped)),
        1 => Just(Input::Link(LinkEvent::PairingCodeSpent)),
        1 => Just(Input::Restart),
        1 => Just(Input::PrepareLogOut),
        1 => Just(Input::LogOut),
        1 => Just(Input::WrongPhone(account())),
        1 => Just(Input::Stop(Stopper::Person)),
        1 => Just(Input::Start(None)),
        1 => Just(Input::Start(Some(account()))),
        3 => Just(qr(20)),
        1 => Just(qr_of(at(0), 20)),
        1 => Just(Input::Link(LinkEvent::Paired(account()))),
        1 => Just(Input::Link(LinkEvent::PairingFailed)),
        2 => Just(passkey::challenged(600)),
        1 => Just(passkey::challenged_at(at(0), 20)),
        2 => Just(passkey::answered()),
        2 => Just(passkey::code_issued(true)),
        1 => Just(passkey::code_issued(false)),
        2 => Just(passkey::confirmed()),
        1 => prop::sample::select(PasskeyFailure::ALL.to_vec())
            .prop_map(|failure| Input::Link(LinkEvent::PasskeyFailed(failure))),
        3 => Just(connected()),
        3 => reason.prop_map(ended),
    ]
}

proptest! {
    #[test]
    fn whatever_happens_there_is_one_dialler_and_an_alarm_that_moves_on(
        inputs in prop::collection::vec((any_input(), 0_i64..400), 1..120),
        luck in 0.0_f64..1.0,
    ) {
        let (mut machine, mut line, mut second) = (Machine::new(at(0)), false, 0);
        for (input, pause) in inputs {
            second += pause;
            let now = at(second);
            // The port tells nothing without a connection.
            let late = matches!(input, Input::Link(LinkEvent::Paired(_)));
            if matches!(input, Input::Link(_)) && !line && !late {
                continue;
            }
            if matches!(input, Input::Link(LinkEvent::Ended(_))) {
                line = false;
            }
            let (woken, told) = (input == Input::Wake, input.cause());
            let is_code = matches!(input, Input::Link(LinkEvent::QrIssued { .. }));
            let (next, effects) = step(&machine, input, Moment { now, luck });
            for effect in &effects {
                match effect {
                    Effect::Dial { .. } => {
                        prop_assert!(!line, "a second connection");
                        line = true;
                    }
                    Effect::HangUp | Effect::LogOut => {
                        prop_assert!(line, "hung up on nobody");
                        line = false;
                    }
                    Effect::ForgetCredentials => prop_assert!(!line, "keys taken from a user"),
                    Effect::RequestPairingCode(_)
                    | Effect::AnswerPasskey(_)
                    | Effect::ConfirmPasskey => prop_assert!(line, "asked nobody for something"),
                    Effect::Announce(change) => {
                        let is_unlinked = machine.state().linked().is_some()
                            && next.state().linked().is_none();
                        let is_news = change.from != change.to
                            || change.cause == Cause::LoggedOut && is_unlinked;
                        prop_assert!(is_news, "nothing has changed: {change:?}");
                    }
                    Effect::Alert(_) | Effect::NotNow | Effect::Refuse { .. } => {}
                }
            }
            prop_assert_eq!(line, next.has_line(), "state and connection agree: {:?}", next.state());
            if is_code && machine.is_login() {
                prop_assert!(next.state().linked().is_none(), "no keys, no link: {:?}", next.state());
            }
            let is_told_to_run = matches!(
                told,
                Cause::Started | Cause::Looked | Cause::AskedForCode | Cause::AskedForPairingCode
            );
            if machine.standing().stopped_by.is_some() && !is_told_to_run {
                prop_assert_eq!(next.standing().stopped_by, Some(Stopper::Person), "it rests");
            }
            if woken {
                prop_assert!(next.alarm().is_none_or(|alarm| alarm > now), "the alarm rings twice");
            }
            machine = next;
            // Without a look, an instance that is not linked holds no connection for long.
            if machine.state().linked().is_none() && line {
                let long = if machine.passkey_step().is_some() { CHALLENGE_FOR } else { DEMAND };
                prop_assert!(machine.alarm().is_some_and(|alarm| alarm <= now + long));
            }
        }
    }
}
