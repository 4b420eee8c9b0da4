//! Linking an account that WhatsApp guards with a passkey.

use std::time::Duration;

use serde_json::{Value, json};
use waygate_core::event::EventKind;
use waygate_core::instance::passkey::PasskeyFailure;
use waygate_core::instance::state::StateName;
use waygate_core::port::link::LinkEvent;
use waygate_core::reason::EndReason;
use waygate_dialect_native::ROUTES;
use waygate_played::captured::Captured;
use waygate_played::deadline::within;
use waygate_played::link::account;
use waygate_played::passkey::{
    CHALLENGE, answer, answer_to, challenge, challenge_of, failed, options, passkey_code,
};

use crate::linking_attempts::Effort;
use crate::server::{Answer, Page, Server};

impl Effort {
    async fn challenged() -> Self {
        let mut effort = Self::begin(r#"{"method":"qr"}"#).await;
        effort.tell(challenge()).await;
        effort.see("passkey_challenge").await;
        effort
    }

    async fn comparing() -> Self {
        let mut effort = Self::challenged().await;
        assert_eq!(effort.answer(&answer()).await.status, 200);
        effort.server.link.answered(effort.instance.id).await;
        effort.tell(passkey_code("ABCD-1234")).await;
        effort.see("passkey_confirmation").await;
        effort
    }

    async fn tell(&self, event: LinkEvent) {
        self.server.link.tell(self.instance.id, event).await;
    }

    async fn answer(&self, credential: &Value) -> Answer {
        self.give(&json!({"assertion": credential}).to_string()).await
    }

    async fn give(&self, body: &str) -> Answer {
        self.server.post(&format!("{}/passkey-assertion", self.path), body).await
    }

    /// Posts under one `Idempotency-Key`, which is told the same twice.
    async fn twice(&self, what: &str, body: &str) {
        let path = format!("{}/{what}", self.path);
        let post = || self.server.post_once(&self.server.key, &path, what, body);
        let first = post().await;
        assert_eq!(first.status, 200, "{first}");
        let again = post().await;
        assert_eq!((again.status, again.body()), (200, first.body()));
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
    }

    async fn confirm(&self) -> Answer {
        self.server.post(&format!("{}/passkey-confirmation", self.path), "").await
    }
}

#[tokio::test(start_paused = true)]
async fn a_passkey_links_step_by_step_and_every_step_is_heard() {
    let mut effort = Effort::begin(r#"{"method":"qr"}"#).await;
    effort.tell(challenge()).await;
    let asked = effort.see("passkey_challenge").await;
    insta::assert_snapshot!(asked.shown(), @r#"200 {"id":"<uuid>","instance_id":"<uuid>","method":"qr","begun_at":"2026-03-01T10:20:30.456Z","version":2,"step":"passkey_challenge","qr_code":null,"pairing_code":null,"passkey_challenge":{"stage":"options_given","options":{"allowCredentials":[{"id":"aWQ","type":"public-key"}],"challenge":"Y2hhbGxlbmdl","rpId":"whatsapp.com","timeout":600000,"userVerification":"required"},"expires_at":"2026-03-01T10:30:30.456Z","expires_in_ms":600000},"passkey_confirmation":null,"not_before":null,"not_before_in_ms":null,"failure":null,"reason":null,"whatsapp":null}"#);
    assert_eq!(asked.json()["passkey_challenge"]["options"], options(CHALLENGE));
    let taken = effort.answer(&answer()).await;
    insta::assert_snapshot!(taken.shown(), @r#"200 {"id":"<uuid>","instance_id":"<uuid>","method":"qr","begun_at":"2026-03-01T10:20:30.456Z","version":3,"step":"passkey_challenge","qr_code":null,"pairing_code":null,"passkey_challenge":{"stage":"assertion_taken","options":null,"expires_at":"2026-03-01T10:25:30.456Z","expires_in_ms":300000},"passkey_confirmation":null,"not_before":null,"not_before_in_ms":null,"failure":null,"reason":null,"whatsapp":null}"#);
    effort.server.link.answered(effort.instance.id).await;
    effort.tell(passkey_code("ABCD-1234")).await;
    insta::assert_snapshot!(effort.see("passkey_confirmation").await.shown(), @r#"200 {"id":"<uuid>","instance_id":"<uuid>","method":"qr","begun_at":"2026-03-01T10:20:30.456Z","version":4,"step":"passkey_confirmation","qr_code":null,"pairing_code":null,"passkey_challenge":null,"passkey_confirmation":{"stage":"code_shown","code":"ABCD-1234","expires_at":"2026-03-01T10:25:30.456Z","expires_in_ms":300000},"not_before":null,"not_before_in_ms":null,"failure":null,"reason":null,"whatsapp":null}"#);
    insta::assert_snapshot!(effort.confirm().await.shown(), @r#"200 {"id":"<uuid>","instance_id":"<uuid>","method":"qr","begun_at":"2026-03-01T10:20:30.456Z","version":5,"step":"passkey_confirmation","qr_code":null,"pairing_code":null,"passkey_challenge":null,"passkey_confirmation":{"stage":"confirmed","code":"ABCD-1234","expires_at":"2026-03-01T10:25:30.456Z","expires_in_ms":300000},"not_before":null,"not_before_in_ms":null,"failure":null,"reason":null,"whatsapp":null}"#);
    effort.server.link.confirmed(effort.instance.id).await;
    effort.tell(LinkEvent::Paired(account())).await;
    effort.see("finishing").await;
    effort.tell(LinkEvent::Ended(EndReason::RestartRequired)).await;
    effort.server.link.log_in(effort.instance.id).await;
    effort.see("linked").await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_and_a_confirmation_that_are_sent_twice_are_given_once() {
    let mut effort = Effort::challenged().await;
    effort.twice("passkey-assertion", &json!({"assertion": answer()}).to_string()).await;
    effort.server.link.answered(effort.instance.id).await;
    effort.tell(passkey_code("ABCD-1234")).await;
    effort.see("passkey_confirmation").await;
    effort.twice("passkey-confirmation", "").await;
}

#[tokio::test(start_paused = true)]
async fn a_long_poll_hears_of_each_step_at_once() {
    let mut effort = Effort::begin(r#"{"method":"qr"}"#).await;
    effort.tell(challenge()).await;
    effort.see("passkey_challenge").await;
    for (step, stage) in
        [("passkey_challenge", "assertion_taken"), ("passkey_confirmation", "code_shown")]
    {
        let version = effort.now.json()["version"].as_u64().unwrap();
        let poll = format!("{}?wait=60&after={version}", effort.path);
        let next = async {
            if stage == "assertion_taken" {
                effort.answer(&answer()).await;
            } else {
                effort.tell(passkey_code("ABCD-1234")).await;
            }
        };
        let began = tokio::time::Instant::now();
        let (heard, ()) =
            within(Box::pin(async { tokio::join!(effort.server.get(&poll), next) })).await;
        assert_eq!(began.elapsed().as_secs(), 0);
        let heard_step = heard.json()[step]["stage"].clone();
        assert_eq!((heard.text("step").as_str(), &heard_step), (step, &stage.into()));
        effort.now = heard;
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_no_answer_is_refused_by_what_is_wrong_with_it_and_costs_nothing() {
    let effort = Effort::challenged().await;
    let with = |pointer: &str, value: Value| {
        let mut answer = answer();
        *answer.pointer_mut(pointer).unwrap() = value;
        json!({"assertion": answer}).to_string()
    };
    let mut told = Vec::new();
    for body in [
        String::new(),
        "{}".to_owned(),
        r#"{"assertion":null}"#.to_owned(),
        r#"{"assertion":"text"}"#.to_owned(),
        r#"{"assertion":{}}"#.to_owned(),
        r#"{"id":"aWQ"}"#.to_owned(),
        with("/type", "password".into()),
        with("/rawId", "b3RoZXI".into()),
        with("/response", Value::Null),
        with("/response/signature", "not base64".into()),
        with("/response/authenticatorData", "AAAA".into()),
        with("/response/clientDataJSON", "AAAA".into()),
        with(
            "/response/clientDataJSON",
            answer_to("b3RoZXI")["response"]["clientDataJSON"].clone(),
        ),
        with("/id", "c".repeat(16 * 1024).into()),
    ] {
        // No more than ten a second.
        tokio::time::advance(Duration::from_millis(100)).await;
        let answer = effort.give(&body).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "invalid"), "{body}");
        told.push(answer.text("detail"));
    }
    insta::assert_snapshot!(told.join("\n"), @r#"
    the assertion must be an object
    the assertion must be an object
    the assertion must be an object
    the assertion must be an object
    `type` of the assertion must be a string
    there is no field `id`
    `type` of the assertion must be `public-key`
    `id` and `rawId` of the assertion must be the same
    `response` of the assertion must be an object
    `signature` of the assertion must be base64url
    `authenticatorData` of the assertion is too short
    `clientDataJSON` of the assertion must hold an object
    the assertion answers another challenge than the one that is shown
    the assertion is larger than 16 KiB
    "#);
    assert_eq!(effort.answer(&answer()).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn what_comes_in_the_wrong_step_is_refused() {
    let effort = Effort::begin(r#"{"method":"qr"}"#).await;
    insta::assert_snapshot!(effort.answer(&answer()).await, @r#"409 {"type":"about:blank","title":"Conflict","status":409,"code":"wrong_state","detail":"the attempt does not wait for a passkey"}"#);
    insta::assert_snapshot!(effort.confirm().await, @r#"409 {"type":"about:blank","title":"Conflict","status":409,"code":"wrong_state","detail":"the attempt does not wait for a code to be confirmed"}"#);
    let effort = Effort::comparing().await;
    assert_eq!(effort.answer(&answer()).await.status, 409);
    assert_eq!(effort.confirm().await.status, 200);
    assert_eq!(effort.confirm().await.status, 409);
    let unknown = "/linking-attempts/67e55044-10b1-426f-9247-bb680e5fe0c8";
    for deed in ["passkey-assertion", "passkey-confirmation"] {
        let path = effort.instance.path(&format!("{unknown}/{deed}"));
        let answer = effort.server.post(&path, "").await;
        assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{deed}");
    }
}

#[tokio::test(start_paused = true)]
async fn every_failure_has_a_word_for_programs_and_words_for_people() {
    let mut told = Vec::new();
    for failure in PasskeyFailure::ALL {
        let mut effort = Effort::comparing().await;
        effort.tell(failed(failure)).await;
        let shown = effort.see("failed").await;
        told.push(format!("{}: {}", shown.text("failure"), shown.text("reason")));
        let state = effort.server.get(&effort.instance.path("")).await.json();
        assert_eq!(state["state"]["reason"], failure.words());
    }
    insta::assert_snapshot!(told.join("\n"), @r#"
    passkey_unavailable: WhatsApp wants a passkey, but did not say for what
    passkey_not_given: the passkey was not used in time
    passkey_refused: WhatsApp did not accept the passkey
    passkey_no_code: the phone and the gateway did not come to a common code
    passkey_not_confirmed: the code was not confirmed in time
    passkey_code_refused: WhatsApp did not accept the confirmation: the phone may have refused it
    passkey_phone_silent: the phone did not go on in time
    passkey_unanswered: WhatsApp did not answer in time
    passkey_lost: the attempt that asked for the passkey is over
    "#);
}

#[tokio::test(start_paused = true)]
async fn the_history_says_that_it_was_the_passkey() {
    let mut effort = Effort::challenged().await;
    effort.tell(failed(PasskeyFailure::AnswerRefused)).await;
    effort.see("failed").await;
    effort.server.settle(effort.instance.id, StateName::Unlinked).await;
    let history = effort.server.get(&effort.instance.path("/state-history")).await.json();
    let causes: Vec<_> = history["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| (change["cause"].as_str().unwrap(), change["reason"].as_str()))
        .collect();
    let refused = ("passkey_failed", Some("WhatsApp did not accept the passkey"));
    assert_eq!(causes[..2], [refused, ("passkey_required", None)]);
}

/// An attempt that the page of a ticket has begun, with WhatsApp's challenge.
async fn page_with_challenge(server: &Server) -> (Page, String, waygate_core::id::InstanceId) {
    let instance = server.instance().await;
    let page = server.page(instance.id).await;
    let begun = server.visit(&page, "POST", "/linking-attempts", r#"{"method":"qr"}"#).await;
    let path = format!("/linking-attempts/{}", begun.text("id"));
    server.link.tell(instance.id, challenge()).await;
    let poll = format!("{path}?wait=60&after=1");
    let shown = within(server.visit(&page, "GET", &poll, "")).await;
    assert_eq!(shown.text("step"), "passkey_challenge");
    assert_eq!(shown.json()["passkey_challenge"]["options"], options(CHALLENGE));
    (page, path, instance.id)
}

#[tokio::test(start_paused = true)]
async fn the_page_of_a_ticket_answers_and_confirms() {
    let server = Server::start().await;
    let (page, path, instance) = page_with_challenge(&server).await;
    let answer_path = format!("{path}/passkey-assertion");
    let body = json!({"assertion": answer()}).to_string();
    let taken = server.visit(&page, "POST", &answer_path, &body).await;
    assert_eq!((taken.status, taken.text("step").as_str()), (200, "passkey_challenge"));
    server.link.answered(instance).await;
    server.link.tell(instance, passkey_code("ABCD-1234")).await;
    let poll = format!("{path}?wait=60&after={}", taken.json()["version"]);
    let shown = within(server.visit(&page, "GET", &poll, "")).await;
    assert_eq!(shown.json()["passkey_confirmation"]["code"], "ABCD-1234");
    let confirm = format!("{path}/passkey-confirmation");
    let confirmed = server.visit(&page, "POST", &confirm, "{}").await;
    assert_eq!(confirmed.json()["passkey_confirmation"]["stage"], "confirmed");
    server.link.confirmed(instance).await;
    server.link.link(instance).await;
    let steps = async || {
        let history = server.gateway.link_ticket_history(instance, 100).await.unwrap();
        let steps = history.iter().rev().filter_map(|event| {
            let EventKind::LinkTicket(it) = &event.kind else { return None };
            Some(json!(it.step))
        });
        steps.collect::<Vec<_>>()
    };
    within(async {
        while steps().await.last() != Some(&"linked".into()) {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let expected = "issued opened passkey_required passkey_answered passkey_code_shown \
                    passkey_confirmed linked";
    let told = steps().await;
    let told: Vec<&str> = told.iter().filter_map(Value::as_str).collect();
    // Whether the first login is seen under way is a matter of moments.
    let told: Vec<&str> = told.into_iter().filter(|step| *step != "accepted").collect();
    assert_eq!(told.join(" "), expected);
}

#[tokio::test(start_paused = true)]
async fn another_page_can_neither_answer_nor_confirm() {
    let server = Server::start().await;
    let (page, path, _instance) = page_with_challenge(&server).await;
    let body = json!({"assertion": answer()}).to_string();
    for deed in ["passkey-assertion", "passkey-confirmation"] {
        let request = page.request("POST", &format!("{path}/{deed}"));
        let request = request.header("origin", "https://evil.example");
        let request = request.header("content-type", "application/json");
        let answer = server.answer(request.body(body.clone().into()).unwrap()).await;
        assert_eq!((answer.status, answer.code().as_str()), (403, "forbidden"), "{deed}");
    }
}

#[tokio::test(start_paused = true)]
async fn options_answers_and_codes_are_in_no_line_of_the_log() {
    let log = Captured::start();
    let mut effort = Effort::begin(r#"{"method":"qr"}"#).await;
    // In base64url, `canary` and what follows.
    let canary = "Y2FuYXJ5Y2FuYXJ5";
    effort.tell(challenge_of(canary)).await;
    effort.see("passkey_challenge").await;
    for credential in [json!({"canary": "canary"}), json!("canary"), answer_to("b3RoZXI")] {
        assert_eq!(effort.answer(&credential).await.status, 400);
    }
    assert_eq!(effort.answer(&answer_to(canary)).await.status, 200);
    effort.server.link.answered(effort.instance.id).await;
    effort.tell(passkey_code("CANA-RY77")).await;
    effort.see("passkey_confirmation").await;
    assert_eq!(effort.confirm().await.status, 200);
    effort.tell(failed(PasskeyFailure::ConfirmationRefused)).await;
    effort.see("failed").await;
    let events = effort.server.gateway.state_history(effort.instance.id, 100).await.unwrap();
    let text = format!("{}{events:?}", log.text()).to_lowercase();
    let answers = ROUTES.iter().filter(|route| route.template().contains("passkey"));
    assert_eq!(answers.count(), 4);
    assert!(text.contains("/linking-attempts/{attempt}/passkey-assertion"), "routes are logged");
    for secret in ["canary", &canary.to_lowercase(), "cana-ry77", "cana", "c2lnbmf0dxjl"] {
        let line = text.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "of {secret}");
    }
}
