//! The GREEN-API dialect over the gateway and the simulator: from the HTTP call to the wire.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "test code")]

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use futures_util::future::join_all;
use serde_json::{Value, json};
use waygate_core::instance::state::StateName;
use waygate_core::port::registry::InstanceFilter;
use waygate_dialect_greenapi::RateLimits;
use waygate_engine::accounts::NewToken;
use waygate_engine::instances::NewInstance;
use waygate_http::site::Site;
use waygate_sim::Latency;
use waygate_testkit::picture::read_code;
use waygate_testkit::world::{PHONE, Watched, World};

const LIMIT: Duration = Duration::from_secs(120);

/// A client of one instance.
struct Client {
    site: Site,
    number: String,
    token: String,
    instance: Watched,
}

impl Client {
    /// A fresh instance, and a client that may call as often as it likes.
    async fn new(world: &World) -> Self {
        let account = world.gateway.first_account().await.unwrap().id;
        let new = NewInstance { name: "shop".to_owned(), ..NewInstance::unnamed(account) };
        let created = world.gateway.create_instance(new).await.unwrap();
        Self {
            site: site(world),
            number: created.record.number.to_string(),
            token: created.token.unwrap().expose().to_owned(),
            instance: world.watch(created.record.id),
        }
    }

    async fn call(
        &self,
        verb: Method,
        method: &str,
        body: Body,
        kind: &str,
    ) -> (StatusCode, Value) {
        let path = format!("/waInstance{}/{method}/{}", self.number, self.token);
        let request = Request::builder().method(verb).uri(path).header("content-type", kind);
        let answer = self.site.answer(request.body(body).unwrap(), LIMIT).await;
        let status = answer.status();
        let bytes = axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    async fn get(&self, method: &str) -> Value {
        let (status, answer) =
            self.call(Method::GET, method, Body::empty(), "application/json").await;
        assert_eq!(status, StatusCode::OK, "{method}: {answer}");
        answer
    }

    async fn state(&self) -> String {
        self.get("getStateInstance").await["stateInstance"].as_str().unwrap().to_owned()
    }

    /// The text in the picture that `qr` shows.
    async fn code(&self) -> String {
        let answer = self.get("qr").await;
        assert_eq!(answer["type"], "qrCode", "{answer}");
        read_code(answer["message"].as_str().unwrap())
    }
}

fn site(world: &World) -> Site {
    let settings = waygate_dialect_greenapi::Settings {
        rate_limits: RateLimits::Off,
        ..waygate_dialect_greenapi::Settings::default()
    };
    Site::new(vec![waygate_dialect_greenapi::surface(world.gateway.clone(), settings)])
}

#[tokio::test(start_paused = true)]
async fn an_account_is_linked_used_and_logged_out_by_the_documented_calls() {
    let world = World::new(Latency::FortyMillis);
    let mut client = Client::new(&world).await;
    assert_eq!(client.state().await, "notAuthorized");
    let code = client.code().await;
    world.phone().scan(&code).await.expect("the phone accepts what the picture says");
    client.instance.reaches(StateName::Online).await;
    assert_eq!(client.state().await, "authorized");
    let linked =
        json!({ "type": "alreadyLogged", "message": "instance account already authorized" });
    assert_eq!(client.get("qr").await, linked);
    assert_eq!(client.get("getStatusInstance").await, json!({ "statusInstance": "online" }));
    assert_eq!(client.get("getSettings").await["wid"], format!("{PHONE}@c.us"));
    assert_eq!(client.get("getWaSettings").await["phone"], PHONE);

    assert_eq!(client.get("reboot").await, json!({ "isReboot": true }));
    client.instance.reaches(StateName::Online).await;
    assert_eq!(client.get("logout").await, json!({ "isLogout": true }));
    assert_eq!(client.state().await, "notAuthorized");
    assert_eq!(world.phone().devices().len(), 0, "the phone's list is empty again");
    let history = client.get("getStateInstanceHistory").await;
    let told: Vec<_> = history
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["stateInstance"].as_str().unwrap())
        .collect();
    assert_eq!(told, ["notAuthorized", "authorized", "notAuthorized"]);

    let fresh = client.code().await;
    assert_ne!(fresh, code);
    world.phone().scan(&fresh).await.expect("it can be linked again");
    client.instance.reaches(StateName::Online).await;
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn the_picture_shows_the_code_that_can_be_scanned_at_every_second_of_two_attempts() {
    let world = World::new(Latency::FortyMillis);
    let mut client = Client::new(&world).await;
    let (mut picture, mut text, mut codes) = (String::new(), String::new(), 0);
    // Six codes live 160 s; then a fresh attempt begins.
    for second in 0..330 {
        let answer = client.get("qr").await;
        assert_eq!(answer["type"], "qrCode", "at {second} s: {answer}");
        let shown = answer["message"].as_str().unwrap();
        if shown != picture {
            picture = shown.to_owned();
            text = read_code(shown);
            codes += 1;
        }
        let machine = client.instance.shown.borrow().clone();
        let current = machine.state().qr_code(world.clock.now()).expect("not expired");
        assert_eq!(current.text.expose(), text, "at {second} s");
        world.pass(Duration::from_secs(1)).await;
    }
    assert!((12..=14).contains(&codes), "{codes} codes");
    world.phone().scan(&client.code().await).await.expect("the last one can be scanned too");
    client.instance.reaches(StateName::Online).await;
    assert_eq!(client.state().await, "authorized");
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn a_thousand_calls_at_once_share_one_connection_and_one_code() {
    let world = World::new(Latency::FortyMillis);
    let client = Client::new(&world).await;
    let answers = join_all((0..1000).map(|_| client.get("qr"))).await;
    assert_eq!(answers[0]["type"], "qrCode");
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!(world.sim.report().dials, 1);
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn unlinking_on_the_phone_is_seen_and_the_next_call_has_a_fresh_code() {
    let world = World::new(Latency::FortyMillis);
    let mut client = Client::new(&world).await;
    let first = client.code().await;
    world.phone().scan(&first).await.unwrap();
    client.instance.reaches(StateName::Online).await;
    assert_eq!(world.phone().unlink(None).await, Ok(1));
    client.instance.reaches(StateName::Unlinked).await;
    assert_eq!(client.state().await, "notAuthorized");
    assert_ne!(client.code().await, first);
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn a_picture_that_is_set_arrives_at_whatsapp_as_a_square() {
    let world = World::new(Latency::FortyMillis);
    let mut client = Client::new(&world).await;
    world.phone().scan(&client.code().await).await.unwrap();
    client.instance.reaches(StateName::Online).await;
    assert_eq!(client.get("getWaSettings").await["avatar"], "");

    let (kind, body) = upload(&wide_jpeg());
    let (status, answer) = client.call(Method::POST, "setProfilePicture", body, kind).await;
    assert_eq!((status, &answer["setProfilePicture"]), (StatusCode::OK, &json!(true)), "{answer}");
    let address = answer["urlAvatar"].as_str().unwrap();
    assert!(address.starts_with("http"), "{answer}");
    assert_eq!(client.get("getWaSettings").await["avatar"], address);
    assert!(world.phone().profile_picture().is_some());

    let (kind, body) = upload(b"this is no picture");
    let (status, answer) = client.call(Method::POST, "setProfilePicture", body, kind).await;
    assert_eq!((status, &answer["setProfilePicture"]), (StatusCode::OK, &json!(false)), "{answer}");
    assert!(answer["reason"].is_string(), "{answer}");
    world.end_clean().await;
}

/// 24 by 16 pixels of one colour.
fn wide_jpeg() -> Vec<u8> {
    let mut file = vec![];
    let pixels = [200; 24 * 16 * 3];
    image::codecs::jpeg::JpegEncoder::new(&mut file)
        .encode(&pixels, 24, 16, image::ExtendedColorType::Rgb8)
        .expect("an encoder");
    file
}

/// A form with one file, as clients send it.
fn upload(file: &[u8]) -> (&'static str, Body) {
    let head = "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.jpg\"\r\n\
                Content-Type: image/jpeg\r\n\r\n";
    let form = [head.as_bytes(), file, b"\r\n--edge--\r\n"].concat();
    ("multipart/form-data; boundary=edge", Body::from(form))
}

#[tokio::test(start_paused = true)]
async fn a_partner_creates_and_deletes_an_instance_that_links_in_between() {
    let world = World::new(Latency::FortyMillis);
    let account = world.gateway.first_account().await.unwrap().id;
    let kind = waygate_core::token::TokenKind::Partner;
    let partner = world.gateway.issue_token(NewToken::new(kind, account)).await.unwrap();
    let site = site(&world);
    let call = async |verb: Method, method: &str, body: Value| -> Value {
        let path = format!("/partner/{method}/{}", partner.text.expose());
        let request = Request::builder().method(verb).uri(path).body(Body::from(body.to_string()));
        let answer = site.answer(request.unwrap(), LIMIT).await;
        assert_eq!(answer.status(), StatusCode::OK, "{method}");
        let bytes = axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        serde_json::from_slice(&bytes).unwrap()
    };
    let created = call(Method::POST, "createInstance", json!({ "name": "shop" })).await;
    let listed = call(Method::GET, "getInstances", json!({})).await;
    assert_eq!(listed[0]["idInstance"], created["idInstance"]);
    assert_eq!(listed[0]["apiTokenInstance"], created["apiTokenInstance"]);
    let records = world.gateway.instances(InstanceFilter::default()).await;
    let mut client = Client {
        site: site.clone(),
        number: created["idInstance"].to_string(),
        token: created["apiTokenInstance"].as_str().unwrap().to_owned(),
        instance: world.watch(records.unwrap()[0].id),
    };
    world.phone().scan(&client.code().await).await.unwrap();
    client.instance.reaches(StateName::Online).await;
    let body = json!({ "idInstance": created["idInstance"] });
    let deleted = call(Method::POST, "deleteInstanceAccount", body).await;
    assert_eq!(deleted, json!({ "deleteInstanceAccount": true }));
    assert_eq!(world.phone().devices().len(), 0, "the phone forgot the device");
    let listed = call(Method::GET, "getInstances", json!({})).await;
    assert_eq!(listed[0]["deleted"], true);
    world.end_clean().await;
}
