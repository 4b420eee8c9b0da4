//! Addresses that let a person link one instance in a browser.
#![expect(clippy::unwrap_used, reason = "test code")]

use std::time::Duration;

use tokio::time::advance;
use waygate_core::error::Kind;
use waygate_core::event::EventKind;
use waygate_core::id::{InstanceId, LinkTicketId};
use waygate_core::instance::state::StateName;
use waygate_core::link_ticket::{LinkTerms, LinkTicketStep, Methods};
use waygate_core::secret::TokenText;
use waygate_engine::Gateway;
use waygate_engine::attempts::{Attempt, Failure, Method, Step};
use waygate_engine::link_tickets::{
    IssuedLinkTicket, LinkPass, LinkVisit, NewLinkTicket, Opened, PASS_FOR, PASS_FOR_MAX,
    PASS_FOR_MIN, TICKET_FOR, TICKET_FOR_MAX, TICKET_FOR_MIN, TICKETS_MAX, Worthless,
};
use waygate_engine::sight::Sight;
use waygate_played::application::{create, reaches};
use waygate_played::deadline::within;
use waygate_played::link::PlayedLink;

const SECOND: Duration = Duration::from_secs(1);

async fn issue(gateway: &Gateway, instance: InstanceId) -> IssuedLinkTicket {
    issue_as(gateway, instance, NewLinkTicket::default()).await
}

async fn issue_as(gateway: &Gateway, instance: InstanceId, new: NewLinkTicket) -> IssuedLinkTicket {
    gateway.issue_link_ticket(instance, new).await.unwrap()
}

async fn open(gateway: &Gateway, ticket: &TokenText) -> Result<LinkPass, Worthless> {
    match gateway.open_link_ticket(ticket).await.unwrap() {
        Opened::Pass(pass) => Ok(pass),
        Opened::Worthless(why) => Err(why),
    }
}

/// A ticket on these terms, opened.
async fn visit(gateway: &Gateway, instance: InstanceId, terms: LinkTerms) -> LinkVisit {
    let issued = issue_as(gateway, instance, NewLinkTicket { terms, ..Default::default() }).await;
    open(gateway, &issued.text).await.unwrap().visit
}

/// Whom this pass lets in by this ticket.
async fn let_in(gateway: &Gateway, ticket: &TokenText, pass: &TokenText) -> Option<InstanceId> {
    let visit = gateway.link_visit(ticket, pass).await.unwrap();
    visit.map(|visit| visit.instance())
}

/// What was told of a ticket, oldest first.
async fn told(gateway: &Gateway, instance: InstanceId, id: LinkTicketId) -> Vec<LinkTicketStep> {
    let history = gateway.link_ticket_history(instance, 100).await.unwrap();
    let steps = history.iter().rev().filter_map(|event| match &event.kind {
        EventKind::LinkTicket(it) if it.ticket == id => Some(it.step),
        EventKind::LinkTicket(_) | EventKind::StateChanged(_) | EventKind::WebhookDisabled(_) => {
            None
        }
    });
    steps.collect()
}

/// Waits until an attempt has come to such a step.
async fn comes_to(gateway: &Gateway, begun: &Attempt, is_there: impl Fn(&Step) -> bool) -> Attempt {
    within(async {
        let mut attempt = begun.clone();
        while !is_there(&attempt.step) {
            let (instance, id) = (attempt.instance, attempt.id);
            let next = gateway.next_of_attempt(instance, id, attempt.version, SECOND * 30).await;
            attempt = next.unwrap();
        }
        attempt
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn a_ticket_is_traded_once_for_a_pass_to_one_instance() {
    let (gateway, instance) = PlayedLink::default().running().await;
    let ticket = issue(&gateway, instance).await.text;
    let pass = open(&gateway, &ticket).await.unwrap();
    assert_eq!(pass.visit.instance(), instance);
    assert_eq!(open(&gateway, &ticket).await.unwrap_err(), Worthless::Used);
    assert_eq!(let_in(&gateway, &ticket, &pass.text).await, Some(instance));
    assert_eq!(let_in(&gateway, &ticket, &ticket).await, None, "the address is no pass");
    let other = issue(&gateway, instance).await.text;
    assert_eq!(let_in(&gateway, &other, &pass.text).await, None);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_ticket_opens_nothing() {
    let (gateway, _instance) = PlayedLink::default().running().await;
    let token = create(&gateway).await.token.unwrap();
    for text in ["", "x", token.expose()] {
        let opened = open(&gateway, &TokenText::new(text)).await;
        assert_eq!(opened.unwrap_err(), Worthless::Unknown, "{text}");
    }
    let nobody = InstanceId::from_random_bytes([3; 16]);
    let refused = gateway.issue_link_ticket(nobody, NewLinkTicket::default()).await.unwrap_err();
    assert_eq!(refused.kind(), Kind::NotFound);
}

#[tokio::test(start_paused = true)]
async fn tickets_and_passes_expire() {
    let (gateway, instance) = PlayedLink::default().running().await;
    let late = issue(&gateway, instance).await;
    let ticket = issue(&gateway, instance).await;
    advance(TICKET_FOR.saturating_sub(SECOND)).await;
    let pass = open(&gateway, &ticket.text).await.unwrap();
    advance(SECOND).await;
    assert_eq!(open(&gateway, &late.text).await.unwrap_err(), Worthless::Expired);
    advance(PASS_FOR.saturating_sub(2 * SECOND)).await;
    assert_eq!(let_in(&gateway, &ticket.text, &pass.text).await, Some(instance));
    gateway.expire_link_tickets().await.unwrap();
    assert_eq!(told(&gateway, instance, late.id).await.last(), Some(&LinkTicketStep::Expired));
    assert_eq!(told(&gateway, instance, ticket.id).await.last(), Some(&LinkTicketStep::Opened));
    advance(SECOND).await;
    assert_eq!(let_in(&gateway, &ticket.text, &pass.text).await, None);
    gateway.expire_link_tickets().await.unwrap();
    gateway.expire_link_tickets().await.unwrap();
    let steps = [LinkTicketStep::Issued, LinkTicketStep::Opened, LinkTicketStep::Expired];
    assert_eq!(told(&gateway, instance, ticket.id).await, steps, "each is told once");
}

#[tokio::test(start_paused = true)]
async fn a_ticket_lasts_as_long_as_its_owner_said() {
    let (gateway, instance) = PlayedLink::default().running().await;
    let new = NewLinkTicket {
        valid_for: TICKET_FOR_MAX,
        session: PASS_FOR_MIN,
        terms: LinkTerms::default(),
    };
    let ticket = issue_as(&gateway, instance, new).await.text;
    advance(TICKET_FOR_MAX.saturating_sub(SECOND)).await;
    let pass = open(&gateway, &ticket).await.unwrap();
    assert_eq!(pass.valid_for, PASS_FOR_MIN);
    advance(PASS_FOR_MIN).await;
    assert_eq!(let_in(&gateway, &ticket, &pass.text).await, None);
    for (valid_for, session) in [
        (TICKET_FOR_MIN.saturating_sub(SECOND), PASS_FOR),
        (TICKET_FOR_MAX + SECOND, PASS_FOR),
        (TICKET_FOR, PASS_FOR_MIN.saturating_sub(SECOND)),
        (TICKET_FOR, PASS_FOR_MAX + SECOND),
    ] {
        let new = NewLinkTicket { valid_for, session, terms: LinkTerms::default() };
        let refused = gateway.issue_link_ticket(instance, new).await.unwrap_err();
        assert_eq!(refused.kind(), Kind::Invalid, "{valid_for:?} {session:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn tickets_and_passes_outlive_the_process() {
    let link = PlayedLink::default();
    let (gateway, instance) = link.running().await;
    let (opened, unopened) =
        (issue(&gateway, instance).await.text, issue(&gateway, instance).await.text);
    let pass = open(&gateway, &opened).await.unwrap().text;
    assert!(gateway.shut_down(SECOND * 10).await);
    let next = link.gateway();
    assert_eq!(let_in(&next, &opened, &pass).await, Some(instance));
    assert_eq!(open(&next, &opened).await.unwrap_err(), Worthless::Used);
    assert_eq!(open(&next, &unopened).await.unwrap().visit.instance(), instance);
}

#[tokio::test(start_paused = true)]
async fn a_new_token_or_a_removal_ends_every_pass_of_the_instance() {
    let (gateway, instance) = PlayedLink::default().running().await;
    let other = create(&gateway).await.record.id;
    let pass_of = async |instance| {
        let ticket = issue(&gateway, instance).await.text;
        let pass = open(&gateway, &ticket).await.unwrap().text;
        (ticket, pass)
    };
    let holds = async |(ticket, pass): &(TokenText, TokenText)| {
        let_in(&gateway, ticket, pass).await.is_some()
    };
    let (mine, theirs) = (pass_of(instance).await, pass_of(other).await);
    gateway.renew_instance_token(instance).await.unwrap();
    assert_eq!((holds(&mine).await, holds(&theirs).await), (false, true));
    let mine = pass_of(instance).await;
    gateway.remove_instance(instance).await.unwrap();
    assert_eq!((holds(&mine).await, holds(&theirs).await), (false, true));
}

#[tokio::test(start_paused = true)]
async fn the_tickets_of_an_instance_do_not_grow_without_end() {
    let (gateway, instance) = PlayedLink::default().running().await;
    let long = NewLinkTicket { valid_for: TICKET_FOR_MAX, ..NewLinkTicket::default() };
    let sent = issue_as(&gateway, instance, long).await.text;
    let mut tickets = Vec::new();
    for _ in 0..TICKETS_MAX {
        tickets.push(issue(&gateway, instance).await.text);
        advance(Duration::from_millis(1)).await;
    }
    let made_room = open(&gateway, &tickets[0]).await.unwrap_err();
    assert_eq!(made_room, Worthless::Revoked, "it would have ended first");
    open(&gateway, &tickets[1]).await.unwrap();
    open(&gateway, &sent).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_ticket_that_is_taken_back_ends_its_page_and_its_code_at_once() {
    let link = PlayedLink::default();
    let (gateway, instance) = link.running().await;
    let issued = issue(&gateway, instance).await;
    let pass = open(&gateway, &issued.text).await.unwrap();
    let begun = gateway.begin_visitors_attempt(&pass.visit, Method::QrCode, false).await.unwrap();
    link.show(instance, "2@canary").await;
    comes_to(&gateway, &begun, |step| matches!(step, Step::Open(Sight::QrCode(_)))).await;
    let over = gateway.until_visit_ends(&pass.visit);
    let ((), revoked) =
        within(async { tokio::join!(over, gateway.revoke_link_ticket(instance, issued.id)) }).await;
    revoked.unwrap();
    let ended = comes_to(&gateway, &begun, |step| !matches!(step, Step::Open(_))).await;
    assert_eq!(ended.step, Step::Failed(Failure::GivenUp));
    reaches(&gateway, instance, StateName::Unlinked).await;
    assert_eq!(let_in(&gateway, &issued.text, &pass.text).await, None);
    assert_eq!(open(&gateway, &issued.text).await.unwrap_err(), Worthless::Revoked);
    let again = gateway.revoke_link_ticket(instance, issued.id).await.unwrap_err();
    assert_eq!(again.kind(), Kind::NotFound);
}

#[tokio::test(start_paused = true)]
async fn a_ticket_is_taken_back_by_its_own_instance_only() {
    let (gateway, instance) = PlayedLink::default().running().await;
    let other = create(&gateway).await.record.id;
    let issued = issue(&gateway, instance).await;
    let refused = gateway.revoke_link_ticket(other, issued.id).await.unwrap_err();
    assert_eq!(refused.kind(), Kind::NotFound);
    open(&gateway, &issued.text).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_visit_ends_by_itself_when_its_time_is_over() {
    let (gateway, instance) = PlayedLink::default().running().await;
    let visit = visit(&gateway, instance, LinkTerms::default()).await;
    let over =
        tokio::time::timeout(PASS_FOR.saturating_sub(SECOND), gateway.until_visit_ends(&visit));
    over.await.unwrap_err();
    tokio::time::timeout(2 * SECOND, gateway.until_visit_ends(&visit)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn every_step_of_a_ticket_is_written_into_the_journal() {
    let link = PlayedLink::default();
    let (gateway, instance) = link.running().await;
    let issued = issue(&gateway, instance).await;
    let visit = open(&gateway, &issued.text).await.unwrap().visit;
    let begun = gateway.begin_visitors_attempt(&visit, Method::QrCode, false).await.unwrap();
    link.show(instance, "2@canary").await;
    comes_to(&gateway, &begun, |step| matches!(step, Step::Open(Sight::QrCode(_)))).await;
    link.show(instance, "2@second").await;
    link.link(instance).await;
    comes_to(&gateway, &begun, |step| matches!(step, Step::Linked(_))).await;
    let steps = within(async {
        loop {
            let steps = told(&gateway, instance, issued.id).await;
            if steps.last() == Some(&LinkTicketStep::Linked) {
                return steps;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    let of_ticket: Vec<LinkTicketStep> =
        steps.into_iter().filter(|step| *step != LinkTicketStep::Accepted).collect();
    assert_eq!(
        of_ticket,
        [
            LinkTicketStep::Issued,
            LinkTicketStep::Opened,
            LinkTicketStep::QrCodeShown,
            LinkTicketStep::Linked,
        ]
    );
    let history = format!("{:?}", gateway.link_ticket_history(instance, 100).await.unwrap());
    assert!(!history.contains("canary") && !history.contains(issued.text.expose()));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_keeps_to_what_its_ticket_is_for() {
    let link = PlayedLink::default();
    let (gateway, instance) = link.running().await;
    let phone = "15550001111".parse().unwrap();
    let fixed = LinkTerms {
        methods: Methods::PairingCode,
        phone: Some("15550002222".parse().unwrap()),
        phone_fixed: true,
        ..LinkTerms::default()
    };
    let scan_only = LinkTerms { methods: Methods::QrCode, ..LinkTerms::default() };
    for (terms, method) in [
        (fixed.clone(), Method::QrCode),
        (fixed, Method::PairingCode(phone)),
        (scan_only, Method::PairingCode("15550001111".parse().unwrap())),
    ] {
        let visit = visit(&gateway, instance, terms).await;
        let refused = gateway.begin_visitors_attempt(&visit, method, false).await.unwrap_err();
        assert_eq!(refused.kind(), Kind::Invalid);
    }
}
