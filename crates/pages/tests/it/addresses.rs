//! Addresses that nobody was given.

use crate::server::Server;

#[tokio::test(start_paused = true)]
async fn a_strange_ticket_is_an_unknown_one() {
    let server = Server::start();
    let ticket = server.ticket(server.instance().await).await;
    let upper = ticket.to_uppercase();
    let encoded = format!("%{:x}{}", ticket.as_bytes()[0], &ticket[1..]);
    for segment in [
        "x",
        "..",
        "%2e%2e",
        "%00",
        "%2F",
        "%ff%fe",
        "assets%2flink.mjs",
        "index.html",
        "favicon.ico",
        "ASSETS",
        &ticket[..49],
        &format!("{ticket}0"),
        &format!("{ticket}%20"),
        &format!("{ticket};a=b"),
        &upper,
        &encoded,
        &"a".repeat(60_000),
    ] {
        let start: String = segment.chars().take(60).collect();
        for verb in ["GET", "HEAD"] {
            let answer = server.send(verb, &format!("/link/{segment}"), &[]).await;
            assert_eq!(answer.status, 404, "{verb} {start}");
        }
        assert!(server.open(segment, None).await.is_spent(), "{start}");
    }
    assert!(server.open(&ticket, None).await.is_page(), "none of them was taken for it");
}

#[tokio::test(start_paused = true)]
async fn a_query_and_doubled_slashes_change_nothing() {
    let server = Server::start();
    let instance = server.instance().await;
    let path = format!("/link/{}?a=b&c", server.ticket(instance).await);
    assert!(server.get(&path, &[]).await.is_page());
    let path = format!("//link//{}", server.ticket(instance).await);
    assert!(server.get(&path, &[]).await.is_page());
}

#[tokio::test(start_paused = true)]
async fn there_are_no_files_but_those_of_this_version() {
    let server = Server::start();
    let ticket = server.ticket(server.instance().await).await;
    let script = server.open(&ticket, None).await.asset("link.mjs");
    let folder = script.strip_suffix("link.mjs").unwrap();
    for path in [
        "/link/assets/".to_owned(),
        "/link/assets/link.mjs".to_owned(),
        "/link/assets/0000000000000000/link.mjs".to_owned(),
        folder.to_owned(),
        format!("{folder}none.mjs"),
        format!("{folder}../../../../../etc/passwd"),
        format!("{folder}..%2f..%2fCargo.toml"),
        format!("{folder}link%2emjs"),
        format!("{script}/"),
        format!("{script}%00.css"),
    ] {
        let answer = server.get(&path, &[]).await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_deeper_belongs_to_others() {
    let server = Server::start();
    let ticket = server.ticket(server.instance().await).await;
    for path in [
        "/link".to_owned(),
        "/link/".to_owned(),
        format!("/link/{ticket}/"),
        format!("/link/{ticket}/instance"),
        format!("/link/{ticket}/linking-attempts"),
    ] {
        let answer = server.get(&path, &[]).await;
        assert_eq!(answer.body, r#"{"message":"Not Found"}"#, "{path}");
    }
    assert!(server.open(&ticket, None).await.is_page(), "and it is not spent by that");
}
