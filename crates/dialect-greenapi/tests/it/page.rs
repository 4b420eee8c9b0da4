//! The page: a browser is sent on with a ticket, and without the token.

use waygate_core::secret::TokenText;
use waygate_engine::link_tickets::{Opened, Worthless};

use crate::server::{Answer, Server};

/// The ticket in an answer that sends a browser on.
fn ticket(answer: &Answer) -> TokenText {
    assert_eq!(answer.told(), "303 ");
    let ticket = answer.header("location").unwrap().strip_prefix("/link/").unwrap();
    assert!(ticket.len() == 50 && ticket.bytes().all(|byte| byte.is_ascii_hexdigit()));
    TokenText::new(ticket)
}

#[tokio::test(start_paused = true)]
async fn a_browser_is_sent_on_with_a_ticket_of_the_instance() {
    let server = Server::start().await;
    let (instance, other) = (server.instance().await, server.instance().await);
    for (instance, verb) in [(&instance, "GET"), (&other, "GET")] {
        let answer = server.send(verb, &instance.page(), "").await;
        let ticket = ticket(&answer);
        assert_ne!(ticket, instance.token);
        let Opened::Pass(pass) = server.gateway.open_link_ticket(&ticket).await.unwrap() else {
            panic!("the ticket opens nothing");
        };
        assert_eq!(pass.visit.instance(), instance.id);
    }
}

#[tokio::test(start_paused = true)]
async fn the_answer_holds_no_token_and_is_kept_by_nobody() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let answer = server.send("GET", &instance.page(), "").await;
    let told = format!("{:?} {}", answer.headers, answer.body);
    assert!(!told.contains(instance.token.expose()));
    assert_eq!(answer.header("content-length"), Some("0"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
}

#[tokio::test(start_paused = true)]
async fn each_visit_has_a_ticket_of_its_own() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let visit = async || ticket(&server.send("GET", &instance.page(), "").await);
    assert_ne!(visit().await, visit().await);
}

#[tokio::test(start_paused = true)]
async fn who_only_asks_whether_it_is_there_gets_no_ticket() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let answer = server.send("HEAD", &instance.page(), "").await;
    assert_eq!(answer.told(), "200 ");
    assert_eq!(answer.header("location"), None);
    let wrong = format!("/waInstance{}/{}", instance.number, "0".repeat(50));
    assert_eq!(server.send("HEAD", &wrong, "").await.told(), "401 ");
}

#[tokio::test(start_paused = true)]
async fn the_name_of_a_method_is_not_taken_for_a_token() {
    let server = Server::start().await;
    let instance = server.instance().await;
    for name in ["qr", "ScanQrCode", "getauthorizationcode", "getSettings"] {
        let path = format!("/waInstance{}/{name}", instance.number);
        assert_eq!(server.send("GET", &path, "").await.told(), "401 ", "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_renewed_token_makes_tickets_worth_nothing() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let ticket = ticket(&server.send("GET", &instance.page(), "").await);
    server.gateway.renew_instance_token(instance.id).await.unwrap();
    let opened = server.gateway.open_link_ticket(&ticket).await.unwrap();
    assert!(matches!(opened, Opened::Worthless(Worthless::Revoked)));
    assert_eq!(server.send("GET", &instance.page(), "").await.status, 401);
}
