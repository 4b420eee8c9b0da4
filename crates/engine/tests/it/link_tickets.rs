//! Addresses that let a person link one instance in a browser.

use std::time::Duration;

use tokio::time::advance;
use waygate_core::error::Kind;
use waygate_core::id::InstanceId;
use waygate_core::secret::TokenText;
use waygate_engine::Gateway;
use waygate_engine::link_tickets::{LinkPass, Opened, PASS_FOR, TICKET_FOR, TICKETS_MAX};
use waygate_played::application::create;
use waygate_played::link::PlayedLink;

fn open(gateway: &Gateway, ticket: &TokenText) -> Option<LinkPass> {
    match gateway.open_link_ticket(ticket) {
        Opened::Pass(pass) => Some(pass),
        Opened::WorthNothing => None,
    }
}

#[tokio::test(start_paused = true)]
async fn a_ticket_is_traded_once_for_a_pass_to_one_instance() {
    let (gateway, instance) = PlayedLink::default().running().await;
    let ticket = gateway.issue_link_ticket(instance).unwrap().text;
    let pass = open(&gateway, &ticket).unwrap();
    assert_eq!(pass.instance, instance);
    assert!(open(&gateway, &ticket).is_none(), "the next reader gets nothing");
    assert_eq!(gateway.instance_of_link_pass(&ticket, &pass.text), Some(instance));
    assert_eq!(gateway.instance_of_link_pass(&ticket, &ticket), None, "the address is no pass");
    let other = gateway.issue_link_ticket(instance).unwrap().text;
    assert_eq!(gateway.instance_of_link_pass(&other, &pass.text), None);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_ticket_opens_nothing() {
    let (gateway, _instance) = PlayedLink::default().running().await;
    let token = create(&gateway).await.token.unwrap();
    for text in ["", "x", token.expose()] {
        assert!(open(&gateway, &TokenText::new(text)).is_none(), "{text}");
    }
    let nobody = InstanceId::from_random_bytes([3; 16]);
    assert_eq!(gateway.issue_link_ticket(nobody).unwrap_err().kind(), Kind::NotFound);
}

#[tokio::test(start_paused = true)]
async fn tickets_and_passes_expire() {
    let (gateway, instance) = PlayedLink::default().running().await;
    let second = Duration::from_secs(1);
    let late = gateway.issue_link_ticket(instance).unwrap().text;
    let ticket = gateway.issue_link_ticket(instance).unwrap().text;
    advance(TICKET_FOR.saturating_sub(second)).await;
    let pass = open(&gateway, &ticket).unwrap();
    advance(second).await;
    assert!(open(&gateway, &late).is_none());
    advance(PASS_FOR.saturating_sub(2 * second)).await;
    assert_eq!(gateway.instance_of_link_pass(&ticket, &pass.text), Some(instance));
    advance(second).await;
    assert_eq!(gateway.instance_of_link_pass(&ticket, &pass.text), None);
}

#[tokio::test(start_paused = true)]
async fn a_new_token_or_a_removal_ends_every_pass_of_the_instance() {
    let (gateway, instance) = PlayedLink::default().running().await;
    let other = create(&gateway).await.record.id;
    let pass_of = |instance| {
        let ticket = gateway.issue_link_ticket(instance).unwrap().text;
        let pass = open(&gateway, &ticket).unwrap().text;
        (ticket, pass)
    };
    let holds = |(ticket, pass): &(TokenText, TokenText)| {
        gateway.instance_of_link_pass(ticket, pass).is_some()
    };
    let (mine, theirs) = (pass_of(instance), pass_of(other));
    gateway.renew_instance_token(instance).await.unwrap();
    assert_eq!((holds(&mine), holds(&theirs)), (false, true));
    let mine = pass_of(instance);
    gateway.remove_instance(instance).await.unwrap();
    assert_eq!((holds(&mine), holds(&theirs)), (false, true));
}

#[tokio::test(start_paused = true)]
async fn the_tickets_of_an_instance_do_not_grow_without_end() {
    let (gateway, instance) = PlayedLink::default().running().await;
    let mut tickets = Vec::new();
    for _ in 0..=TICKETS_MAX {
        tickets.push(gateway.issue_link_ticket(instance).unwrap().text);
        advance(Duration::from_millis(1)).await;
    }
    assert!(open(&gateway, &tickets[0]).is_none(), "the oldest one made room");
    assert!(open(&gateway, &tickets[1]).is_some());
}
