use super::news::{STATE, with_news};
use crate::server::Server;

#[tokio::test(start_paused = true)]
async fn what_was_received_is_deleted_once() {
    let server = Server::start().await;
    let instance = with_news(&server, STATE).await;
    let deleted = server.send("DELETE", &instance.receipt("1"), "").await;
    insta::assert_snapshot!(deleted, @r#"200 {"result":true,"reason":""}"#);
    for receipt in ["1", "2", "0", "-1", "4242424242"] {
        let gone = server.send("DELETE", &instance.receipt(receipt), "").await;
        insta::allow_duplicates!(
            insta::assert_snapshot!(gone, @r#"200 {"result":false,"reason":""}"#)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_receipt_may_stand_in_a_body() {
    let server = Server::start().await;
    for (end, body) in
        [("", "1"), ("/", "1"), ("", r#"{"receiptId":1}"#), ("/", r#"{"receiptId":"1"}"#)]
    {
        let instance = with_news(&server, STATE).await;
        let path = format!("{}{end}", instance.path("deleteNotification"));
        let deleted = server.send("DELETE", &path, body).await;
        assert_eq!(deleted.told(), r#"200 {"result":true,"reason":""}"#, "{end} {body}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_no_number_is_refused() {
    let server = Server::start().await;
    let instance = with_news(&server, STATE).await;
    let mut paths = vec![(instance.path("deleteNotification"), "")];
    paths.extend(["x", "1.5", "1x", "%31"].map(|wrong| (instance.receipt(wrong), "")));
    paths.extend(
        ["{}", r#""one""#, r#"{"receiptId":[1]}"#]
            .map(|body| (instance.path("deleteNotification"), body)),
    );
    for (path, body) in paths {
        let answer = server.send("DELETE", &path, body).await;
        assert_eq!(answer.status, 400, "{path} {body}");
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        let expected = if body == r#""one""# {
            "Unexpected token \" in JSON at position 0"
        } else {
            "Parameter receiptId must be a Number!"
        };
        assert_eq!(message, expected, "{path} {body}");
    }
    assert_eq!(server.get(&instance, "getWebhooksCount").await.told(), r#"200 {"count":1}"#);
}

#[tokio::test(start_paused = true)]
async fn nobody_deletes_what_another_instance_is_told() {
    let server = Server::start().await;
    let (one, other) = (with_news(&server, STATE).await, with_news(&server, STATE).await);
    let deleted = server.send("DELETE", &one.receipt("1"), "").await;
    assert_eq!(deleted.json()["result"], true);
    assert_eq!(server.get(&other, "receiveNotification").await.json()["receiptId"], 1);
}
