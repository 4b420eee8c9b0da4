//! What is told besides the content, to the letter.

use crate::server::{Answer, Server};

/// The head of an answer as a snapshot shows it. The request's id and the secret are not shown.
fn head(answer: &Answer) -> String {
    let mut lines = vec![answer.status.to_string()];
    for (name, value) in &answer.headers {
        let value = value.to_str().unwrap();
        lines.push(match name.as_str() {
            "x-request-id" | "content-length" => continue,
            "set-cookie" => {
                let (cookie, attributes) = value.split_once(';').unwrap();
                let (name, pass) = cookie.split_once('=').unwrap();
                format!("set-cookie: {}..=[{} digits];{attributes}", &name[..13], pass.len())
            }
            name => format!("{name}: {value}"),
        });
    }
    lines[1..].sort();
    lines.join("\n")
}

#[tokio::test(start_paused = true)]
async fn the_page_allows_itself_nothing_but_its_own_files() {
    let server = Server::start();
    let ticket = server.ticket(server.instance().await).await;
    let opened = server.open(&ticket, None).await;
    insta::assert_snapshot!(head(&opened), @r"
    200
    cache-control: no-store
    content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'
    content-type: text/html; charset=utf-8
    cross-origin-opener-policy: same-origin
    cross-origin-resource-policy: same-origin
    permissions-policy: camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()
    referrer-policy: no-referrer
    set-cookie: waygate_link_..=[50 digits]; HttpOnly; SameSite=Lax; Path=/link; Max-Age=3600
    x-content-type-options: nosniff
    x-frame-options: DENY
    x-robots-tag: noindex
    ");
}

#[tokio::test(start_paused = true)]
async fn a_worthless_ticket_is_not_found() {
    let server = Server::start();
    let answer = server.open("anything", None).await;
    insta::assert_snapshot!(head(&answer), @r"
    404
    cache-control: no-store
    content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'
    content-type: text/html; charset=utf-8
    cross-origin-opener-policy: same-origin
    cross-origin-resource-policy: same-origin
    permissions-policy: camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()
    referrer-policy: no-referrer
    x-content-type-options: nosniff
    x-frame-options: DENY
    x-robots-tag: noindex
    ");
}

#[tokio::test(start_paused = true)]
async fn a_file_of_the_page_may_be_kept_for_good() {
    let server = Server::start();
    let ticket = server.ticket(server.instance().await).await;
    let page = server.open(&ticket, None).await;
    let file = server.get(&page.asset("link.mjs"), &[]).await;
    insta::assert_snapshot!(head(&file), @r"
    200
    cache-control: public, max-age=31536000, immutable
    content-type: text/javascript; charset=utf-8
    cross-origin-resource-policy: same-origin
    referrer-policy: no-referrer
    x-content-type-options: nosniff
    x-frame-options: DENY
    x-robots-tag: noindex
    ");
}

#[tokio::test(start_paused = true)]
async fn every_file_that_the_page_loads_is_there_with_its_type() {
    let server = Server::start();
    let ticket = server.ticket(server.instance().await).await;
    let page = server.open(&ticket, None).await;
    for (name, media_type) in [
        ("icon.svg", "image/svg+xml"),
        ("style.css", "text/css; charset=utf-8"),
        ("screens.css", "text/css; charset=utf-8"),
        ("absence.mjs", "text/javascript; charset=utf-8"),
        ("call.mjs", "text/javascript; charset=utf-8"),
        ("course.mjs", "text/javascript; charset=utf-8"),
        ("fit.mjs", "text/javascript; charset=utf-8"),
        ("link.mjs", "text/javascript; charset=utf-8"),
        ("page.mjs", "text/javascript; charset=utf-8"),
        ("remaining.mjs", "text/javascript; charset=utf-8"),
        ("view.mjs", "text/javascript; charset=utf-8"),
        ("words.en.mjs", "text/javascript; charset=utf-8"),
    ] {
        let path = page.asset(name);
        let file = server.get(&path, &[]).await;
        assert_eq!((file.status, file.header("content-type")), (200, Some(media_type)), "{name}");
        assert!(!file.body.is_empty());
        let head = server.send("HEAD", &path, &[]).await;
        assert_eq!((head.status, head.body.as_str()), (200, ""));
        assert_eq!(server.send("POST", &path, &[]).await.status, 405);
    }
}

#[tokio::test(start_paused = true)]
async fn over_tls_the_cookie_stays_there() {
    let server = Server::start();
    let instance = server.instance().await;
    for (proxy_says, is_secure) in [(None, false), (Some("http"), false), (Some("https"), true)] {
        let headers = proxy_says.map(|scheme| ("x-forwarded-proto", scheme));
        let path = format!("/link/{}", server.ticket(instance).await);
        let opened = server.get(&path, headers.as_slice()).await;
        let cookie = opened.header("set-cookie").unwrap();
        assert_eq!(cookie.ends_with("; Secure"), is_secure, "{proxy_says:?}");
    }
}
