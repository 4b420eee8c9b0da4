//! No ticket and no pass reaches a body or the log.

use waygate_played::captured::Captured;

use crate::server::Server;

#[tokio::test(start_paused = true)]
async fn tickets_and_passes_are_in_no_body_and_in_no_line_of_the_log() {
    let log = Captured::start();
    let server = Server::start();
    let instance = server.instance().await;
    let ticket = server.ticket(instance).await;
    let path = format!("/link/{ticket}");
    let opened = server.open(&ticket, None).await;
    let cookie = opened.cookie().unwrap();
    let (_, pass) = cookie.split_once('=').unwrap();
    let headers =
        [("cookie", cookie.as_str()), ("referer", "http://canary/"), ("canary", "canary")];
    let mut bodies = vec![opened.body];
    for verb in ["GET", "HEAD", "POST", "DELETE", "CANARY"] {
        for path in [
            path.clone(),
            format!("{path}?canary={ticket}"),
            format!("{path}canary"),
            format!("/link/canary{pass}"),
            format!("/link/assets/canary/{ticket}"),
            format!("{path}/canary"),
        ] {
            for headers in [&[][..], &headers[..], &[("sec-purpose", "canary")]] {
                bodies.push(server.send(verb, &path, headers).await.body);
            }
        }
    }
    let text = log.text();
    assert!(text.contains("/link/{ticket}"), "routes are logged");
    assert!(text.contains("/link/assets/{asset}"), "of assets too");
    assert!(text.contains(&instance.to_string()), "instances are logged");
    bodies.push(text.to_lowercase());
    for secret in [ticket.as_str(), pass, &ticket[..8], "canary"] {
        assert!(bodies.iter().all(|body| !body.contains(secret)), "of {secret}");
    }
    assert_eq!(server.site.panics(), 0);
    assert_eq!(server.link.dials(), 0, "opening the page dials nothing");
}
