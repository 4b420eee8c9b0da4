//! Linking attempts: from the wish to the outcome.

use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;
use waygate_core::instance::pairing::PairingRefusal;
use waygate_core::instance::state::StateName;
use waygate_core::port::link::LinkEvent;
use waygate_core::secret::TokenText;
use waygate_played::deadline::within;
use waygate_played::link::{account, pairing_code};

use crate::server::{Answer, Instance, Server};

const PHONE: &str = "15550002222";

/// An attempt under test.
pub(crate) struct Effort {
    pub(crate) server: Server,
    pub(crate) instance: Instance,
    pub(crate) path: String,
    pub(crate) now: Answer,
}

impl Effort {
    pub(crate) async fn begin(body: &str) -> Self {
        let server = Server::start().await;
        let instance = server.instance().await;
        let now = server.post(&instance.path("/linking-attempts"), body).await;
        assert_eq!(now.status, 201, "{now}");
        let path = instance.path(&format!("/linking-attempts/{}", now.text("id")));
        assert_eq!(now.header("location"), Some(format!("/api/v1{path}").as_str()));
        Self { server, instance, path, now }
    }

    fn version(&self) -> u64 {
        self.now.json()["version"].as_u64().unwrap()
    }

    /// Waits until the attempt is at this step.
    pub(crate) async fn see(&mut self, step: &str) -> &Answer {
        let mut path = format!("{}?wait=60&after=0", self.path);
        within(async {
            while self.now.text("step") != step {
                self.now = self.server.get(&path).await;
                assert_eq!(self.now.status, 200, "{}", self.now);
                path = format!("{}?wait=60&after={}", self.path, self.version());
            }
        })
        .await;
        &self.now
    }
}

#[tokio::test(start_paused = true)]
async fn an_attempt_by_qr_code_is_followed_until_the_instance_is_linked() {
    let mut effort = Effort::begin(r#"{"method":"qr"}"#).await;
    insta::assert_snapshot!(effort.now.shown(), @r#"201 {"id":"<uuid>","instance_id":"<uuid>","method":"qr","begun_at":"2026-03-01T10:20:30.456Z","version":1,"step":"preparing","qr_code":null,"pairing_code":null,"passkey_challenge":null,"passkey_confirmation":null,"not_before":null,"not_before_in_ms":null,"failure":null,"reason":null,"whatsapp":null}"#);
    effort.server.link.show(effort.instance.id, "2@first").await;
    insta::assert_snapshot!(effort.see("qr_code").await.shown(), @r#"200 {"id":"<uuid>","instance_id":"<uuid>","method":"qr","begun_at":"2026-03-01T10:20:30.456Z","version":2,"step":"qr_code","qr_code":{"text":"2@first","round":1,"issued_at":"2026-03-01T10:20:30.456Z","expires_at":"2026-03-01T10:21:30.456Z","expires_in_ms":60000},"pairing_code":null,"passkey_challenge":null,"passkey_confirmation":null,"not_before":null,"not_before_in_ms":null,"failure":null,"reason":null,"whatsapp":null}"#);
    let link = effort.server.link.clone();
    link.tell(effort.instance.id, LinkEvent::Paired(account())).await;
    insta::assert_snapshot!(effort.see("finishing").await.shown(), @r#"200 {"id":"<uuid>","instance_id":"<uuid>","method":"qr","begun_at":"2026-03-01T10:20:30.456Z","version":3,"step":"finishing","qr_code":null,"pairing_code":null,"passkey_challenge":null,"passkey_confirmation":null,"not_before":null,"not_before_in_ms":null,"failure":null,"reason":null,"whatsapp":null}"#);
    link.link(effort.instance.id).await;
    insta::assert_snapshot!(effort.see("linked").await.shown(), @r#"200 {"id":"<uuid>","instance_id":"<uuid>","method":"qr","begun_at":"2026-03-01T10:20:30.456Z","version":4,"step":"linked","qr_code":null,"pairing_code":null,"passkey_challenge":null,"passkey_confirmation":null,"not_before":null,"not_before_in_ms":null,"failure":null,"reason":null,"whatsapp":{"phone":"15550001111","device":3}}"#);
    let path = effort.instance.path("/linking-attempts");
    insta::assert_snapshot!(effort.server.post(&path, r#"{"method":"qr"}"#).await, @r#"409 {"type":"about:blank","title":"Conflict","status":409,"code":"wrong_state","detail":"the instance is linked already"}"#);
}

#[tokio::test(start_paused = true)]
async fn a_long_poll_answers_when_something_changes_and_not_before() {
    let effort = Effort::begin(r#"{"method":"qr"}"#).await;
    let path = format!("{}?wait=60&after={}", effort.path, effort.version());
    let mut asked = Box::pin(effort.server.get(&path));
    let early = tokio::time::timeout(Duration::from_secs(20), &mut asked).await;
    assert!(early.is_err(), "nothing has changed");
    let show = effort.server.link.show(effort.instance.id, "2@code");
    let (answer, ()) = within(async { tokio::join!(asked, show) }).await;
    assert_eq!((answer.status, answer.text("step").as_str()), (200, "qr_code"));
    assert_eq!(answer.json()["version"], effort.version() + 1);
}

#[tokio::test(start_paused = true)]
async fn a_poll_for_what_is_newer_already_does_not_wait() {
    let mut effort = Effort::begin(r#"{"method":"qr"}"#).await;
    effort.server.link.show(effort.instance.id, "2@code").await;
    effort.see("qr_code").await;
    let began = Instant::now();
    for query in ["", "?wait=60", "?wait=60&after=0", "?wait=60&after=1"] {
        let answer = effort.server.get(&format!("{}{query}", effort.path)).await;
        assert_eq!(answer.json()["version"], effort.version(), "{query}");
    }
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_poll_whose_wait_is_over_answers_with_what_there_is() {
    let mut effort = Effort::begin(r#"{"method":"qr"}"#).await;
    effort.server.link.show(effort.instance.id, "2@code").await;
    effort.see("qr_code").await;
    let (began, version) = (Instant::now(), effort.version());
    let path = format!("{}?wait=7&after={version}", effort.path);
    let answer = effort.server.get(&path).await;
    assert_eq!(began.elapsed(), Duration::from_secs(7));
    assert_eq!((answer.status, answer.json()["version"].as_u64()), (200, Some(version)));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_nobody_looks_at_ends() {
    let mut effort = Effort::begin(r#"{"method":"qr"}"#).await;
    effort.server.link.show(effort.instance.id, "2@code").await;
    effort.see("qr_code").await;
    tokio::time::advance(Duration::from_secs(91)).await;
    let mut shown = effort.server.gateway.watch_instance(effort.instance.id).unwrap();
    within(shown.wait_for(|machine| machine.state().linked().is_none())).await.unwrap();
    effort.server.settle(effort.instance.id, StateName::Unlinked).await;
    insta::assert_snapshot!(effort.see("failed").await.shown(), @r#"200 {"id":"<uuid>","instance_id":"<uuid>","method":"qr","begun_at":"2026-03-01T10:20:30.456Z","version":4,"step":"failed","qr_code":null,"pairing_code":null,"passkey_challenge":null,"passkey_confirmation":null,"not_before":null,"not_before_in_ms":null,"failure":"not_watched","reason":"nobody looked any more","whatsapp":null}"#);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_by_pairing_code_shows_the_code_and_what_became_of_it() {
    let body = format!(r#"{{"method":"code","phone":"+{PHONE}"}}"#);
    let mut effort = Effort::begin(&body).await;
    let (link, id) = (effort.server.link.clone(), effort.instance.id);
    link.show(id, "2@code").await;
    assert_eq!(link.asked(id).await.digits(), PHONE);
    link.tell(id, pairing_code("ABCD1234")).await;
    insta::assert_snapshot!(effort.see("pairing_code").await.shown(), @r#"200 {"id":"<uuid>","instance_id":"<uuid>","method":"code","begun_at":"2026-03-01T10:20:30.456Z","version":3,"step":"pairing_code","qr_code":{"text":"2@code","round":1,"issued_at":"2026-03-01T10:20:30.456Z","expires_at":"2026-03-01T10:21:30.456Z","expires_in_ms":60000},"pairing_code":{"code":"ABCD1234","issued_at":"2026-03-01T10:20:30.456Z","expires_at":"2026-03-01T10:23:30.456Z","expires_in_ms":180000},"passkey_challenge":null,"passkey_confirmation":null,"not_before":null,"not_before_in_ms":null,"failure":null,"reason":null,"whatsapp":null}"#);
    link.tell(id, LinkEvent::PairingCodeTyped).await;
    insta::assert_snapshot!(effort.see("pairing_code_typed").await.shown(), @r#"200 {"id":"<uuid>","instance_id":"<uuid>","method":"code","begun_at":"2026-03-01T10:20:30.456Z","version":4,"step":"pairing_code_typed","qr_code":null,"pairing_code":{"code":"ABCD1234","issued_at":"2026-03-01T10:20:30.456Z","expires_at":"2026-03-01T10:23:30.456Z","expires_in_ms":180000},"passkey_challenge":null,"passkey_confirmation":null,"not_before":null,"not_before_in_ms":null,"failure":null,"reason":null,"whatsapp":null}"#);
    link.tell(id, LinkEvent::PairingCodeSpent).await;
    insta::assert_snapshot!(effort.see("failed").await.shown(), @r#"200 {"id":"<uuid>","instance_id":"<uuid>","method":"code","begun_at":"2026-03-01T10:20:30.456Z","version":5,"step":"failed","qr_code":null,"pairing_code":null,"passkey_challenge":null,"passkey_confirmation":null,"not_before":null,"not_before_in_ms":null,"failure":"wrong_code","reason":"the phone and the gateway did not agree on the code","whatsapp":null}"#);
}

#[tokio::test(start_paused = true)]
async fn a_refused_phone_number_is_told() {
    let mut effort = Effort::begin(&format!(r#"{{"method":"code","phone":{PHONE}}}"#)).await;
    let (link, id) = (effort.server.link.clone(), effort.instance.id);
    link.show(id, "2@code").await;
    assert_eq!(link.asked(id).await.digits(), PHONE);
    link.tell(id, LinkEvent::PairingCodeRefused(PairingRefusal::NumberRefused)).await;
    insta::assert_snapshot!(effort.see("failed").await.shown(), @r#"200 {"id":"<uuid>","instance_id":"<uuid>","method":"code","begun_at":"2026-03-01T10:20:30.456Z","version":3,"step":"failed","qr_code":null,"pairing_code":null,"passkey_challenge":null,"passkey_confirmation":null,"not_before":null,"not_before_in_ms":null,"failure":"refused","reason":"WhatsApp gives no code for this number: it is wrong, or was tried too often","whatsapp":null}"#);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_has_to_wait_says_until_when() {
    let mut effort = Effort::begin(r#"{"method":"qr"}"#).await;
    let end = LinkEvent::Ended(waygate_core::reason::EndReason::RateLimited);
    effort.server.link.tell(effort.instance.id, end).await;
    let waiting = effort.see("waiting").await.json();
    assert_eq!(waiting["reason"], "WhatsApp limits the rate of connections");
    assert!(waiting["not_before"].is_string() && waiting["not_before_in_ms"].as_u64() > Some(0));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_is_given_up_and_stays_known() {
    let mut effort = Effort::begin(r#"{"method":"qr"}"#).await;
    effort.server.link.show(effort.instance.id, "2@code").await;
    effort.see("qr_code").await;
    let given_up = effort.server.send("DELETE", &effort.path, "").await;
    insta::assert_snapshot!(given_up.shown(), @r#"200 {"id":"<uuid>","instance_id":"<uuid>","method":"qr","begun_at":"2026-03-01T10:20:30.456Z","version":3,"step":"failed","qr_code":null,"pairing_code":null,"passkey_challenge":null,"passkey_confirmation":null,"not_before":null,"not_before_in_ms":null,"failure":"given_up","reason":"it was given up","whatsapp":null}"#);
    let again = effort.server.send("DELETE", &effort.path, "").await;
    assert_eq!(again.json(), given_up.json());
    let polled = effort.server.get(&format!("{}?wait=60&after=99", effort.path)).await;
    assert_eq!(polled.json(), given_up.json(), "what is over is told at once");
}

#[tokio::test(start_paused = true)]
async fn a_fresh_code_may_be_asked_for_ten_times_an_hour() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let path = instance.path("/linking-attempts");
    let body = r#"{"method":"qr","fresh":true}"#;
    for _ in 0..10 {
        assert_eq!(within(server.post(&path, body)).await.status, 201);
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    let answer = server.post(&path, body).await;
    insta::assert_snapshot!(answer, @r#"429 {"type":"about:blank","title":"Too Many Requests","status":429,"code":"limited","detail":"too many new codes were asked for"}"#);
    assert_eq!(answer.header("retry-after"), Some("3590"));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_cannot_mean_anything_is_refused_with_the_reason() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let mut told = Vec::new();
    for body in [
        "",
        r#"{"method":"smoke"}"#,
        r#"{"method":5}"#,
        r#"{"method":"code"}"#,
        r#"{"method":"code","phone":"canary"}"#,
        r#"{"method":"code","phone":1.5}"#,
        r#"{"method":"code","phone":15550002222,"fresh":true}"#,
        r#"{"method":"qr","phone":15550002222}"#,
        r#"{"method":"qr","fresh":"yes"}"#,
        r#"{"method":"qr","wait":5}"#,
    ] {
        // Each second, or the rate would be told.
        tokio::time::advance(Duration::from_secs(1)).await;
        let answer = server.post(&instance.path("/linking-attempts"), body).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "invalid"), "{body}");
        told.push(answer.text("detail"));
    }
    insta::assert_snapshot!(told.join("\n"), @r#"
    `method` must be `qr` or `code`
    `method` must be `qr` or `code`
    `method` must be a string
    `phone` is needed for the method `code`
    `phone` cannot be used: a phone number has 7 to 15 digits and begins with the country's code
    `phone` must be a string or an integer
    `fresh` goes with `qr` only: a pairing code is always a fresh one
    `phone` goes with the method `code` only
    `fresh` must be true or false
    there is no field `wait`
    "#);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_of_another_instance_is_as_unknown_as_one_that_never_was() {
    let effort = Effort::begin(r#"{"method":"qr"}"#).await;
    let other = effort.server.instance().await;
    let id = effort.now.text("id");
    let mut told = Vec::new();
    for (instance, id) in [
        (&other, id.as_str()),
        (&effort.instance, "67e55044-10b1-426f-9247-bb680e5fe0c8"),
        (&effort.instance, "latest"),
        (&effort.instance, "%00"),
    ] {
        let path = instance.path(&format!("/linking-attempts/{id}"));
        for (verb, rest) in [("GET", ""), ("GET", "?wait=60"), ("DELETE", ""), ("GET", "/qr.png")] {
            told.push(effort.server.send(verb, &format!("{path}{rest}"), "").await.to_string());
        }
    }
    told.dedup();
    insta::assert_snapshot!(told.join("\n"), @r#"404 {"type":"about:blank","title":"Not Found","status":404,"code":"not_found","detail":"there is no such linking attempt"}"#);
    for query in ["?wait=61", "?wait=-1", "?after=x", "?wait=1&wait=2", "?since=1"] {
        let answer = effort.server.get(&format!("{}{query}", effort.path)).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "invalid"), "{query}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_when_its_token_is_revoked_or_expires() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let begun = server.post(&instance.path("/linking-attempts"), r#"{"method":"qr"}"#).await;
    let path = instance.path(&format!("/linking-attempts/{}?wait=60&after=99", begun.text("id")));
    let issued = server.post("/tokens", r#"{"kind":"native"}"#).await;
    let revoked = TokenText::new(issued.text("token"));
    let issued_too = server.post("/tokens", r#"{"kind":"native","expires_in":20}"#).await;
    let expiring = TokenText::new(issued_too.text("token"));
    let start = Instant::now();
    let token = format!("/tokens/{}", issued.text("id"));
    let revoke = server.send("DELETE", &token, "");
    let waiting = server.send_as(&revoked, "GET", &path, "");
    let (answer, gone) = tokio::join!(waiting, revoke);
    assert_eq!((answer.status, answer.code().as_str()), (401, "unauthorized"));
    assert_eq!((gone.status, start.elapsed().as_secs()), (204, 0));
    let answer = server.send_as(&expiring, "GET", &path, "").await;
    assert_eq!((answer.status, answer.code().as_str()), (401, "unauthorized"));
    assert_eq!(start.elapsed().as_secs(), 20);
}

#[tokio::test(start_paused = true)]
async fn the_attempts_that_are_remembered_are_listed_with_the_newest_first() {
    let server = Server::start().await;
    let (instance, other) = (server.instance().await, server.instance().await);
    let path = instance.path("/linking-attempts");
    assert_eq!(server.get(&path).await.body(), r#"{"data":[]}"#);
    server.post(&other.path("/linking-attempts"), r#"{"method":"qr"}"#).await;
    let first = server.post(&path, r#"{"method":"qr"}"#).await.text("id");
    server.send("DELETE", &format!("{path}/{first}"), "").await;
    let second = server.post(&path, r#"{"method":"qr"}"#).await.text("id");
    let listed = server.get(&path).await.json();
    let told: Vec<_> =
        listed["data"].as_array().unwrap().iter().map(|it| (&it["id"], &it["step"])).collect();
    let expected =
        [(second, "preparing"), (first, "failed")].map(|(id, step)| (id.into(), step.into()));
    assert_eq!(told, expected.each_ref().map(|(id, step): &(Value, Value)| (id, step)));
    let shown = server.get(&format!("{path}/{}", told[1].0.as_str().unwrap())).await.json();
    assert_eq!(listed["data"][1], shown, "as each is shown by itself");
}
