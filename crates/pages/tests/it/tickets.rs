//! A ticket is traded once, by a person, for a cookie that only their browser has.

use std::time::Duration;

use waygate_core::link_ticket::{Brand, Language, LinkTerms, Logo, LogoForm, Methods};
use waygate_core::secret::TokenText;
use waygate_engine::link_tickets::{NewLinkTicket, TICKET_FOR};

use crate::server::Server;

#[tokio::test(start_paused = true)]
async fn whoever_opens_a_ticket_gets_the_page_and_a_cookie() {
    let server = Server::start();
    let instance = server.instance().await;
    let ticket = server.ticket(instance).await;
    let opened = server.open(&ticket, None).await;
    assert!(opened.is_page());
    let cookie = opened.cookie().unwrap();
    let (name, pass) = cookie.split_once('=').unwrap();
    assert_eq!(name, format!("waygate_link_{}", &ticket[..8]));
    let (ticket, pass) = (TokenText::new(ticket), TokenText::new(pass));
    let visit = server.gateway.link_visit(&ticket, &pass).await.unwrap();
    assert_eq!(visit.unwrap().instance(), instance);
}

#[tokio::test(start_paused = true)]
async fn the_browser_that_opened_it_may_load_it_again() {
    let server = Server::start();
    let ticket = server.ticket(server.instance().await).await;
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
    let (ticket, other) = (server.ticket(instance).await, server.ticket(instance).await);
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
    let ticket = server.ticket(server.instance().await).await;
    let stale = format!("waygate_link_{}={}", &ticket[..8], "0".repeat(50));
    let opened = server.open(&ticket, Some(&stale)).await;
    assert!(opened.is_page());
    assert!(opened.cookie().is_some());
}

#[tokio::test(start_paused = true)]
async fn only_a_person_who_opens_it_spends_a_ticket() {
    let server = Server::start();
    let ticket = server.ticket(server.instance().await).await;
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
    let ticket = server.ticket(server.instance().await).await;
    let cookie = server.open(&ticket, None).await.cookie().unwrap();
    let headers = [("cookie", cookie.as_str()), ("sec-purpose", "prefetch")];
    assert!(server.get(&format!("/link/{ticket}"), &headers).await.is_page());
}

#[tokio::test(start_paused = true)]
async fn a_removed_instance_ends_its_pages() {
    let server = Server::start();
    let instance = server.instance().await;
    let (open, unopened) = (server.ticket(instance).await, server.ticket(instance).await);
    let cookie = server.open(&open, None).await.cookie().unwrap();
    server.gateway.remove_instance(instance).await.unwrap();
    assert!(server.open(&open, Some(&cookie)).await.is_spent());
    assert!(server.open(&unopened, None).await.is_spent());
}

#[tokio::test(start_paused = true)]
async fn opening_the_page_dials_nothing_by_itself() {
    let server = Server::start();
    let instance = server.instance().await;
    let ticket = server.ticket(instance).await;
    assert!(server.open(&ticket, None).await.is_page());
    tokio::time::advance(Duration::from_secs(5)).await;
    let machine = server.gateway.watch_instance(instance).unwrap().borrow().clone();
    assert_eq!(machine.state().name().as_str(), "unlinked");
}

#[tokio::test(start_paused = true)]
async fn a_link_that_opens_nothing_says_why() {
    let server = Server::start();
    let instance = server.instance().await;
    let issue = async || {
        let new = NewLinkTicket::default();
        server.gateway.issue_link_ticket(instance, new).await.unwrap()
    };
    let (used, revoked, late) = (issue().await, issue().await, issue().await);
    server.open(used.text.expose(), None).await;
    server.gateway.revoke_link_ticket(instance, revoked.id).await.unwrap();
    tokio::time::advance(TICKET_FOR).await;
    for (ticket, why) in [
        (used.text.expose(), "It was opened already."),
        (revoked.text.expose(), "has taken it back."),
        (late.text.expose(), "Its time is over."),
        (&"0".repeat(50), "There is no such link"),
        ("anything", "There is no such link"),
    ] {
        let answer = server.open(ticket, None).await;
        assert!(answer.is_spent() && answer.body.contains(why), "{why}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_speaks_the_language_that_was_chosen_for_it() {
    let server = Server::start();
    let instance = server.instance().await;
    let terms = LinkTerms { language: Some(Language::Arabic), ..LinkTerms::default() };
    let said = server.ticket_with(instance, NewLinkTicket { terms, ..Default::default() }).await;
    let german = [("accept-language", "de-AT")];
    let opened = server.get(&format!("/link/{said}"), &german).await;
    assert!(opened.body.contains("<html lang=\"ar\" dir=\"rtl\">"), "{}", opened.body);
    let cookie = opened.cookie().unwrap();
    let again = server.open(&format!("{said}?lang=es"), Some(&cookie)).await;
    assert!(again.is_page() && again.body.contains("<html lang=\"es\" dir=\"ltr\">"));
    let unsaid = format!("/link/{}", server.ticket(instance).await);
    let opened = server.get(&unsaid, &german).await;
    assert!(opened.body.contains("<h1>WhatsApp verbinden</h1>"));
    let spent = server.get(&unsaid, &german).await;
    assert!(spent.body.contains("Dieser Link geht nicht"));
}

#[tokio::test(start_paused = true)]
async fn a_page_is_what_its_link_says_of_it_and_nothing_in_it_is_markup() {
    let server = Server::start();
    let instance = server.instance().await;
    let brand = Brand {
        name: Some("<b>Corner</b> & \"Sons\" {brand}".to_owned()),
        colour: Some("#25d366".parse().unwrap()),
        logo: Some(Logo { form: LogoForm::Png, bytes: vec![1] }),
    };
    let terms = LinkTerms {
        brand,
        methods: Methods::PairingCode,
        phone: Some("15550001111".parse().unwrap()),
        phone_fixed: true,
        return_url: Some("https://shop.example/?a='b'&c=d".to_owned()),
        ..LinkTerms::default()
    };
    let ticket = server.ticket_with(instance, NewLinkTicket { terms, ..Default::default() }).await;
    let page = server.open(&ticket, None).await.body;
    for part in [
        "<span>&lt;b&gt;Corner&lt;/b&gt; &amp; &quot;Sons&quot; {brand}</span>",
        "data-methods=\"code\" data-phone=\"15550001111\" data-phone-fixed=\"true\"",
        "href=\"https://shop.example/?a=&#39;b&#39;&amp;c=d\" hidden",
        &format!("href=\"{ticket}/brand.css\""),
        &format!("src=\"{ticket}/logo\""),
    ] {
        assert!(page.contains(part), "{part} {page}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_page_keeps_a_placeholder() {
    let server = Server::start();
    let instance = server.instance().await;
    for language in Language::ALL {
        let ticket = server.ticket(instance).await;
        let path = format!("{ticket}?lang={}", language.code());
        let cookie = server.open(&path, None).await.cookie();
        let link = server.open(&path, cookie.as_deref()).await;
        let (spent, unopened) = (
            server.open(&path, None).await,
            server.get(&format!("/link/{path}"), &[("sec-purpose", "prefetch")]).await,
        );
        for answer in [link, spent, unopened] {
            assert!(answer.body.contains("assets/"), "{}", answer.body);
            assert!(!answer.body.contains(['{', '}']), "{}", answer.body);
        }
    }
}
