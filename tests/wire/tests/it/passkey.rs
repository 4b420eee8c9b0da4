//! Linking an account that WhatsApp guards with a passkey: over our own API, from the HTTP call to the
//! wire. The simulator plays the browser too, since no real one has a passkey of its accounts.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "test code")]

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use waygate_core::instance::state::StateName;
use waygate_core::token::TokenKind;
use waygate_dialect_native::{Door, Settings, surface};
use waygate_engine::accounts::NewToken;
use waygate_http::site::Site;
use waygate_sim::{Latency, LinkError, Phone, RefusalKind, ScanError};
use waygate_testkit::world::{PHONE, SOON, Watched, World};

const LIMIT: Duration = Duration::from_secs(120);

/// Whoever links, with a token of the API.
struct Person {
    site: Site,
    key: String,
    instance: Watched,
    /// The attempt's path and what was last told of it.
    path: String,
    now: Value,
}

impl Person {
    /// A person who has begun an attempt at a fresh instance.
    async fn begin(world: &World, wish: Value) -> Self {
        let instance = world.instance().await;
        Self::begin_at(world, instance, wish).await
    }

    async fn begin_at(world: &World, instance: Watched, wish: Value) -> Self {
        let account = world.gateway.first_account().await.unwrap().id;
        let new = NewToken::new(TokenKind::Native, account);
        let key = world.gateway.issue_token(new).await.unwrap().text.expose().to_owned();
        let settings = Settings::at(Door::Keyed);
        let site = Site::new(vec![surface(world.gateway.clone(), settings)]);
        let path = format!("/api/v1/instances/{}/linking-attempts", instance.id);
        let mut person = Self { site, key, instance, path, now: Value::Null };
        let (status, begun) = person.call("POST", "", wish).await;
        assert_eq!(status, StatusCode::CREATED, "{begun}");
        person.path = format!("{}/{}", person.path, begun["id"].as_str().unwrap());
        person.now = begun;
        person
    }

    async fn call(&self, verb: &str, rest: &str, body: Value) -> (StatusCode, Value) {
        let request = Request::builder()
            .method(verb)
            .uri(format!("{}{rest}", self.path))
            .header("authorization", format!("Bearer {}", self.key));
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let answer = self.site.answer(request.body(body).unwrap(), LIMIT).await;
        let status = answer.status();
        let bytes = axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    /// Waits until the attempt is at this step, for as long as one can take.
    async fn see(&mut self, step: &str) -> Value {
        let seen = async {
            while self.now["step"] != step {
                let poll = format!("?wait=60&after={}", self.now["version"]);
                let (status, told) = self.call("GET", &poll, Value::Null).await;
                assert_eq!(status, StatusCode::OK, "{told}");
                self.now = told;
            }
        };
        // Ten minutes for a challenge, and a poll to hear of its end.
        tokio::time::timeout(Duration::from_secs(700), seen).await.expect(step);
        self.now.clone()
    }

    async fn qr_code(&mut self) -> String {
        self.see("qr_code").await["qr_code"]["text"].as_str().unwrap().to_owned()
    }

    /// What WhatsApp wants a passkey to answer.
    async fn options(&mut self) -> String {
        let told = self.see("passkey_challenge").await;
        assert_eq!(told["passkey_challenge"]["stage"], "options_given");
        told["passkey_challenge"]["options"].to_string()
    }

    async fn answer(&mut self, credential: &str) {
        let assertion: Value = serde_json::from_str(credential).unwrap();
        let body = json!({ "assertion": assertion });
        let (status, told) = self.call("POST", "/passkey-assertion", body).await;
        assert_eq!(status, StatusCode::OK, "{told}");
        assert_eq!(told["passkey_challenge"]["stage"], "assertion_taken");
        self.now = told;
    }

    /// The code that the phone shows too.
    async fn code(&mut self) -> String {
        let told = self.see("passkey_confirmation").await;
        assert_eq!(told["passkey_confirmation"]["stage"], "code_shown");
        told["passkey_confirmation"]["code"].as_str().unwrap().to_owned()
    }

    async fn confirm(&mut self) {
        let (status, told) = self.call("POST", "/passkey-confirmation", json!({})).await;
        assert_eq!(status, StatusCode::OK, "{told}");
        assert_eq!(told["passkey_confirmation"]["stage"], "confirmed");
        self.now = told;
    }

    /// Answers as the account's passkey does, and comes to the code.
    async fn come_to_code(&mut self, phone: &Phone) {
        let options = self.options().await;
        self.answer(&phone.passkey_assertion(&options).expect("a passkey")).await;
        assert_eq!(self.code().await, phone.passkey_code_shown().await);
    }

    /// All of it, as a person does it who reads and compares.
    async fn pass(&mut self, phone: &Phone) {
        self.come_to_code(phone).await;
        phone.answer_passkey_code(true).expect("the phone asks");
        self.confirm().await;
        self.see("linked").await;
    }

    async fn failure(&mut self) -> String {
        self.see("failed").await["failure"].as_str().unwrap().to_owned()
    }
}

fn qr() -> Value {
    json!({"method": "qr"})
}

/// The phone of an account that WhatsApp guards.
fn guarded(world: &World) -> Phone {
    let phone = world.phone();
    phone.set_requires_passkey(true);
    phone
}

async fn a_passkey_links(latency: Latency) {
    let mut world = World::new(latency);
    let phone = guarded(&world);
    let mut person = Person::begin(&world, qr()).await;
    let code = person.qr_code().await;
    let (scanned, ()) = tokio::join!(phone.scan(&code), person.pass(&phone));
    scanned.expect("the phone accepts");
    assert_eq!(person.now["whatsapp"]["phone"], PHONE);
    world.restart_gateway().await;
    let machine = world.watch(person.instance.id).reaches(StateName::Online).await;
    assert_eq!(machine.state().linked().unwrap().phone, PHONE, "the link is kept");
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn a_passkey_links_an_account_and_both_sides_show_one_code() {
    a_passkey_links(Latency::None).await;
}

#[tokio::test(start_paused = true)]
async fn a_passkey_links_an_account_with_forty_milliseconds_of_latency() {
    a_passkey_links(Latency::FortyMillis).await;
}

#[tokio::test(start_paused = true)]
async fn a_passkey_may_take_longer_than_all_codes_live() {
    let world = World::new(Latency::FortyMillis);
    let phone = guarded(&world);
    let mut person = Person::begin(&world, qr()).await;
    let code = person.qr_code().await;
    let linked = async {
        person.options().await;
        // Six codes live for 160 seconds, after which the library by itself hangs up; and nobody asks
        // about the attempt meanwhile. The simulator has 600 seconds for all of it.
        world.pass(Duration::from_secs(590)).await;
        person.pass(&phone).await;
    };
    let (scanned, ()) = tokio::join!(phone.scan(&code), linked);
    scanned.expect("the phone accepts");
    assert_eq!(world.sim.report().dials, 2, "one to link on and one to log in");
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn a_typed_code_is_followed_by_the_passkey_too() {
    let world = World::new(Latency::FortyMillis);
    let phone = guarded(&world);
    let mut person = Person::begin(&world, json!({"method": "code", "phone": PHONE})).await;
    let code = person.see("pairing_code").await["pairing_code"]["code"].clone();
    let (typed, ()) = tokio::join!(phone.enter_code(code.as_str().unwrap()), person.pass(&phone));
    typed.expect("the phone accepts");
    person.instance.reaches(StateName::Online).await;
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn a_code_that_the_phone_rejects_fails_the_attempt_when_it_is_confirmed() {
    let world = World::new(Latency::FortyMillis);
    let phone = guarded(&world);
    let mut person = Person::begin(&world, qr()).await;
    let code = person.qr_code().await;
    let rejecting = async {
        person.come_to_code(&phone).await;
        phone.answer_passkey_code(false).expect("the phone asks");
    };
    let (scanned, ()) = tokio::join!(phone.scan(&code), rejecting);
    assert_eq!(scanned, Err(ScanError::Link(LinkError::CodeRejected)));
    person.confirm().await;
    assert_eq!(person.failure().await, "passkey_code_refused");
    person.instance.reaches(StateName::Unlinked).await;
    assert_eq!(world.sim.report().live_connections, 0);
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn a_phone_that_rejects_after_the_confirmation_is_not_waited_for_for_ever() {
    let world = World::new(Latency::FortyMillis);
    let phone = guarded(&world);
    let mut person = Person::begin(&world, qr()).await;
    let code = person.qr_code().await;
    let rejecting = async {
        person.come_to_code(&phone).await;
        person.confirm().await;
        // The phone has the request by then.
        world.pass(Duration::from_secs(1)).await;
        phone.answer_passkey_code(false).expect("the phone asks");
    };
    let (scanned, ()) = tokio::join!(phone.scan(&code), rejecting);
    assert_eq!(scanned, Err(ScanError::Link(LinkError::CodeRejected)));
    assert_eq!(person.failure().await, "passkey_phone_silent");
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn a_challenge_that_nobody_answers_ends_and_the_next_attempt_links() {
    let world = World::new(Latency::FortyMillis);
    let phone = guarded(&world);
    let mut person = Person::begin(&world, qr()).await;
    let code = person.qr_code().await;
    let waiting = async {
        person.options().await;
        person.failure().await
    };
    let (scanned, failure) = tokio::join!(phone.scan(&code), waiting);
    scanned.unwrap_err();
    assert_eq!(failure, "passkey_not_given");
    let instance = person.instance;
    let dials = world.sim.report().dials;
    world.pass(SOON).await;
    assert_eq!(world.sim.report().dials, dials, "a machine does not try again");
    let mut again = Person::begin_at(&world, instance, qr()).await;
    let code = again.qr_code().await;
    let (scanned, ()) = tokio::join!(phone.scan(&code), again.pass(&phone));
    scanned.expect("the phone accepts");
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn a_passkey_of_another_account_is_refused_and_not_tried_again() {
    let world = World::new(Latency::FortyMillis);
    let phone = guarded(&world);
    let stranger = world.sim.add_phone("15550002222").expect("another phone");
    stranger.set_requires_passkey(true);
    let mut person = Person::begin(&world, qr()).await;
    let code = person.qr_code().await;
    let refused = async {
        let mut options: Value = serde_json::from_str(&person.options().await).unwrap();
        options["allowCredentials"] = json!([]);
        let credential = stranger.passkey_assertion(&options.to_string()).expect("a passkey");
        person.answer(&credential).await;
        person.failure().await
    };
    let (scanned, failure) = tokio::join!(phone.scan(&code), refused);
    assert_eq!(scanned, Err(ScanError::Link(LinkError::ConnectionGone)));
    assert_eq!(failure, "passkey_refused");
    world.end(&[RefusalKind::Passkey]).await;
}

#[tokio::test(start_paused = true)]
async fn a_process_that_ends_in_the_middle_leaves_an_instance_that_can_be_linked() {
    let mut world = World::new(Latency::FortyMillis);
    let phone = guarded(&world);
    let mut person = Person::begin(&world, qr()).await;
    let code = person.qr_code().await;
    let interrupted = async {
        person.come_to_code(&phone).await;
        world.restart_gateway().await;
    };
    let (scanned, ()) = tokio::join!(phone.scan(&code), interrupted);
    assert_eq!(scanned, Err(ScanError::Link(LinkError::ConnectionGone)));
    let instance = world.watch(person.instance.id);
    let mut again = Person::begin_at(&world, instance, qr()).await;
    let path = std::mem::replace(&mut again.path, person.path);
    let (status, _told) = again.call("GET", "", Value::Null).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "an attempt does not outlive its process");
    again.path = path;
    let code = again.qr_code().await;
    let (scanned, ()) = tokio::join!(phone.scan(&code), again.pass(&phone));
    scanned.expect("the phone accepts");
    world.end_clean().await;
}
