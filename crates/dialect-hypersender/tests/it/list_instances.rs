//! `instances`: a bare list of what is one's own, newest first.

use waygate_core::instance::state::StateName;
use waygate_core::port::link::LinkEvent;
use waygate_core::reason::EndReason;
use waygate_engine::instances::NewInstance;

use crate::server::{BASE, Server};

#[tokio::test(start_paused = true)]
async fn an_account_without_instances_gets_an_empty_list() {
    let server = Server::start().await;
    insta::assert_snapshot!(server.list("").await, @"200 []");
}

#[tokio::test(start_paused = true)]
async fn an_instance_has_no_token_in_the_list_before_it_was_connected_once() {
    let server = Server::start().await;
    let instance = server.instance().await;
    insta::assert_snapshot!(
        server.list("").await.told_of(&instance),
        @r#"200 [{"id":"UUID","name":"Front desk","phone":"+15550001111","service_type":"whatsapp","status":"SCAN_QR_CODE","access_token":null,"created_at":"2026-03-01T10:20:30"}]"#
    );
    server.link(&instance).await;
    insta::assert_snapshot!(
        server.list("").await.told_of(&instance),
        @r#"200 [{"id":"UUID","name":"Front desk","phone":"+15550001111","service_type":"whatsapp","status":"WORKING","access_token":"TOKEN","created_at":"2026-03-01T10:20:30"}]"#
    );
    server.link.tell(instance.id, LinkEvent::Ended(EndReason::DeviceRemoved)).await;
    server.settle(instance.id, StateName::Unlinked).await;
    insta::assert_snapshot!(
        server.list("").await.told_of(&instance),
        @r#"200 [{"id":"UUID","name":"Front desk","phone":"+15550001111","service_type":"whatsapp","status":"FAILED","access_token":"TOKEN","created_at":"2026-03-01T10:20:30"}]"#
    );
}

#[tokio::test(start_paused = true)]
async fn the_newest_comes_first_and_what_was_removed_is_gone() {
    let server = Server::start().await;
    let mut made = Vec::new();
    for name in ["one", "two", "three"] {
        made.push(server.instance_named(name).await);
    }
    server.gateway.remove_instance(made[1].id).await.unwrap();
    let listed = server.list("").await.json();
    let names: Vec<&str> =
        listed.as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["three", "one"]);
}

#[tokio::test(start_paused = true)]
async fn an_instance_from_elsewhere_shows_the_number_that_is_linked() {
    let server = Server::start().await;
    let instance = server.created(NewInstance::unnamed(server.account)).await;
    let listed = || async { server.list("").await.json()[0].clone() };
    assert_eq!(listed().await["phone"], serde_json::Value::Null);
    assert_eq!(listed().await["name"], "");
    server.link(&instance).await;
    assert_eq!(listed().await["phone"], "+15550001111");
    assert_eq!(server.list("?filter[phone]=%2B15550001111").await.json()[0], listed().await);
}

#[tokio::test(start_paused = true)]
async fn filters_narrow_it_down() {
    let server = Server::start().await;
    let (desk, shop) =
        (server.instance_named("Front desk").await, server.instance_named("Shop").await);
    server.link(&shop).await;
    for (query, expected) in [
        ("?filter[name]=DESK".to_owned(), vec!["Front desk"]),
        ("?filter[name]=o".to_owned(), vec!["Shop", "Front desk"]),
        ("?filter[name]=desk,shop".to_owned(), vec!["Shop", "Front desk"]),
        (format!("?filter[uuid]={}", desk.id), vec!["Front desk"]),
        (format!("?filter%5Buuid%5D={},{}", desk.id, shop.id), vec!["Shop", "Front desk"]),
        ("?filter[status]=WORKING".to_owned(), vec!["Shop"]),
        ("?filter[status]=SCAN_QR_CODE".to_owned(), vec!["Front desk"]),
        ("?filter[status]=STOPPED".to_owned(), vec![]),
        ("?filter[status]=WORKING&filter[name]=desk".to_owned(), vec![]),
        ("?filter[phone]=%2B15550001111".to_owned(), vec!["Shop", "Front desk"]),
        ("?filter[phone]=%2B1555010012".to_owned(), vec![]),
        ("?page=2&sort=name".to_owned(), vec!["Shop", "Front desk"]),
    ] {
        let listed = server.list(&query).await.json();
        let names: Vec<&str> =
            listed.as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
        assert_eq!(names, expected, "{query}");
    }
    insta::assert_snapshot!(
        server.list("?filter[colour]=red&filter[name]=x").await,
        @"400 {\"message\":\"Requested filter(s) `colour` are not allowed. Allowed filter(s) are `uuid, name, phone, status`.\"}"
    );
}

#[tokio::test(start_paused = true)]
async fn another_account_sees_nothing_of_it() {
    let server = Server::start().await;
    let instance = server.online().await;
    let other = server.stranger().await;
    for query in [String::new(), format!("?filter[uuid]={}", instance.id)] {
        let answer = server.send(&other, "GET", &format!("{BASE}/instances{query}"), "").await;
        assert_eq!(answer.told(), "200 []");
    }
}
