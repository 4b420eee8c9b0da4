//! Two tenants on one server, and every route: neither hears of the other.

use std::time::Duration;

use waygate_core::event::Sequence;
use waygate_core::id::AccountId;
use waygate_core::port::journal::Journal as _;
use waygate_core::port::link_tickets::LinkTickets as _;
use waygate_core::port::outbox::Outbox as _;
use waygate_core::port::registry::{InstanceFilter, Registry as _};
use waygate_core::port::webhooks::Webhooks as _;
use waygate_core::scope::{Scope, Scopes};
use waygate_core::secret::TokenText;
use waygate_core::token::TokenKind;
use waygate_dialect_native::{Guard, ROUTES, Route, Verb};
use waygate_engine::accounts::NewToken;

use crate::files::{file, receive};
use crate::server::{Answer, Instance, Server};

/// An instance, an attempt, a token and an account that nobody has or ever had.
const UNKNOWN: &str = "67e55044-10b1-426f-9247-bb680e5fe0c8";
const UNKNOWN_NUMBER: &str = "9999999999";
const UNKNOWN_TOKEN: &str = "0123456789abcdef";

/// An endpoint to be added.
pub(crate) const ENDPOINT: &str = r#"{"url":"https://receiver.example/"}"#;

/// A message to be sent.
pub(crate) const MESSAGE: &str = r#"{"chat":"15550002222","text":"canary"}"#;

/// A tenant with something of everything.
struct Tenant {
    account: AccountId,
    key: TokenText,
    instance: Instance,
    attempt: String,
    /// The number of an event with a file.
    event: String,
    link_ticket: String,
    /// The id of a token beside the one that asks.
    token: String,
    webhook_endpoint: String,
    message: String,
}

/// What stands in the places that a path leaves open.
#[derive(Clone, Copy)]
struct Names<'a> {
    account: &'a str,
    instance: &'a str,
    attempt: &'a str,
    event: &'a str,
    link_ticket: &'a str,
    token: &'a str,
    webhook_endpoint: &'a str,
    message: &'a str,
}

impl Tenant {
    async fn new(server: &Server, account: AccountId, key: TokenText) -> Self {
        let instance = server.instance_of(account).await;
        let path = instance.path("/linking-attempts");
        let begun = server.send_as(&key, "POST", &path, r#"{"method":"qr"}"#).await;
        let path = instance.path("/link-tickets");
        let ticket = server.send_as(&key, "POST", &path, "").await;
        let issued = server.send_as(&key, "POST", "/tokens", r#"{"kind":"native"}"#).await;
        let added = server.send_as(&key, "POST", "/webhook-endpoints", ENDPOINT).await;
        let path = instance.path("/messages");
        let sent = server.send_as(&key, "POST", &path, MESSAGE).await;
        let (attempt, link_ticket, token) =
            (begun.text("id"), ticket.text("id"), issued.text("id"));
        let (webhook_endpoint, message) = (added.text("id"), sent.text("id"));
        let event = receive(server, &instance, file("plan.pdf", "application/pdf")).await;
        let event = event.0.to_string();
        Self {
            account,
            key,
            instance,
            attempt,
            event,
            link_ticket,
            token,
            webhook_endpoint,
            message,
        }
    }

    /// What is its own, but for what stands in the place of account and instance.
    fn names<'a>(&'a self, account: &'a str, instance: &'a str) -> Names<'a> {
        let (attempt, link_ticket, token) = (&self.attempt, &self.link_ticket, &self.token);
        let (event, message) = (&self.event, &self.message);
        let webhook_endpoint = &self.webhook_endpoint;
        Names { account, instance, attempt, event, link_ticket, token, webhook_endpoint, message }
    }

    async fn send(&self, server: &Server, route: &Route, names: Names<'_>) -> Answer {
        // No more than ten a second.
        tokio::time::advance(Duration::from_millis(100)).await;
        let path = route.template().trim_start_matches("/api/v1");
        let path = path.replace("{account}", names.account).replace("{instance}", names.instance);
        let path = path.replace("{attempt}", names.attempt).replace("{token}", names.token);
        let path = path.replace("{link_ticket}", names.link_ticket).replace("{event}", names.event);
        let path = path.replace("{webhook_endpoint}", names.webhook_endpoint);
        let path = path.replace("{message}", names.message);
        server.send_as(&self.key, route.verb().as_str(), &path, body(route)).await
    }

    /// Everything of this tenant that a request could read or change.
    async fn world(&self, server: &Server) -> String {
        let store = server.link.store();
        let filter = InstanceFilter { account: Some(self.account), with_removed: true };
        let instances = store.instances(filter).await.unwrap();
        let tokens = store.tokens(self.account).await.unwrap();
        let accounts = store.accounts().await.unwrap();
        let account = accounts.iter().find(|account| account.id == self.account);
        let sealed = store.settings(self.instance.id).await.unwrap().unwrap();
        let settings = sealed.as_bytes();
        let events = store.read_after(self.instance.id, Sequence(0), 100).await.unwrap();
        let tickets = store.link_tickets(self.instance.id).await.unwrap();
        let endpoints = store.webhook_endpoints(self.account).await.unwrap();
        let known = format!("{account:?} {instances:?} {tokens:?} {settings:?}");
        let queued = store.queued_messages(self.instance.id, 100).await.unwrap();
        let queued: Vec<_> = queued.into_iter().map(|it| it.message.id).collect();
        format!("{known} {events:?} {tickets:?} {endpoints:?} {queued:?}")
    }

    /// What no other tenant may read.
    fn secrets(&self) -> [String; 8] {
        [
            self.account.to_string(),
            self.instance.id.to_string(),
            self.instance.number.to_string(),
            self.instance.token.expose().to_owned(),
            self.attempt.clone(),
            self.token.clone(),
            self.webhook_endpoint.clone(),
            self.message.clone(),
        ]
    }
}

/// A body with which the route does something.
pub(crate) fn body(route: &Route) -> &'static str {
    match (route.verb(), route.template().rsplit('/').next()) {
        (Verb::Post, Some("linking-attempts")) => r#"{"method":"qr"}"#,
        (Verb::Post, Some("messages")) => MESSAGE,
        (Verb::Post, Some("tokens")) => r#"{"kind":"native"}"#,
        (Verb::Post, Some("webhook-endpoints")) => ENDPOINT,
        (Verb::Patch, Some("{webhook_endpoint}")) => r#"{"description":"Changed"}"#,
        (Verb::Patch, Some("settings")) => r#"{"polls":true}"#,
        (Verb::Patch, _) => r#"{"name":"Changed"}"#,
        (Verb::Post | Verb::Get | Verb::Delete, _) => "",
    }
}

/// The routes that a tenant can use, those that remove last.
fn tenants_routes() -> Vec<&'static Route> {
    let own = Scopes::of_account();
    let mut routes: Vec<&Route> =
        ROUTES.iter().filter(|route| route.scope().is_some_and(|scope| own.holds(scope))).collect();
    // What takes away comes last, and the instance after what belongs to it.
    routes.sort_by_key(|route| match route.verb() {
        Verb::Delete => (true, usize::MAX - route.template().len()),
        Verb::Get | Verb::Post | Verb::Patch => (false, route.template().len()),
    });
    routes
}

async fn two_tenants(server: &Server) -> [Tenant; 2] {
    let (other, key) = server.stranger().await;
    let first = Tenant::new(server, server.account, server.key.clone()).await;
    [first, Tenant::new(server, other, key).await]
}

/// Sends what names things of the other tenant in every route that can name one, what lists things, and
/// what makes some.
async fn trespass(own: &Tenant, other: &Tenant, server: &Server) {
    let account = other.account.to_string();
    let (id, number) = (other.instance.id.to_string(), other.instance.number.to_string());
    let own_id = own.instance.id.to_string();
    for route in ROUTES.iter().filter(|route| route.guard() == Guard::Key) {
        for instance in [&id, &number, &own_id] {
            let template = route.template();
            let foreign = [
                "{account}",
                "{attempt}",
                "{link_ticket}",
                "{token}",
                "{webhook_endpoint}",
                "{message}",
            ];
            let names_another = foreign.iter().any(|name| template.contains(name))
                || (template.contains("{instance}") && *instance != own_id);
            if template.contains("{instance}") && !names_another {
                continue;
            }
            let names = other.names(&account, instance);
            let answer = own.send(server, route, names).await;
            let what = format!("{} {template}: {answer}", route.verb().as_str());
            assert!(matches!(answer.status, 403 | 404) || !names_another, "{what}");
            let read = other.secrets().into_iter().find(|secret| answer.body().contains(secret));
            assert_eq!(read, None, "{what}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn no_route_reads_or_changes_what_another_tenant_has() {
    let server = Server::start().await;
    let [first, second] = two_tenants(&server).await;
    for (own, other) in [(&first, &second), (&second, &first)] {
        let before = other.world(&server).await;
        trespass(own, other, &server).await;
        assert_eq!(other.world(&server).await, before);
    }
    // They are routes that do something: to whoever owns what they name.
    let (account, id) = (first.account.to_string(), first.instance.id.to_string());
    let own = first.names(&account, &id);
    for route in tenants_routes() {
        let answer = first.send(&server, route, own).await;
        let what = format!("{} {}: {answer}", route.verb().as_str(), route.template());
        // A websocket, which none of these asks for.
        let done = answer.status < 300 || matches!(answer.status, 409 | 426);
        assert!(done || route.template().contains("{attempt}"), "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_anothers_and_what_nobody_has_take_the_same_way() {
    let (server, registry) = Server::counted().await;
    let [first, second] = two_tenants(&server).await;
    let (id, number) = (second.instance.id.to_string(), second.instance.number.to_string());
    let account = second.account.to_string();
    for route in ROUTES.iter().filter(|route| route.template().contains("/api/v1")) {
        if !route.template().contains('{') {
            continue;
        }
        for (instance, unknown) in [(&id, UNKNOWN), (&number, UNKNOWN_NUMBER)] {
            let names = [
                second.names(&account, instance),
                Names {
                    account: UNKNOWN,
                    instance: unknown,
                    attempt: UNKNOWN,
                    event: UNKNOWN_NUMBER,
                    link_ticket: UNKNOWN,
                    token: UNKNOWN_TOKEN,
                    webhook_endpoint: UNKNOWN,
                    message: UNKNOWN,
                },
            ];
            let mut told = Vec::new();
            for names in names {
                registry.calls();
                let answer = first.send(&server, route, names).await;
                told.push((answer.to_string(), registry.calls()));
            }
            let what = format!("{} {}", route.verb().as_str(), route.template());
            assert_eq!(told[0], told[1], "{what}");
            assert!(told[0].1.contains(&"find_token"), "{what}: the registry was asked");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_admin_reaches_every_account_and_keys_of_other_apis_reach_none() {
    let server = Server::start().await;
    let [_first, second] = two_tenants(&server).await;
    let admin = server.key_for(Scope::ALL).await;
    let path = second.instance.path("");
    assert_eq!(server.send_as(&admin, "GET", &path, "").await.status, 200);
    for kind in TokenKind::ALL {
        let new = NewToken::new(kind, second.account);
        let text = server.gateway.issue_token(new).await.unwrap().text;
        let status = server.send_as(&text, "GET", &path, "").await.status;
        assert_eq!(status, if kind == TokenKind::Native { 200 } else { 401 }, "{kind:?}");
    }
}
