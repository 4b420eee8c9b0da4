//! `updateApiToken`: the old token dies at once.

use waygate_core::secret::TokenText;

use crate::server::{Instance, Server};

#[tokio::test(start_paused = true)]
async fn the_new_token_opens_and_the_old_one_does_not() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let answer = server.get(&instance, "updateApiToken").await;
    assert_eq!(answer.status, 200);
    let body = answer.json();
    let token = body["apiTokenInstance"].as_str().unwrap();
    assert_eq!(body.as_object().unwrap().len(), 1);
    assert_eq!(token.len(), 50);
    let renewed = Instance { token: TokenText::new(token), ..instance.clone() };
    assert_eq!(server.get(&renewed, "getStateInstance").await.status, 200);
    assert_eq!(server.get(&instance, "getStateInstance").await.status, 401);
    insta::assert_snapshot!(
        server.get(&instance, "updateApiToken").await,
        @r#"200 {"code":401,"description":"Unauthorized"}"#
    );
}
