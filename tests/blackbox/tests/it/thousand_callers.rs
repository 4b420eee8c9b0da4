//! A thousand clients that ask for one instance's code in the same moment.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "test code")]

use futures_util::future::join_all;
use tokio::process::Command;
use waygate_testkit::picture::read_code;

use crate::attacked_server::{Attacked, assert_harmless};
use crate::green_methods::{METHODS, Method, assert_told};
use crate::raw_client::{RawClient, Reply, Request};

const CALLERS: usize = 1000;

/// Lets this process, and those that it starts from here on, have so many files open unless they ask
/// for more. Many systems begin with 1024.
async fn allow_files(count: u32) {
    let (id, limit) = (std::process::id().to_string(), format!("--nofile={count}:"));
    let set = Command::new("prlimit").args([&limit, "--pid", &id]).status().await;
    assert!(set.unwrap().success(), "this machine allows no {count} open files");
}

/// A server that begins with what many systems allow, and a client with a file for each caller.
async fn started() -> Attacked {
    allow_files(1024).await;
    let attacked = Attacked::start().await;
    allow_files(4096).await;
    attacked
}

fn qr() -> Method {
    METHODS.into_iter().find(|method| method.name == "qr").expect("it is served")
}

/// Makes all the connections, sends a request on each, and only then reads the answers.
async fn call_together(attacked: &Attacked, request: impl Fn(usize) -> Request) -> Vec<Reply> {
    let mut callers = vec![];
    for count in 0..CALLERS {
        callers.push((request(count), RawClient::connect(&attacked.address).await));
    }
    for (request, caller) in &mut callers {
        caller.send(&request.bytes()).await;
    }
    let answers = join_all(callers.iter_mut().map(|(request, caller)| async {
        let reply = caller.reply(request.verb()).await.expect("an answer");
        assert_harmless(&reply, request);
        reply
    }));
    answers.await
}

#[tokio::test]
async fn a_thousand_callers_get_one_code_over_one_connection() {
    let attacked = started().await;
    let path = qr().own_path(&attacked, &attacked.shop);
    let replies = call_together(&attacked, |_| Request::new("GET", &path)).await;
    assert_eq!(replies.len(), CALLERS);
    let first = &replies[0];
    assert_told(first, qr().told, "the first");
    assert!(replies.iter().all(|reply| reply.told() == first.told()), "all see the same");
    assert_eq!(attacked.dials().await, 1);

    let answer: serde_json::Value = serde_json::from_str(&first.body).unwrap();
    let code = read_code(answer["message"].as_str().unwrap());
    let (status, answer) = attacked.simulator.scan(&code).await;
    assert_eq!(status, 200, "{answer}");
    attacked.server.reaches(&attacked.shop, "authorized").await;
    attacked.survives().await;
}

#[tokio::test]
async fn a_thousand_callers_with_wrong_tokens_get_nothing_and_make_no_connection() {
    let attacked = started().await;
    let id = attacked.shop.number.to_string();
    let stranger = |count: usize| Request::new("GET", &qr().path(&id, &format!("{count:050x}")));
    let replies = call_together(&attacked, stranger).await;
    assert_eq!(replies.len(), CALLERS);
    for reply in &replies {
        assert_told(reply, qr().unauthorized(), "a stranger");
    }
    assert_eq!(attacked.dials().await, 0);
    attacked.survives().await;
}
