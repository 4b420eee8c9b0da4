//! `getStateInstanceHistory`: newest first, in three words.

use std::time::Duration;

use waygate_core::instance::state::StateName;
use waygate_core::port::link::LinkEvent;
use waygate_core::reason::EndReason;

use crate::server::Server;

#[tokio::test(start_paused = true)]
async fn the_newest_change_comes_first_and_a_count_is_kept_to() {
    let server = Server::start().await;
    let instance = server.online().await;
    tokio::time::advance(Duration::from_secs(100)).await;
    server.link.tell(instance.id, LinkEvent::Ended(EndReason::DeviceRemoved)).await;
    server.settle(instance.id, StateName::Unlinked).await;
    insta::assert_snapshot!(
        server.get(&instance, "getStateInstanceHistory").await,
        @r#"200 [{"stateInstance":"notAuthorized","timestamp":1772360530,"phoneNumber":"15550001111@c.us"},{"stateInstance":"authorized","timestamp":1772360430,"phoneNumber":"15550001111@c.us"},{"stateInstance":"notAuthorized","timestamp":1772360430,"phoneNumber":""}]"#
    );
    let one = instance.path("getStateInstanceHistory");
    let counted = [
        server.send("GET", &format!("{one}?count=1"), "").await,
        server.send("GET", &one, r#"{"count":1}"#).await,
        server.send("GET", &one, "1").await,
    ];
    for answer in counted {
        insta::allow_duplicates! {
            insta::assert_snapshot!(
                answer,
                @r#"200 [{"stateInstance":"notAuthorized","timestamp":1772360530,"phoneNumber":"15550001111@c.us"}]"#
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_was_never_linked_has_a_history_too() {
    let server = Server::start().await;
    let instance = server.instance().await;
    insta::assert_snapshot!(
        server.get(&instance, "GetStateInstanceHistory").await,
        @r#"200 [{"stateInstance":"notAuthorized","timestamp":1772360430,"phoneNumber":""}]"#
    );
}

#[tokio::test(start_paused = true)]
async fn many_attempts_are_one_entry() {
    let server = Server::start().await;
    let instance = server.online().await;
    server.get(&instance, "logout").await;
    for _ in 0..200 {
        // Refused after the tenth in an hour.
        drop(server.gateway.request_new_code(instance.id).await);
        server.gateway.keep_looking(instance.id).await.unwrap();
        tokio::time::advance(Duration::from_secs(600)).await;
        tokio::task::yield_now().await;
    }
    let changes = server.gateway.state_history(instance.id, 10_000).await.unwrap();
    assert!(changes.len() > 256, "more than are read at first, not {}", changes.len());
    let answer = server.get(&instance, "getStateInstanceHistory").await.json();
    let words: Vec<&str> = answer
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["stateInstance"].as_str().unwrap())
        .collect();
    assert_eq!(words, ["notAuthorized", "authorized", "notAuthorized"]);
}

#[tokio::test(start_paused = true)]
async fn a_count_below_one_is_refused() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let path = format!("{}?count=0", instance.path("getStateInstanceHistory"));
    let answer = server.send("GET", &path, "").await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.json()["message"], "Count must be greater than or equal to 1");
}
