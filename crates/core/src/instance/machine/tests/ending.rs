use super::*;

/// The second at which a login on keys that are gone is offered a code.
fn logging_in_without_keys() -> Story {
    let mut story = Story::new(None);
    story.then(0, Input::Look);
    story.then(1, qr(60));
    story.then(2, Input::Link(LinkEvent::Paired(account())));
    assert_eq!(story.then(3, ended(EndReason::RestartRequired)), [Effect::Dial { urgent: true }]);
    story
}

fn announced(story: &Story) -> Option<Change> {
    let told = |effect: &Effect| {
        if let Effect::Announce(change) = effect { Some(*change) } else { None }
    };
    story.effects.iter().rev().find_map(told)
}

const GONE: Outcome = Outcome::Ended(EndReason::KeysGone);

#[test]
fn a_code_at_a_login_is_shown_to_whoever_looks_for_the_keys_are_gone() {
    for mut story in [logging_in_without_keys(), Story::new(Some(account()))] {
        story.then(4, Input::Look);
        assert_eq!(story.then(5, qr(60)), [Effect::Alert(EndReason::KeysGone)]);
        assert_eq!(story.machine.state().linked(), None);
        assert_eq!(story.machine.state().qr_code(at(5)).map(|code| code.round), Some(1));
        story.then(6, Input::Link(LinkEvent::Paired(account())));
        story.then(7, ended(EndReason::RestartRequired));
        story.then(8, connected());
        assert_eq!(story.name(), StateName::Online, "it is linked anew");
    }
}

#[test]
fn a_code_at_a_login_that_nobody_looks_at_leaves_the_instance_unlinked() {
    let mut story = Story::new(Some(account()));
    let expected = [Effect::Alert(EndReason::KeysGone), Effect::HangUp];
    assert_eq!(story.then(5, qr(60)), expected);
    assert_eq!(*story.machine.state(), State::Unlinked { last: Some(GONE) });
    let told = announced(&story).map(|change| (change.to, change.cause));
    assert_eq!(told, Some((StateName::Unlinked, Cause::Ended(EndReason::KeysGone))));
    assert_eq!(story.then(6, Input::Look), [Effect::Dial { urgent: true }], "a fresh code");
}

#[test]
fn codes_that_were_used_up_at_a_login_leave_the_instance_unlinked() {
    let mut story = Story::new(Some(account()));
    let effects = story.then(160, ended(EndReason::CodesExhausted));
    assert_eq!(effects, [Effect::Alert(EndReason::KeysGone)]);
    assert_eq!(*story.machine.state(), State::Unlinked { last: Some(GONE) });
    let told = announced(&story).map(|change| change.cause);
    assert_eq!(told, Some(Cause::Ended(EndReason::KeysGone)));
}

#[test]
fn a_code_that_comes_after_a_phone_has_accepted_undoes_nothing() {
    let finishing = || {
        let mut story = Story::new(None);
        story.then(0, Input::Look);
        story.then(1, qr(60));
        story.then(61, Input::Link(LinkEvent::Paired(account())));
        story
    };
    let mut story = finishing();
    assert_eq!(story.then(61, qr(20)), [], "the rotation was on its way");
    assert_eq!(story.machine.state().linked(), Some(&account()));
    assert_eq!(story.then(62, ended(EndReason::RestartRequired)), [Effect::Dial { urgent: true }]);
    let mut story = finishing();
    assert_eq!(story.then(62, ended(EndReason::CodesExhausted)), []);
    assert_eq!(story.name(), StateName::Offline, "a login follows");
    let mut story = online();
    assert_eq!(story.then(1, qr(20)), []);
    assert_eq!(story.name(), StateName::Online);
}

#[test]
fn a_ban_tells_its_own_end_beside_the_next_try() {
    for (expires_in, until) in [(Some(3600), Some(at(3600))), (None, None)] {
        let mut story = online();
        let expires_in = expires_in.map(Duration::from_secs);
        story.then(0, ended(EndReason::TemporaryBan { expires_in }));
        let State::Suspended { until: told, next_try, .. } = story.machine.state() else {
            panic!("{:?}", story.machine.state());
        };
        assert_eq!(*told, until);
        let hours = if expires_in.is_some() { 1 } else { 24 };
        assert_eq!(*next_try, at(hours * 3600 + 17 * MINUTE + 30));
    }
}

#[test]
fn a_ban_binds_an_instance_that_is_not_linked_too() {
    let day = Some(Duration::from_secs(86_400));
    for reason in [EndReason::TemporaryBan { expires_in: day }, EndReason::Refused { code: 406 }] {
        let mut story = Story::new(None);
        story.then(0, Input::Look);
        story.then(1, ended(reason));
        let mut dials = 0;
        for second in (1..86_400).step_by(30) {
            let due = story.machine.alarm().is_some_and(|alarm| alarm <= at(second));
            let mut effects = if due { story.then(second, Input::Wake) } else { vec![] };
            effects.extend(story.then(second, Input::Look));
            dials += effects.len();
        }
        assert_eq!(dials, 0, "{reason:?}");
        let over = 86_400 + 18 * MINUTE;
        story.then(over, Input::Wake);
        story.then(over, Input::Look);
        assert_eq!(story.name(), StateName::Connecting);
        assert!(story.machine.has_line(), "{reason:?} is over");
    }
}

#[test]
fn a_good_linking_connection_forgives_the_failures_before_it() {
    let mut story = Story::new(None);
    story.then(0, Input::Look);
    let mut second = 0;
    for _ in 0..15 {
        story.then(second, ended(EndReason::DialFailed));
        second = story.alarm().unwrap();
        story.then(second, Input::Look);
        story.then(second, Input::Wake);
        if story.name() == StateName::Unlinked {
            story.then(second, Input::Look);
        }
        while !story.machine.has_line() {
            second = story.alarm().unwrap();
            story.then(second, Input::Look);
            story.then(second, Input::Wake);
        }
    }
    story.then(second, qr(60));
    story.then(second + 60, Input::Look);
    story.then(second + 60, qr(20));
    story.then(second + 70, ended(EndReason::Closed));
    assert_eq!(story.alarm(), Some(second + 71));
}
