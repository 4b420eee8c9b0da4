//! Two accounts on one server, and every method: neither hears of the other.

use std::time::Duration;

use waygate_core::event::Sequence;
use waygate_core::id::AccountId;
use waygate_core::port::journal::Journal as _;
use waygate_core::port::link_tickets::LinkTickets as _;
use waygate_core::port::registry::{InstanceFilter, Registry as _};
use waygate_core::secret::TokenText;
use waygate_core::token::TokenKind;
use waygate_dialect_greenapi::{Group, METHODS, Method, Settings};
use waygate_engine::accounts::NewToken;
use waygate_played::application::new_instance;

use crate::server::{Answer, Instance, Server, unlimited, verb};

/// An account with something of everything.
struct Tenant {
    account: AccountId,
    partner: TokenText,
    instance: Instance,
}

impl Tenant {
    async fn new(server: &Server, account: AccountId) -> Self {
        let created = server.gateway.create_instance(new_instance(account)).await.unwrap();
        let (id, number) = (created.record.id, created.record.number);
        let instance = Instance { id, number, token: created.token.unwrap() };
        let new = NewToken::new(TokenKind::Partner, account);
        let partner = server.gateway.issue_token(new).await.unwrap().text;
        Self { account, partner, instance }
    }

    /// Calls a method by its own token, for the instance of this number.
    async fn call(&self, server: &Server, method: &Method, named: &Instance) -> Answer {
        let number = named.number;
        let (name, own) = (method.name(), self.instance.token.expose());
        let path = match method.group() {
            Group::Account => format!("/waInstance{number}/{name}/{own}"),
            Group::Page => format!("/waInstance{number}/{own}"),
            Group::Partner => format!("/partner/{name}/{}", self.partner.expose()),
        };
        let body = match name {
            "setSettings" => r#"{"incomingWebhook":"yes"}"#.to_owned(),
            "getAuthorizationCode" => r#"{"phoneNumber":15550001111}"#.to_owned(),
            "createInstance" => r#"{"name":"Another"}"#.to_owned(),
            "deleteInstanceAccount" => format!(r#"{{"idInstance":{number}}}"#),
            _ => String::new(),
        };
        server.send(verb(method), &path, body).await
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

    /// What nobody else may read. The number is not among it: who sends it is told it again.
    fn secrets(&self) -> [String; 4] {
        [
            self.account.to_string(),
            self.instance.id.to_string(),
            self.instance.token.expose().to_owned(),
            self.partner.expose().to_owned(),
        ]
    }
}

async fn two_tenants() -> (Server, [Tenant; 2]) {
    // No code comes, so `qr` says that.
    let settings = Settings { code_within: Duration::from_millis(50), ..unlimited() };
    let server = Server::with(settings).await;
    let first = server.gateway.first_account().await.unwrap().id;
    let second = server.link.other_account().await;
    let tenants = [Tenant::new(&server, first).await, Tenant::new(&server, second).await];
    (server, tenants)
}

/// Those that take something away last.
fn methods() -> Vec<&'static Method> {
    let ends = |name: &str| matches!(name, "updateApiToken" | "deleteInstanceAccount");
    let (last, first): (Vec<_>, Vec<_>) = METHODS.iter().partition(|method| ends(method.name()));
    first.into_iter().chain(last).collect()
}

/// Whether an answer says no, by its status or, as the vendor does, in words.
fn is_refused(answer: &Answer) -> bool {
    let in_words = || answer.json()["code"].as_u64().is_some_and(|code| code != 200);
    answer.status >= 400 || (answer.body.starts_with('{') && in_words())
}

#[tokio::test(start_paused = true)]
async fn no_method_reads_or_changes_what_another_account_has() {
    let (server, [first, second]) = two_tenants().await;
    for (own, other) in [(&first, &second), (&second, &first)] {
        let before = other.world(&server).await;
        for method in methods() {
            let answer = own.call(&server, method, &other.instance).await;
            let what = format!("{}: {answer}", method.name());
            let names_another =
                method.group() != Group::Partner || method.name() == "deleteInstanceAccount";
            assert!(is_refused(&answer) || !names_another, "{what}");
            let read = other.secrets().into_iter().find(|secret| answer.body.contains(secret));
            assert_eq!(read, None, "{what}");
            if !names_another {
                let number = other.instance.number.to_string();
                assert!(!answer.body.contains(&number), "{what}");
            }
        }
        assert_eq!(other.world(&server).await, before);
    }
}

/// The requests of the other test are requests that do something, to whoever owns what they name.
#[tokio::test(start_paused = true)]
async fn every_method_does_something_for_whom_it_belongs_to() {
    let (server, [first, _second]) = two_tenants().await;
    let before = first.world(&server).await;
    for method in methods() {
        // A token that was renewed opens nothing any more.
        let answer = first.call(&server, method, &first.instance).await;
        let let_in = !matches!(answer.status, 401 | 403 | 404);
        assert!(let_in, "{}: {answer}", method.name());
        assert!(!is_refused(&answer) || method.group() == Group::Account, "{answer}");
    }
    let after = server.link.store().instance(first.instance.id).await.unwrap().unwrap();
    assert!(after.removed_at.is_some() && !before.is_empty());
}
