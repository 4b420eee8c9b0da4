//! Linking attempts: from the wish to the outcome.

#![expect(clippy::unwrap_used, clippy::panic, reason = "test code")]

use std::time::Duration;

use waygate_core::error::Kind;
use waygate_core::id::{AttemptId, InstanceId};
use waygate_core::instance::pairing::PairingRefusal;
use waygate_core::port::link::LinkEvent;
use waygate_core::reason::EndReason;
use waygate_engine::Gateway;
use waygate_engine::attempts::{Attempt, Failure, KEPT_FOR, KEPT_MAX, Method, Step};
use waygate_engine::sight::Sight;

use crate::pairing::phone;
use waygate_played::application::create;
use waygate_played::deadline::within;
use waygate_played::link::{PlayedLink, account, code};

const WAIT: Duration = Duration::from_secs(20);

/// An attempt under test, with what it works on.
pub(crate) struct Effort {
    pub(crate) link: PlayedLink,
    pub(crate) gateway: Gateway,
    pub(crate) instance: InstanceId,
    pub(crate) attempt: Attempt,
}

impl Effort {
    pub(crate) async fn begin(method: Method) -> Self {
        let link = PlayedLink::default();
        let (gateway, instance) = link.running().await;
        let attempt = gateway.begin_attempt(instance, method, false).await.unwrap();
        Self { link, gateway, instance, attempt }
    }

    pub(crate) async fn tell(&self, event: LinkEvent) {
        self.link.tell(self.instance, event).await;
    }

    /// Waits for a step like this one.
    pub(crate) async fn see(&mut self, is_like: impl Fn(&Step) -> bool) -> Step {
        let seen = async {
            while !is_like(&self.attempt.step) {
                let (id, version) = (self.attempt.id, self.attempt.version);
                let next = self.gateway.next_of_attempt(self.instance, id, version, WAIT);
                self.attempt = next.await.unwrap();
            }
        };
        within(seen).await;
        self.attempt.step.clone()
    }

    pub(crate) async fn failure(&mut self) -> Failure {
        let Step::Failed(failure) = self.see(|step| matches!(step, Step::Failed(_))).await else {
            panic!("{:?}", self.attempt);
        };
        failure
    }

    /// As [`Effort::begin`], with the pairing code already on show.
    pub(crate) async fn typing() -> Self {
        let mut effort = Self::begin(Method::PairingCode(phone())).await;
        effort.link.pair(effort.instance, 1, "ABCD1234").await;
        effort.see(|step| matches!(step, Step::Open(Sight::PairingCode { .. }))).await;
        effort
    }
}

fn shows(step: &Step, text: &str) -> bool {
    matches!(step, Step::Open(Sight::QrCode(code)) if code.text.expose() == text)
}

#[tokio::test]
async fn an_attempt_goes_from_the_wish_over_each_code_to_the_link() {
    let mut effort = Effort::begin(Method::QrCode).await;
    assert_eq!(effort.attempt.step, Step::Open(Sight::Preparing));
    assert_eq!(effort.attempt.version, 1);
    effort.tell(code("2@first")).await;
    effort.see(|step| shows(step, "2@first")).await;
    effort.tell(code("2@second")).await;
    effort.see(|step| shows(step, "2@second")).await;
    effort.tell(LinkEvent::Paired(account())).await;
    effort.see(|step| *step == Step::Open(Sight::Finishing)).await;
    effort.tell(LinkEvent::Ended(EndReason::RestartRequired)).await;
    effort.link.log_in(effort.instance).await;
    effort.see(|step| *step == Step::Linked(account())).await;
    // Whatever happens to the instance later, this effort succeeded.
    within(effort.gateway.log_out(effort.instance)).await.unwrap();
    let later = effort.gateway.attempt(effort.instance, effort.attempt.id).unwrap();
    assert_eq!(later.step, Step::Linked(account()));
}

#[tokio::test(start_paused = true)]
async fn a_long_poll_returns_at_once_for_old_news_and_after_the_wait_for_none() {
    let mut effort = Effort::begin(Method::QrCode).await;
    effort.tell(code("2@first")).await;
    effort.see(|step| shows(step, "2@first")).await;
    let (gateway, instance, id) = (&effort.gateway, effort.instance, effort.attempt.id);
    let began = tokio::time::Instant::now();
    let old = gateway.next_of_attempt(instance, id, 0, WAIT).await.unwrap();
    assert_eq!((began.elapsed(), &old), (Duration::ZERO, &effort.attempt));
    let same = gateway.next_of_attempt(instance, id, old.version, WAIT).await.unwrap();
    assert_eq!((began.elapsed(), same), (WAIT, old));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_is_given_up_closes_the_connection() {
    for method in [Method::QrCode, Method::PairingCode(phone())] {
        let mut effort = Effort::begin(method).await;
        effort.tell(code("2@first")).await;
        let (gateway, instance, id) = (effort.gateway.clone(), effort.instance, effort.attempt.id);
        let given_up = within(gateway.give_up_attempt(instance, id)).await.unwrap();
        assert_eq!(given_up.step, Step::Failed(Failure::GivenUp));
        let sight = gateway.sight(instance).unwrap();
        assert!(matches!(sight, Sight::Idle { .. }), "{sight:?}");
        let again = within(gateway.give_up_attempt(instance, id)).await.unwrap();
        assert_eq!(again, given_up, "a second time changes nothing");
        assert_eq!(effort.failure().await, Failure::GivenUp);
    }
}

#[tokio::test]
async fn giving_up_in_the_moment_of_success_does_not_undo_it() {
    let mut effort = Effort::begin(Method::QrCode).await;
    effort.tell(code("2@first")).await;
    effort.tell(LinkEvent::Paired(account())).await;
    effort.see(|step| *step == Step::Open(Sight::Finishing)).await;
    let given_up = effort.gateway.give_up_attempt(effort.instance, effort.attempt.id);
    assert_eq!(within(given_up).await.unwrap().step, Step::Open(Sight::Finishing));
    effort.tell(LinkEvent::Ended(EndReason::RestartRequired)).await;
    effort.link.log_in(effort.instance).await;
    effort.see(|step| *step == Step::Linked(account())).await;
}

#[tokio::test]
async fn a_pairing_code_that_is_typed_wrongly_fails_the_attempt() {
    let mut effort = Effort::typing().await;
    effort.tell(LinkEvent::PairingCodeTyped).await;
    effort.see(|step| matches!(step, Step::Open(Sight::PairingCodeTyped(_)))).await;
    effort.tell(LinkEvent::PairingCodeSpent).await;
    assert_eq!(effort.failure().await, Failure::WrongCode);
}

#[tokio::test]
async fn a_pairing_code_whose_connection_is_lost_fails_the_attempt() {
    let mut effort = Effort::typing().await;
    effort.tell(LinkEvent::Ended(EndReason::Closed)).await;
    assert_eq!(effort.failure().await, Failure::CodeLost);
}

#[tokio::test]
async fn a_pairing_code_that_somebody_else_replaces_fails_the_attempt() {
    let mut effort = Effort::typing().await;
    let other = Method::PairingCode("15550002222".parse().unwrap());
    effort.gateway.begin_attempt(effort.instance, other, false).await.unwrap();
    assert_eq!(effort.failure().await, Failure::CodeLost);
}

#[tokio::test]
async fn a_pairing_code_that_whatsapp_refuses_fails_the_attempt_with_its_reason() {
    let mut effort = Effort::begin(Method::PairingCode(phone())).await;
    effort.link.offer(effort.instance, 1).await;
    let refusal = PairingRefusal::NumberRefused;
    effort.tell(LinkEvent::PairingCodeRefused(refusal)).await;
    assert_eq!(effort.failure().await, Failure::Refused(refusal.words()));
}

#[tokio::test]
async fn an_instance_that_is_linked_or_unknown_begins_no_attempt() {
    let link = PlayedLink::linked();
    let (gateway, instance) = link.running().await;
    for method in [Method::QrCode, Method::PairingCode(phone())] {
        let error = gateway.begin_attempt(instance, method, false).await.unwrap_err();
        assert_eq!(error.kind(), Kind::WrongState);
    }
    let nobody = InstanceId::from_random_bytes([3; 16]);
    let error = gateway.begin_attempt(nobody, Method::QrCode, false).await.unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
    let nothing = AttemptId::from_random_bytes([3; 16]);
    assert_eq!(gateway.attempt(instance, nothing).unwrap_err().kind(), Kind::NotFound);
}

#[tokio::test]
async fn an_attempt_is_found_under_its_own_instance_only() {
    let effort = Effort::begin(Method::QrCode).await;
    let other = create(&effort.gateway).await.record.id;
    let error = effort.gateway.attempt(other, effort.attempt.id).unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
}

#[tokio::test]
async fn a_fresh_code_is_a_new_connection_and_joining_is_not() {
    let mut effort = Effort::begin(Method::QrCode).await;
    effort.tell(code("2@first")).await;
    effort.see(|step| shows(step, "2@first")).await;
    let (gateway, instance) = (effort.gateway.clone(), effort.instance);
    let joined = gateway.begin_attempt(instance, Method::QrCode, false).await.unwrap();
    assert!(shows(&joined.step, "2@first"));
    assert_eq!(effort.link.dials(), 1);
    within(gateway.begin_attempt(instance, Method::QrCode, true)).await.unwrap();
    effort.tell(code("2@fresh")).await;
    effort.see(|step| shows(step, "2@fresh")).await;
    assert_eq!((effort.link.dials(), effort.link.open_most()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn an_outcome_is_kept_for_a_while_and_then_forgotten() {
    let effort = Effort::begin(Method::QrCode).await;
    let (gateway, instance, id) = (&effort.gateway, effort.instance, effort.attempt.id);
    gateway.give_up_attempt(instance, id).await.unwrap();
    let second = Duration::from_secs(1);
    tokio::time::advance(KEPT_FOR.saturating_sub(second)).await;
    gateway.attempt(instance, id).unwrap();
    let gone = async {
        while gateway.attempt(instance, id).is_ok() {
            tokio::time::advance(second).await;
            tokio::task::yield_now().await;
        }
    };
    within(gone).await;
}

#[tokio::test]
async fn the_attempts_of_an_instance_do_not_grow_without_end() {
    let effort = Effort::begin(Method::QrCode).await;
    let (gateway, instance) = (&effort.gateway, effort.instance);
    let mut last = effort.attempt.id;
    for _ in 0..KEPT_MAX {
        last = gateway.begin_attempt(instance, Method::QrCode, false).await.unwrap().id;
    }
    gateway.attempt(instance, last).unwrap();
    gateway.attempt(instance, effort.attempt.id).unwrap_err();
}
