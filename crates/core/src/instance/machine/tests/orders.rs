use super::*;
use crate::instance::linking::ATTEMPTS_UNSPACED;

/// Dials within two hundred seconds of this cycle, each of which shows a code.
fn dials_of(cycle: &[Input]) -> u32 {
    let (mut story, mut dials) = (Story::new(None), 0);
    for second in 0..200 {
        for input in cycle {
            let effects = story.then(second, input.clone());
            if effects.iter().any(|effect| matches!(effect, Effect::Dial { .. })) {
                dials += 1;
                story.then(second, qr(60));
            }
        }
    }
    dials
}

#[test]
fn no_order_gets_around_the_spacing_of_attempts_that_showed_a_code() {
    let rest = [Input::Stop(Stopper::Person), Input::Start(None), Input::Look];
    for cycle in [&[Input::LogOut, Input::Look][..], &[Input::Restart, Input::Look], &rest] {
        let dials = dials_of(cycle);
        assert!(dials <= ATTEMPTS_UNSPACED, "{dials} dials by {cycle:?}");
    }
}

#[test]
fn a_logout_ends_the_spacing_only_of_what_was_linked() {
    let mut story = Story::new(None);
    for second in 0..10 {
        story.then(second, Input::AskNewCode(Ration::Hourly));
        story.then(second, qr(60));
        story.then(second, Input::GiveUp);
    }
    assert_eq!(story.then(20, Input::Look), [], "spaced");
    assert_eq!(story.then(21, Input::LogOut), [Effect::ForgetCredentials]);
    assert_eq!(story.then(22, Input::Look), [], "still");
    let mut story = online();
    story.then(1, Input::LogOut);
    assert_eq!(story.then(2, Input::Look), [Effect::Dial { urgent: true }]);
}

#[test]
fn one_restart_a_minute_goes_ahead_of_the_other_instances() {
    let mut story = online();
    let patient = [Effect::HangUp, Effect::Dial { urgent: false }];
    let urgent = [Effect::HangUp, Effect::Dial { urgent: true }];
    assert_eq!(story.then(100, Input::Restart), urgent);
    assert_eq!(story.then(101, Input::Restart), patient);
    assert_eq!(story.then(159, Input::Restart), patient);
    assert_eq!(story.then(160, Input::Restart), urgent);
}

#[test]
fn a_restart_forgives_failures_only_of_a_login_that_succeeded() {
    let offline = || {
        let mut story = online();
        let mut second = 0;
        for _ in 0..5 {
            story.then(second, ended(EndReason::DialFailed));
            second = story.alarm().unwrap();
            story.then(second, Input::Wake);
        }
        (story, second)
    };
    let (mut story, second) = offline();
    story.then(second, ended(EndReason::DialFailed));
    story.then(second, Input::Restart);
    story.then(second, ended(EndReason::DialFailed));
    assert_eq!(story.alarm(), Some(second + 13));
    let (mut story, second) = offline();
    story.then(second, connected());
    story.then(second, Input::Restart);
    story.then(second, ended(EndReason::DialFailed));
    assert_eq!(story.alarm(), Some(second + 1));
}

#[test]
fn a_started_instance_knows_by_itself_whether_it_is_linked() {
    let mut story = online();
    story.then(1, Input::Stop(Stopper::Person));
    assert_eq!(story.then(2, Input::Start(None)), [Effect::Dial { urgent: false }]);
    assert_eq!(story.machine.state().linked(), Some(&account()));
    let mut story = online();
    story.then(1, Input::LogOut);
    story.then(2, Input::Stop(Stopper::Person));
    assert_eq!(story.then(3, Input::Start(Some(account()))), [], "an old account is no account");
    assert_eq!(story.name(), StateName::Unlinked);
}

/// An instance that rests, and logs in once more because it is about to be logged out.
fn taking_leave() -> Story {
    let mut story = online();
    story.then(1, Input::Stop(Stopper::Person));
    assert_eq!(story.then(2, Input::PrepareLogOut), [Effect::Dial { urgent: true }]);
    story
}

fn rests(linked: Option<LinkedAccount>) -> State {
    State::Stopped { by: Stopper::Person, linked }
}

#[test]
fn an_instance_that_rests_is_remembered_as_resting_while_it_is_logged_out() {
    let mut story = taking_leave();
    let standing = Standing::of(&rests(None));
    assert_eq!((story.name(), story.machine.standing()), (StateName::Connecting, standing.clone()));
    story.then(3, connected());
    assert_eq!((story.name(), story.machine.standing()), (StateName::Online, standing));
    assert_eq!(story.then(4, Input::LogOut), [Effect::LogOut, Effect::ForgetCredentials]);
    assert_eq!(*story.machine.state(), rests(None));
    assert_eq!(story.alarm(), None);
}

#[test]
fn an_instance_that_rests_and_is_not_reached_rests_again() {
    for (reason, linked) in [
        (EndReason::DialFailed, Some(account())),
        (EndReason::TemporaryBan { expires_in: None }, Some(account())),
        (EndReason::Refused { code: 401 }, None),
        (EndReason::CodesExhausted, None),
    ] {
        let mut story = taking_leave();
        story.then(3, ended(reason));
        assert_eq!(*story.machine.state(), rests(linked), "{reason:?}");
        assert_eq!(story.alarm(), None);
    }
    let mut story = taking_leave();
    let effects = story.then(3, qr(60));
    assert_eq!(effects, [Effect::Alert(EndReason::KeysGone), Effect::HangUp]);
    assert_eq!(*story.machine.state(), rests(None));
    let mut story = taking_leave();
    assert_eq!(story.then(3, ended(EndReason::RestartRequired)), [Effect::Dial { urgent: true }]);
    assert_eq!(story.then(4, Input::Restart), [], "it is started, not restarted");
}

#[test]
fn whoever_starts_an_instance_that_takes_leave_keeps_it_running() {
    let mut story = taking_leave();
    assert_eq!(story.then(3, Input::Start(None)), []);
    story.then(4, connected());
    assert_eq!(story.machine.standing().state, StateName::Online);
    story.then(5, Input::LogOut);
    assert_eq!(story.name(), StateName::Unlinked);
}

#[test]
fn a_logout_while_it_rests_is_announced_though_it_goes_on_resting() {
    let mut story = taking_leave();
    story.then(3, ended(EndReason::DialFailed));
    story.effects.clear();
    story.then(4, Input::LogOut);
    let stopped = StateName::Stopped;
    let change = Change { from: stopped, to: stopped, cause: Cause::LoggedOut, at: at(4) };
    assert_eq!(story.effects, [Effect::ForgetCredentials, Effect::Announce(change)]);
    assert_eq!(story.machine.since(), at(3), "since when it rests");
    story.effects.clear();
    story.then(5, Input::LogOut);
    assert_eq!(story.effects, [Effect::ForgetCredentials], "nothing was linked");
}

#[test]
fn an_account_that_is_offline_logs_in_once_more_before_it_is_logged_out() {
    let mut story = online();
    assert_eq!(story.then(1, Input::PrepareLogOut), [], "it stands");
    story.then(2, ended(EndReason::Closed));
    assert_eq!(story.then(2, Input::PrepareLogOut), [Effect::Dial { urgent: true }]);
    assert_eq!(story.then(3, Input::PrepareLogOut), [], "it is under way");
    let mut story = online();
    story.then(1, ended(EndReason::TemporaryBan { expires_in: None }));
    assert_eq!(story.then(2, Input::PrepareLogOut), [], "a ban is not shortened by knocking");
    assert_eq!(Story::new(None).then(1, Input::PrepareLogOut), []);
}

/// A phone has accepted, and the first login is under way.
fn finishing() -> Story {
    let mut story = Story::new(None);
    story.then(0, Input::Look);
    story.then(1, qr(60));
    story.then(2, Input::Link(LinkEvent::Paired(account())));
    story.then(3, ended(EndReason::RestartRequired));
    story
}

#[test]
fn another_phone_than_the_one_that_is_meant_is_unlinked_by_its_first_login() {
    let mut story = finishing();
    assert!(story.machine.is_unproven());
    let effects = story.then(4, Input::WrongPhone(account()));
    assert_eq!(effects, [Effect::LogOut, Effect::ForgetCredentials]);
    let last = Some(Outcome::WrongPhone);
    assert_eq!(*story.machine.state(), State::Unlinked { last });
    assert_eq!(story.machine.standing(), Standing::of(&State::Unlinked { last }));
    assert_eq!(story.machine.turned_away(), 1);
    let announced = story.effects.last();
    let Some(Effect::Announce(change)) = announced else { panic!("{announced:?}") };
    assert_eq!((change.to, change.cause), (StateName::Unlinked, Cause::WrongPhone));
    assert_eq!(story.alarm(), None, "nobody is shown a code for that");
    assert_eq!(
        story.then(5, Input::Look),
        [Effect::Dial { urgent: true }],
        "the right one may come"
    );
}

#[test]
fn only_the_first_login_of_a_link_shows_whose_account_it_is() {
    let mut story = finishing();
    assert!(story.machine.standing().is_unproven);
    story.then(4, connected());
    assert!(!story.machine.is_unproven() && !story.machine.standing().is_unproven);
    story.then(5, ended(EndReason::Closed));
    story.then(60, Input::Wake);
    assert!(!story.machine.is_unproven());
    let fresh = Story::new(None).machine;
    assert!(fresh.is_unproven(), "whatever logs in is news");
    assert!(fresh.with_unproven_keys(true).is_unproven());
}

#[test]
fn an_account_is_turned_away_only_over_a_connection() {
    let mut story = online();
    story.then(1, Input::Stop(Stopper::Person));
    let before = story.machine.clone();
    assert_eq!(story.then(2, Input::WrongPhone(account())), []);
    assert_eq!(story.machine, before);
}
