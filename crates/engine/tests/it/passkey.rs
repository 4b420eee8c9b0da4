//! Linking an account that WhatsApp guards with a passkey.

#![expect(clippy::unwrap_used, clippy::panic, reason = "test code")]

use std::time::Duration;

use serde_json::json;
use waygate_core::error::Kind;
use waygate_core::event::EventKind;
use waygate_core::instance::change::Cause;
use waygate_core::instance::passkey::{CHALLENGE_FOR, PasskeyFailure, PasskeyStep};
use waygate_core::instance::state::StateName;
use waygate_core::link_ticket::LinkTicketStep;
use waygate_core::port::link::LinkEvent;
use waygate_core::reason::EndReason;
use waygate_engine::Gateway;
use waygate_engine::attempts::{Failure, Method, Step};
use waygate_engine::link_tickets::{NewLinkTicket, Opened};
use waygate_engine::sight::Sight;
use waygate_played::application::reaches;
use waygate_played::deadline::within;
use waygate_played::link::account;
use waygate_played::passkey::{
    CHALLENGE, answer, answer_to, challenge, challenge_of, failed, options, passkey_code,
};

use crate::attempts::Effort;

impl Effort {
    /// As [`Effort::begin`], with WhatsApp's challenge.
    async fn challenged() -> Self {
        let mut effort = Self::begin(Method::QrCode).await;
        effort.tell(challenge()).await;
        effort.passkey(|step| matches!(step, PasskeyStep::Challenged(_))).await;
        effort
    }

    /// The same, with the answer given and a code that follows from it.
    async fn comparing() -> Self {
        let mut effort = Self::challenged().await;
        effort.answer().await;
        effort.tell(passkey_code("ABCD-1234")).await;
        effort.passkey(|step| matches!(step, PasskeyStep::CodeShown(_))).await;
        effort
    }

    async fn answer(&mut self) {
        let (instance, id) = (self.instance, self.attempt.id);
        self.attempt = self.gateway.answer_passkey(instance, id, &answer()).await.unwrap();
        assert!(matches!(self.step(), Some(PasskeyStep::Answered { .. })), "{:?}", self.attempt);
        self.link.answered(instance).await;
    }

    async fn confirm(&mut self) {
        let (instance, id) = (self.instance, self.attempt.id);
        self.attempt = self.gateway.confirm_passkey(instance, id).await.unwrap();
        assert!(matches!(self.step(), Some(PasskeyStep::Confirmed(_))), "{:?}", self.attempt);
        self.link.confirmed(instance).await;
    }

    fn step(&self) -> Option<&PasskeyStep> {
        if let Step::Open(Sight::Passkey(step)) = &self.attempt.step { Some(step) } else { None }
    }

    /// Waits for such a step.
    async fn passkey(&mut self, is_like: impl Fn(&PasskeyStep) -> bool) -> PasskeyStep {
        let wanted =
            |step: &Step| matches!(step, Step::Open(Sight::Passkey(step)) if is_like(step));
        let Step::Open(Sight::Passkey(step)) = self.see(wanted).await else { panic!("another") };
        step
    }
}

#[tokio::test(start_paused = true)]
async fn a_passkey_links_an_account_step_by_step() {
    let mut effort = Effort::begin(Method::QrCode).await;
    effort.tell(challenge()).await;
    let step = effort.passkey(|_any| true).await;
    let PasskeyStep::Challenged(shown) = &step else { panic!("{step:?}") };
    assert_eq!(shown.options.expose(), options(CHALLENGE).to_string());
    effort.answer().await;
    let given = effort.link.answered(effort.instance).await;
    assert_eq!(&*given.credential_id, b"id");
    assert_eq!(given.json.as_ref(), answer().to_string().as_bytes());
    effort.tell(passkey_code("ABCD-1234")).await;
    let step = effort.passkey(|step| matches!(step, PasskeyStep::CodeShown(_))).await;
    let PasskeyStep::CodeShown(code) = step else { panic!("no code") };
    assert_eq!(code.text.expose(), "ABCD-1234");
    effort.confirm().await;
    effort.tell(LinkEvent::Paired(account())).await;
    effort.see(|step| *step == Step::Open(Sight::Finishing)).await;
    effort.tell(LinkEvent::Ended(EndReason::RestartRequired)).await;
    effort.link.log_in(effort.instance).await;
    effort.see(|step| *step == Step::Linked(account())).await;
    assert_eq!((effort.link.dials(), effort.link.open_most()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_passkey_may_follow_a_code_that_was_typed() {
    let mut effort = Effort::typing().await;
    effort.tell(LinkEvent::PairingCodeTyped).await;
    effort.see(|step| matches!(step, Step::Open(Sight::PairingCodeTyped(_)))).await;
    effort.tell(challenge()).await;
    effort.passkey(|step| matches!(step, PasskeyStep::Challenged(_))).await;
    effort.answer().await;
    effort.tell(passkey_code("ABCD-1234")).await;
    effort.passkey(|step| matches!(step, PasskeyStep::CodeShown(_))).await;
    effort.confirm().await;
    effort.link.link(effort.instance).await;
    effort.see(|step| *step == Step::Linked(account())).await;
}

#[tokio::test(start_paused = true)]
async fn a_challenge_waits_though_nobody_looks_and_ends_in_time() {
    let mut effort = Effort::challenged().await;
    // Nobody asks about the attempt meanwhile.
    tokio::time::advance(CHALLENGE_FOR.saturating_sub(Duration::from_secs(1))).await;
    let (gateway, instance) = (&effort.gateway, effort.instance);
    assert!(matches!(gateway.sight(instance).unwrap(), Sight::Passkey(_)));
    tokio::time::advance(Duration::from_secs(2)).await;
    reaches(gateway, instance, StateName::Unlinked).await;
    assert_eq!(effort.failure().await, Failure::Passkey(PasskeyFailure::NotAnswered));
    let newest = &effort.gateway.state_history(effort.instance, 1).await.unwrap()[0];
    let EventKind::StateChanged(change) = &newest.kind else { panic!("{newest:?}") };
    assert_eq!(change.cause, Cause::PasskeyFailed(PasskeyFailure::NotAnswered));
    assert_eq!(effort.link.dials(), 1, "a machine does not try again");
}

#[tokio::test(start_paused = true)]
async fn what_whatsapp_refuses_fails_the_attempt_with_its_reason_and_nothing_is_tried_again() {
    for failure in PasskeyFailure::ALL {
        let mut effort = Effort::comparing().await;
        effort.confirm().await;
        effort.tell(failed(failure)).await;
        assert_eq!(effort.failure().await, Failure::Passkey(failure));
        assert_eq!(effort.link.dials(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_challenge_that_cannot_be_read_fails_the_attempt() {
    let mut effort = Effort::begin(Method::QrCode).await;
    effort.link.show(effort.instance, "2@code").await;
    effort.tell(failed(PasskeyFailure::NoChallenge)).await;
    assert_eq!(effort.failure().await, Failure::Passkey(PasskeyFailure::NoChallenge));
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_lost_in_any_step_fails_the_attempt() {
    for steps in 0..4 {
        let mut effort = match steps {
            0 | 1 => Effort::challenged().await,
            _ => Effort::comparing().await,
        };
        match steps {
            1 => effort.answer().await,
            3 => effort.confirm().await,
            _ => {}
        }
        effort.tell(LinkEvent::Ended(EndReason::Closed)).await;
        assert_eq!(effort.failure().await, Failure::Passkey(PasskeyFailure::Lost), "{steps}");
        assert_eq!(effort.link.dials(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn an_attempt_does_not_take_the_next_effort_for_its_own() {
    let mut effort = Effort::comparing().await;
    let (gateway, instance) = (effort.gateway.clone(), effort.instance);
    let fresh = gateway.begin_attempt(instance, Method::QrCode, true).await.unwrap();
    effort.link.dialled(2).await;
    effort.tell(challenge_of("b3RoZXI")).await;
    assert_eq!(effort.failure().await, Failure::Passkey(PasskeyFailure::Lost));
    let error = gateway.confirm_passkey(instance, effort.attempt.id).await.unwrap_err();
    assert_eq!(error.kind(), Kind::WrongState);
    let stale = gateway.answer_passkey(instance, effort.attempt.id, &answer_to("b3RoZXI")).await;
    assert_eq!(stale.unwrap_err().kind(), Kind::WrongState);
    assert!(matches!(gateway.attempt(instance, fresh.id).unwrap().step, Step::Open(_)));
}

#[tokio::test(start_paused = true)]
async fn what_comes_in_the_wrong_step_is_refused() {
    let mut effort = Effort::begin(Method::QrCode).await;
    let (gateway, instance, id) = (effort.gateway.clone(), effort.instance, effort.attempt.id);
    let refused = async |what: &str| {
        let given = gateway.answer_passkey(instance, id, &answer()).await.unwrap_err();
        assert_eq!(given.kind(), Kind::WrongState, "{what}");
    };
    let unconfirmed = async |what: &str| {
        let confirmed = gateway.confirm_passkey(instance, id).await.unwrap_err();
        assert_eq!(confirmed.kind(), Kind::WrongState, "{what}");
    };
    refused("nothing was asked").await;
    unconfirmed("there is no code").await;
    effort.tell(challenge()).await;
    effort.passkey(|step| matches!(step, PasskeyStep::Challenged(_))).await;
    unconfirmed("it was not answered").await;
    effort.answer().await;
    refused("it was answered already").await;
    unconfirmed("there is no code yet").await;
    effort.tell(passkey_code("ABCD-1234")).await;
    effort.passkey(|step| matches!(step, PasskeyStep::CodeShown(_))).await;
    refused("there is a code already").await;
    effort.confirm().await;
    unconfirmed("it was confirmed already").await;
}

#[tokio::test(start_paused = true)]
async fn a_wrong_answer_costs_nothing() {
    let mut effort = Effort::challenged().await;
    let (instance, id) = (effort.instance, effort.attempt.id);
    for wrong in [json!({}), json!("canary"), answer_to("b3RoZXI")] {
        let error = effort.gateway.answer_passkey(instance, id, &wrong).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Invalid, "{wrong}");
    }
    effort.answer().await;
}

#[tokio::test(start_paused = true)]
async fn two_who_answer_at_once_are_told_apart() {
    let effort = Effort::challenged().await;
    let (gateway, instance, id) = (&effort.gateway, effort.instance, effort.attempt.id);
    let (first, second) = (answer(), answer());
    let both = async {
        tokio::join!(
            gateway.answer_passkey(instance, id, &first),
            gateway.answer_passkey(instance, id, &second)
        )
    };
    let (first, second) = within(both).await;
    first.unwrap();
    assert_eq!(second.unwrap_err().kind(), Kind::WrongState);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_waits_for_a_passkey_can_be_given_up() {
    let mut effort = Effort::comparing().await;
    let given_up = effort.gateway.give_up_attempt(effort.instance, effort.attempt.id);
    assert_eq!(within(given_up).await.unwrap().step, Step::Failed(Failure::GivenUp));
    assert_eq!(effort.failure().await, Failure::GivenUp);
    reaches(&effort.gateway, effort.instance, StateName::Unlinked).await;
}

#[tokio::test(start_paused = true)]
async fn a_ticket_tells_of_every_step_of_a_passkey() {
    let link = waygate_played::link::PlayedLink::default();
    let (gateway, instance) = link.running().await;
    let issued = gateway.issue_link_ticket(instance, NewLinkTicket::default()).await.unwrap();
    let Opened::Pass(pass) = gateway.open_link_ticket(&issued.text).await.unwrap() else {
        panic!("it opens nothing");
    };
    let begun = gateway.begin_visitors_attempt(&pass.visit, Method::QrCode, false).await.unwrap();
    let mut effort = Effort { link, gateway, instance, attempt: begun };
    effort.tell(challenge()).await;
    effort.passkey(|step| matches!(step, PasskeyStep::Challenged(_))).await;
    told(&effort.gateway, &effort, LinkTicketStep::PasskeyRequired).await;
    effort.answer().await;
    told(&effort.gateway, &effort, LinkTicketStep::PasskeyAnswered).await;
    effort.tell(passkey_code("ABCD-1234")).await;
    effort.passkey(|step| matches!(step, PasskeyStep::CodeShown(_))).await;
    told(&effort.gateway, &effort, LinkTicketStep::PasskeyCodeShown).await;
    effort.confirm().await;
    told(&effort.gateway, &effort, LinkTicketStep::PasskeyConfirmed).await;
    effort.tell(failed(PasskeyFailure::ConfirmationRefused)).await;
    told(&effort.gateway, &effort, LinkTicketStep::Failed).await;
}

/// Waits until this is the last that was told of a ticket.
async fn told(gateway: &Gateway, effort: &Effort, step: LinkTicketStep) {
    within(async {
        loop {
            let history = gateway.link_ticket_history(effort.instance, 1).await.unwrap();
            let newest = history.first().map(|event| &event.kind);
            if matches!(newest, Some(EventKind::LinkTicket(it)) if it.step == step) {
                return;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
}
