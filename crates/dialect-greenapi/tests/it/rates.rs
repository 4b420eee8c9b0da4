//! The published rates: counted for each instance and method, and told in every answer.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use waygate_core::instance::settings::{self, Switch};
use waygate_core::instance::state::StateName;
use waygate_dialect_greenapi::{METHODS, Settings};
use waygate_http::peer::PeerAddress;

use crate::server::{Instance, Server, verb};

const SECOND: Duration = Duration::from_secs(1);

async fn server() -> (Server, Instance) {
    let settings = Settings { code_within: Duration::ZERO, ..Settings::default() };
    let server = Server::with(settings).await;
    let instance = server.instance().await;
    (server, instance)
}

#[tokio::test(start_paused = true)]
async fn every_method_has_its_rate_and_says_so() {
    let (server, instance) = server().await;
    // With something to tell, so that nobody waits for it.
    let tell = |settings: &mut settings::Settings| settings.switches.extend([Switch::StateChanges]);
    server.gateway.change_settings(instance.id, tell).await.unwrap();
    server.gateway.keep_looking(instance.id).await.unwrap();
    server.link.show(instance.id, "2@code").await;
    server.link.link(instance.id).await;
    server.settle(instance.id, StateName::Online).await;
    // Last, since it makes the path of the others worth nothing.
    let (last, methods): (Vec<_>, Vec<_>) =
        METHODS.iter().partition(|method| method.name() == "updateApiToken");
    for method in methods.into_iter().chain(last) {
        let name = method.name();
        let path = server.path(method, &instance);
        let burst = match method.calls_per_second() {
            rate if rate > 50.0 => 100,
            rate if rate > 5.0 => 50,
            rate if rate > 3.0 => 5,
            rate if rate > 1.0 => 3,
            _ => 1,
        };
        let rate = method.calls_per_second().to_string();
        for remaining in (0..burst).rev() {
            // Without a body the request is refused, which counts all the same.
            let answer = server.send(verb(method), &path, "{").await;
            assert_ne!(answer.status, 429, "{name}");
            let told = answer.header("x-ratelimit-remaining").unwrap();
            assert_eq!(told, remaining.to_string(), "{name}");
            assert_eq!(answer.header("x-ratelimit-replenish-rate"), Some(rate.as_str()), "{name}");
        }
        if name == "updateApiToken" {
            continue;
        }
        let answer = server.send(verb(method), &path, "{").await;
        assert_eq!(answer.status, 429, "{name}");
        assert_eq!(answer.json()["message"], "Too Many Requests");
        assert_eq!(answer.header("x-ratelimit-remaining"), Some("0"));
        let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        tokio::time::advance(SECOND * u32::try_from(wait).unwrap()).await;
        let answer = server.send(verb(method), &path, "{").await;
        assert_ne!(answer.status, 429, "{name}: the wait that was told is enough");
    }
}

#[tokio::test(start_paused = true)]
async fn methods_and_instances_are_counted_apart() {
    let (server, instance) = server().await;
    let other = server.instance().await;
    for (who, name, status) in [
        (&instance, "reboot", 200),
        (&instance, "getStateInstance", 200),
        (&instance, "getStatusInstance", 200),
        (&other, "getStateInstance", 200),
        (&instance, "getStateInstance", 429),
        (&instance, "GETSTATEINSTANCE", 429),
    ] {
        assert_eq!(server.get(who, name).await.status, status, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_polls_each_second_is_never_refused() {
    let (server, instance) = server().await;
    for round in 0..100_u32 {
        // Often a little early.
        tokio::time::advance(Duration::from_millis((1000 - round % 3 * 25).into())).await;
        assert_eq!(server.get(&instance, "getStateInstance").await.status, 200);
        for _ in 0..3 {
            assert_eq!(server.get(&instance, "qr").await.status, 200);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn being_refused_uses_nothing_up() {
    let (server, instance) = server().await;
    assert_eq!(server.get(&instance, "getSettings").await.status, 200);
    for _ in 0..50 {
        assert_eq!(server.get(&instance, "getSettings").await.status, 429);
    }
    tokio::time::advance(SECOND).await;
    assert_eq!(server.get(&instance, "getSettings").await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_stranger_does_not_use_up_what_is_the_instances() {
    let (server, instance) = server().await;
    let path = format!("/waInstance{}/getStateInstance/wrong", instance.number);
    for _ in 0..10 {
        assert_eq!(server.send("GET", &path, "").await.status, 401);
    }
    assert_eq!(server.get(&instance, "getStateInstance").await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn an_address_that_tries_many_tokens_is_kept_out_for_a_while() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let good =
        format!("/waInstance{}/getStateInstance/{}", instance.number, instance.token.expose());
    let wrong = format!("/waInstance{}/getStateInstance/{}", instance.number, "0".repeat(50));
    let send = async |address: &str, path: &str| {
        let mut request = Request::get(path).body(Body::empty()).unwrap();
        let peer = PeerAddress(SocketAddr::new(address.parse().unwrap(), 4000));
        request.extensions_mut().insert(peer);
        server.answer(request).await
    };
    for _ in 0..10 {
        assert_eq!(send("192.0.2.1", &wrong).await.status, 401);
    }
    let kept_out = send("192.0.2.1", &good).await;
    assert_eq!((kept_out.status, kept_out.header("retry-after")), (429, Some("6")));
    assert_eq!(send("192.0.2.2", &good).await.status, 200, "another address is not meant");
    tokio::time::advance(Duration::from_secs(6)).await;
    assert_eq!(send("192.0.2.1", &good).await.status, 200);
}
