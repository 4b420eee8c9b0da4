//! What an instance went through.

use serde_json::Value;
use waygate_core::instance::state::StateName;
use waygate_core::port::link::LinkEvent;
use waygate_core::reason::EndReason;

use crate::server::Server;

fn told(page: &Value) -> Vec<String> {
    let word = |change: &Value, name: &str| change[name].as_str().unwrap().to_owned();
    let line = |change: &Value| {
        let (from, to) = (word(change, "from"), word(change, "to"));
        format!("{} {from} -> {to}: {}", change["sequence"], word(change, "cause"))
    };
    page["data"].as_array().unwrap().iter().map(line).collect()
}

#[tokio::test(start_paused = true)]
async fn the_newest_change_comes_first_with_its_cause() {
    let server = Server::start().await;
    let instance = server.online().await;
    server.link.tell(instance.id, LinkEvent::Ended(EndReason::Closed)).await;
    server.settle(instance.id, StateName::Offline).await;
    let newest = server.get(&instance.path("/state-history?limit=1")).await;
    insta::assert_snapshot!(newest.shown(), @r#"200 {"data":[{"sequence":9,"at":"2026-03-01T10:20:30.456Z","from":"online","to":"offline","cause":"ended","reason":"the connection was lost","linked":true,"whatsapp":{"phone":"15550001111","device":3}}],"next_cursor":"9"}"#);
    let all = server.get(&instance.path("/state-history")).await.json();
    insta::assert_snapshot!(told(&all).join("\n"), @r#"
    9 online -> offline: ended
    7 linking -> online: logged_in
    3 connecting -> linking: code_issued
    2 unlinked -> connecting: looked
    1 pending -> unlinked: started
    "#);
    assert_eq!(all["next_cursor"], Value::Null);
}

#[tokio::test(start_paused = true)]
async fn pages_follow_one_another_without_a_gap_while_more_happens() {
    let server = Server::start().await;
    let instance = server.online().await;
    let all = told(&server.get(&instance.path("/state-history")).await.json());
    let (mut pages, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/state-history?limit=2{cursor}");
        let page = server.get(&instance.path(&path)).await.json();
        assert!(page["data"].as_array().unwrap().len() <= 2);
        pages.extend(told(&page));
        // What is new stands before the pages that were read.
        server.gateway.restart_instance(instance.id).await.unwrap();
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(pages, all);
}

#[tokio::test(start_paused = true)]
async fn a_page_that_cannot_be_is_refused() {
    let server = Server::start().await;
    let instance = server.instance().await;
    for query in ["cursor=", "cursor=x", "cursor=-1", "limit=0", "limit=501", "page=2"] {
        let answer = server.get(&instance.path(&format!("/state-history?{query}"))).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "invalid"), "{query}");
    }
    let path = instance.path("/state-history?cursor=1");
    insta::assert_snapshot!(server.get(&path).await, @r#"200 {"data":[],"next_cursor":null}"#);
}
