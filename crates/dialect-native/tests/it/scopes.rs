//! What a token may do.

use waygate_core::scope::{Scope, Scopes};
use waygate_dialect_native::{ROUTES, Route};

use crate::server::Server;

fn path(route: &Route) -> String {
    route.template().trim_start_matches("/api/v1").replace(['{', '}'], "")
}

#[tokio::test(start_paused = true)]
async fn every_route_asks_for_its_right_and_for_no_other() {
    let server = Server::start().await;
    for route in ROUTES {
        let Some(needed) = route.scope() else { continue };
        let (verb, path) = (route.verb().as_str(), path(route));
        let enough = server.key_for([needed]).await;
        let answer = server.send_as(&enough, verb, &path, "{").await;
        assert_ne!(answer.status, 403, "{verb} {path}: {answer}");
        let rest = Scope::ALL.into_iter().filter(|scope| *scope != needed);
        let too_little = server.key_for(rest).await;
        let answer = server.send_as(&too_little, verb, &path, "{").await;
        assert_eq!((answer.status, answer.code().as_str()), (403, "forbidden"), "{verb} {path}");
        let challenge = format!(r#"Bearer error="insufficient_scope", scope="{needed}""#);
        assert_eq!(answer.header("www-authenticate"), Some(challenge.as_str()), "{verb} {path}");
    }
}

#[tokio::test(start_paused = true)]
async fn which_right_opens_what() {
    let rights = ROUTES.iter().filter_map(|route| {
        let scope = route.scope()?;
        Some(format!("{scope}: {} {}", route.verb().as_str(), path(route)))
    });
    let mut rights: Vec<String> = rights.collect();
    rights.sort();
    insta::assert_snapshot!(rights.join("\n"), @r"
    admin: DELETE /accounts/account
    admin: GET /accounts
    admin: GET /accounts/account
    admin: PATCH /accounts/account
    admin: POST /accounts
    link: DELETE /instances/instance/link-tickets/link_ticket
    link: DELETE /instances/instance/linking-attempts/attempt
    link: GET /instances/instance/link-tickets
    link: GET /instances/instance/linking-attempts
    link: GET /instances/instance/linking-attempts/attempt
    link: GET /instances/instance/linking-attempts/attempt/qr
    link: GET /instances/instance/linking-attempts/attempt/qr.ansi
    link: GET /instances/instance/linking-attempts/attempt/qr.png
    link: GET /instances/instance/linking-attempts/attempt/qr.svg
    link: GET /instances/instance/linking-attempts/attempt/qr.txt
    link: POST /instances/instance/link-tickets
    link: POST /instances/instance/linking-attempts
    link: POST /instances/instance/linking-attempts/attempt/passkey-assertion
    link: POST /instances/instance/linking-attempts/attempt/passkey-confirmation
    manage: DELETE /instances/instance
    manage: DELETE /webhook-endpoints/webhook_endpoint
    manage: GET /instances/instance/settings
    manage: GET /webhook-endpoints
    manage: GET /webhook-endpoints/webhook_endpoint
    manage: GET /webhook-endpoints/webhook_endpoint/deliveries
    manage: PATCH /instances/instance
    manage: PATCH /instances/instance/settings
    manage: PATCH /webhook-endpoints/webhook_endpoint
    manage: POST /instances
    manage: POST /instances/instance/logout
    manage: POST /instances/instance/restart
    manage: POST /instances/instance/start
    manage: POST /instances/instance/stop
    manage: POST /webhook-endpoints
    manage: POST /webhook-endpoints/webhook_endpoint/replay
    manage: POST /webhook-endpoints/webhook_endpoint/rotate-secret
    read: GET /instances
    read: GET /instances/instance
    read: GET /instances/instance/events
    read: GET /instances/instance/events/event/media
    read: GET /instances/instance/events/stream
    read: GET /instances/instance/events/ws
    read: GET /instances/instance/messages/message
    read: GET /instances/instance/messages/queue
    read: GET /instances/instance/notification-queue
    read: GET /instances/instance/state-history
    send: DELETE /instances/instance/messages/queue
    send: POST /instances/instance/messages
    tokens: DELETE /tokens/token
    tokens: GET /audit
    tokens: GET /tokens
    tokens: GET /tokens/token
    tokens: POST /tokens
    ");
}

#[tokio::test(start_paused = true)]
async fn a_right_that_is_missing_is_named_and_nothing_is_done() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let reader = server.key_for([Scope::Read]).await;
    let refused = server.send_as(&reader, "DELETE", &instance.path(""), "").await;
    insta::assert_snapshot!(refused, @r#"403 {"type":"about:blank","title":"Forbidden","status":403,"code":"forbidden","detail":"the token may not do this: it needs the scope `manage`"}"#);
    assert_eq!(server.send_as(&reader, "GET", &instance.path(""), "").await.status, 200);
    let refused = server.send_as(&reader, "DELETE", "/instances/1", "").await;
    assert_eq!(refused.status, 403, "who may not remove hears nothing of what there is");
}

#[tokio::test(start_paused = true)]
async fn whoever_may_only_read_gets_no_token_that_may_do_more() {
    let server = Server::start().await;
    let instance = server.instance().await;
    for scope in Scopes::of_instance().iter() {
        let rest = Scopes::of_account().iter().filter(|it| *it != scope);
        let key = server.key_for(rest.chain([Scope::Read])).await;
        for (verb, path) in [("GET", instance.path("")), ("POST", "/instances".to_owned())] {
            let answer = server.send_as(&key, verb, &path, "").await;
            if answer.status == 403 || scope == Scope::Read {
                continue;
            }
            assert!(!answer.body().contains(instance.token.expose()));
            let told = answer.json();
            assert_eq!(told["green_api"]["api_token_instance"], serde_json::Value::Null, "{scope}");
            assert!(told["green_api"]["id_instance"].is_u64(), "the number is no secret");
        }
    }
    let whole = server.key_for(Scopes::of_instance().iter()).await;
    let shown = server.send_as(&whole, "GET", &instance.path(""), "").await;
    assert!(shown.body().contains(instance.token.expose()));
}
