//! A ticket is traded once, by a person, for a cookie that only their browser has.

use std::time::Duration;

use waygate_core::secret::TokenText;
use waygate_engine::link_tickets::TICKET_FOR;

use crate::server::Server;

#[tokio::test(start_paused = true)]
async fn whoever_opens_a_ticket_gets_the_page_and_a_cookie() {
    let server = Server::start();
    let instance = server.instance().await;
    let ticket = server.ticket(instance);
    let opened = server.open(&ticket, None).await;
    assert!(opened.is_page());
    let cookie = opened.cookie().unwrap();
    let (name, pass) = cookie.split_once('=').unwrap();
    assert_eq!(name, format!("waygate_link_{}", &ticket[..8]));
    let (ticket, pass) = (TokenText::new(ticket), TokenText::new(pass));
    assert_eq!(server.gateway.instance_of_link_pass(&ticket, &pass), Some(instance));
}

#[tokio::test(start_paused = true)]
async fn the_browser_that_opened_it_may_load_it_again() {
    let server = Server::start();
    let ticket = server.ticket(server.instance().await);
    let cookie = server.open(&ticket, None).await.cookie().unwrap();
    for _ in 0..3 {
        let again = server.open(&ticket, Some(&cookie)).await;
        assert!(again.is_page());
        assert_eq!(again.header("set-cookie"), None);
    }
    tokio::time::advance(Duration::from_secs(3599)).await;
    assert!(server.open(&ticket, Some(&cookie)).await.is_page());
    tokio::time::advance(Duration::from_secs(1)).await;
    assert!(server.open(&ticket, Some(&cookie)).await.is_spent(), "an hour is over");
}

#[tokio::test(start_paused = true)]
async fn the_next_reader_of_the_address_gets_nothing() {
    let server = Server::start();
    let instance = server.instance().await;
    let (ticket, other) = (server.ticket(instance), server.ticket(instance));
    server.open(&ticket, None).await;
    let others = server.open(&other, None).await.cookie().unwrap();
    let (_, others_pass) = others.split_once('=').unwrap();
    let forged = format!("waygate_link_{}={others_pass}", &ticket[..8]);
    for cookie in [None, Some(others.as_str()), Some(&forged), Some("waygate_link_=")] {
        let next = server.open(&ticket, cookie).await;
        assert!(next.is_spent(), "{cookie:?}");
        assert_eq!(next.header("set-cookie"), None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_foreign_cookie_does_not_keep_a_ticket_from_being_opened() {
    let server = Server::start();
    let ticket = server.ticket(server.instance().await);
    let stale = format!("waygate_link_{}={}", &ticket[..8], "0".repeat(50));
    let opened = server.open(&ticket, Some(&stale)).await;
    assert!(opened.is_page());
    assert!(opened.cookie().is_some());
}

#[tokio::test(start_paused = true)]
async fn nobody_can_tell_why_a_ticket_is_worth_nothing() {
    let server = Server::start();
    let instance = server.instance().await;
    let (used, late) = (server.ticket(instance), server.ticket(instance));
    server.open(&used, None).await;
    let used = server.open(&used, None).await;
    tokio::time::advance(TICKET_FOR).await;
    let late = server.open(&late, None).await;
    let unknown = server.open(&"0".repeat(50), None).await;
    for answer in [&used, &late, &unknown] {
        assert!(answer.is_spent());
        assert_eq!(answer.body, used.body);
        assert!(answer.headers.keys().eq(used.headers.keys()));
    }
}

#[tokio::test(start_paused = true)]
async fn only_a_person_who_opens_it_spends_a_ticket() {
    let server = Server::start();
    let ticket = server.ticket(server.instance().await);
    let path = format!("/link/{ticket}");
    for header in [
        ("sec-purpose", "prefetch"),
        ("sec-purpose", "prefetch;prerender"),
        ("purpose", "prefetch"),
        ("x-purpose", "preview"),
        ("x-moz", "prefetch"),
        ("sec-fetch-dest", "empty"),
        ("sec-fetch-dest", "iframe"),
        ("sec-fetch-dest", "image"),
    ] {
        let answer = server.get(&path, &[header]).await;
        assert_eq!(answer.status, 403, "{header:?}");
        assert_eq!(answer.header("set-cookie"), None, "{header:?}");
    }
    let head = server.send("HEAD", &path, &[]).await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(head.header("set-cookie"), None);
    for verb in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "BREW"] {
        let answer = server.send(verb, &path, &[]).await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, HEAD")), "{verb}");
    }
    assert!(server.get(&path, &[("sec-fetch-dest", "document")]).await.is_page());
}

#[tokio::test(start_paused = true)]
async fn who_has_the_pass_may_look_ahead() {
    let server = Server::start();
    let ticket = server.ticket(server.instance().await);
    let cookie = server.open(&ticket, None).await.cookie().unwrap();
    let headers = [("cookie", cookie.as_str()), ("sec-purpose", "prefetch")];
    assert!(server.get(&format!("/link/{ticket}"), &headers).await.is_page());
}

#[tokio::test(start_paused = true)]
async fn a_removed_instance_ends_its_pages() {
    let server = Server::start();
    let instance = server.instance().await;
    let (open, unopened) = (server.ticket(instance), server.ticket(instance));
    let cookie = server.open(&open, None).await.cookie().unwrap();
    server.gateway.remove_instance(instance).await.unwrap();
    assert!(server.open(&open, Some(&cookie)).await.is_spent());
    assert!(server.open(&unopened, None).await.is_spent());
}

#[tokio::test(start_paused = true)]
async fn opening_the_page_dials_nothing_by_itself() {
    let server = Server::start();
    let instance = server.instance().await;
    let ticket = server.ticket(instance);
    assert!(server.open(&ticket, None).await.is_page());
    tokio::time::advance(Duration::from_secs(5)).await;
    let machine = server.gateway.watch_instance(instance).unwrap().borrow().clone();
    assert_eq!(machine.state().name().as_str(), "unlinked");
}
