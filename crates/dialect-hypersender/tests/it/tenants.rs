//! Two accounts on one server, and every route: neither hears of the other.

use std::time::Duration;

use waygate_core::event::Sequence;
use waygate_core::id::AccountId;
use waygate_core::port::journal::Journal as _;
use waygate_core::port::link_tickets::LinkTickets as _;
use waygate_core::port::registry::{InstanceFilter, Registry as _};
use waygate_core::secret::TokenText;
use waygate_core::token::TokenKind;
use waygate_dialect_hypersender::{Group, ROUTES, Route, Settings};
use waygate_engine::accounts::NewToken;
use waygate_engine::instances::NewInstance;

use crate::server::{Answer, Instance, Server, unlimited};

const NOT_FOUND: &str = r#"404 {"message":"Resource not found."}"#;

/// The versions of the API.
const VERSIONS: [&str; 2] = ["v1", "v2"];

/// An account with an instance.
struct Tenant {
    account: AccountId,
    token: TokenText,
    instance: Instance,
}

impl Tenant {
    async fn new(server: &Server, account: AccountId) -> Self {
        let name = format!("desk of {account}");
        let instance = server.created(NewInstance { name, ..NewInstance::unnamed(account) }).await;
        let new = NewToken::new(TokenKind::Hypersender, account);
        let token = server.gateway.issue_token(new).await.unwrap().text;
        Self { account, token, instance }
    }

    /// Calls a route by one of its own tokens, for this instance where it is about one.
    async fn call(
        &self,
        server: &Server,
        (route, version): (&Route, &str),
        (token, named): (&TokenText, &Instance),
    ) -> Answer {
        let (base, name) = (format!("/api/whatsapp/{version}"), route.name());
        let path = match route.group() {
            Group::Account => format!("{base}/{name}"),
            Group::Instance => format!("{base}/{}/{name}", named.id),
        };
        let body = if name == "create-instance" {
            format!(r#"{{"name":"{version} of {}","phone":"+15550001111"}}"#, self.account)
        } else {
            String::new()
        };
        server.send(token, route.verb().as_str(), &path, body).await
    }

    /// Everything of this account that a request could read or change.
    async fn world(&self, server: &Server) -> String {
        let store = server.link.store();
        let filter = InstanceFilter { account: Some(self.account), with_removed: true };
        let instances = store.instances(filter).await.unwrap();
        let tokens = store.tokens(self.account).await.unwrap();
        let settings = store.settings(self.instance.id).await.unwrap();
        let settings = settings.unwrap().as_bytes().to_vec();
        let events = store.read_after(self.instance.id, Sequence(0), 100).await.unwrap();
        let tickets = store.link_tickets(self.instance.id).await.unwrap();
        format!("{instances:?} {tokens:?} {settings:?} {events:?} {tickets:?}")
    }

    /// What nobody else may read.
    fn secrets(&self) -> [String; 4] {
        [
            self.account.to_string(),
            self.instance.id.to_string(),
            self.instance.token.expose().to_owned(),
            self.token.expose().to_owned(),
        ]
    }
}

async fn two_tenants() -> (Server, [Tenant; 2]) {
    // No code comes, so nobody waits for one.
    let settings = Settings { code_within: Duration::from_millis(50), ..unlimited() };
    let server = Server::with(settings).await;
    let second = server.link.other_account().await;
    let tenants = [Tenant::new(&server, server.account).await, Tenant::new(&server, second).await];
    (server, tenants)
}

fn calls() -> impl Iterator<Item = (&'static Route, &'static str)> {
    ROUTES.iter().flat_map(|route| VERSIONS.map(|version| (route, version)))
}

#[tokio::test(start_paused = true)]
async fn no_route_reads_or_changes_what_another_account_has() {
    let (server, [first, second]) = two_tenants().await;
    for (own, other) in [(&first, &second), (&second, &first)] {
        let before = other.world(&server).await;
        let tokens = [&own.token, &own.instance.token];
        for ((route, version), token) in calls().flat_map(|call| tokens.map(|token| (call, token)))
        {
            let answer = own.call(&server, (route, version), (token, &other.instance)).await;
            let what = format!("{version} {}: {answer}", route.name());
            assert!(route.group() == Group::Account || answer.told() == NOT_FOUND, "{what}");
            let read = other.secrets().into_iter().find(|it| answer.body.contains(it));
            assert_eq!(read, None, "{what}");
        }
        assert_eq!(other.world(&server).await, before);
    }
}

/// The requests of the other test are requests that do something, to whoever owns what they name.
#[tokio::test(start_paused = true)]
async fn every_route_does_something_for_whom_it_belongs_to() {
    let (server, [first, _second]) = two_tenants().await;
    for (route, version) in calls() {
        let answer = first.call(&server, (route, version), (&first.token, &first.instance)).await;
        // No code comes here, which the vendor's clients are told by a 503.
        assert!(matches!(answer.status, 200 | 201 | 503), "{version} {}: {answer}", route.name());
    }
}
