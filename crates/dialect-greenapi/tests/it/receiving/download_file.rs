use waygate_engine::files::FileSettings;

use super::messages::{picture, receive, text};
use super::news::link_account;
use crate::server::{Instance, Server};

const NAME: &str = "downloadFile";

const LARGEST: u64 = 1000;

async fn server() -> (Server, Instance) {
    let server = Server::start().await;
    let base = "https://gate.example".to_owned();
    server.gateway.hand_out_files(FileSettings { base, bytes_max: LARGEST });
    let instance = server.instance().await;
    (server, instance)
}

fn message(told: &str) -> &str {
    told.split_once(r#""message":"#).map_or(told, |(_, message)| message)
}

#[tokio::test(start_paused = true)]
async fn the_address_of_a_file_is_told_and_is_the_one_of_the_notification() {
    let (server, instance) = server().await;
    link_account(&server, &instance).await;
    receive(&server, &instance, picture("3A01", 6)).await;
    let told = server.get(&instance, "receiveNotification").await.told();
    let (_, rest) = told.split_once(r#""downloadUrl":""#).unwrap();
    let (url, _) = rest.split_once('"').unwrap();
    assert!(url.starts_with("https://gate.example/media/"), "{url}");
    assert!(told.contains(r#""wid":"15550001111@c.us""#), "{told}");
    for chat in ["15550002222@c.us", "98765432101234@lid"] {
        let body = format!(r#"{{"chatId":"{chat}","idMessage":"3A01"}}"#);
        let answer = server.post(&instance, NAME, &body).await.told();
        assert_eq!(answer, format!(r#"200 {{"downloadUrl":"{url}"}}"#));
    }
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_larger_than_what_is_handed_out_has_a_mark_for_its_address() {
    let (server, instance) = server().await;
    receive(&server, &instance, picture("3A01", LARGEST + 1)).await;
    let body = r#"{"chatId":"15550002222@c.us","idMessage":"3A01"}"#;
    let answer = server.post(&instance, NAME, body).await.told();
    assert_eq!(answer, r#"200 {"downloadUrl":"{{SWE002}}"}"#);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_not_there_or_has_no_file_is_refused() {
    let (server, instance) = server().await;
    let other = server.instance().await;
    receive(&server, &instance, text("3A01")).await;
    receive(&server, &other, picture("3A02", 6)).await;
    for (chat, id) in
        [("15550002222@c.us", "3A01"), ("15550002222@c.us", "3A02"), ("15550003333@c.us", "3A01")]
    {
        let body = format!(r#"{{"chatId":"{chat}","idMessage":"{id}"}}"#);
        let answer = server.post(&instance, NAME, &body).await;
        assert_eq!(answer.status, 400);
        assert_eq!(message(&answer.body), r#""ID message notfound"}"#);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_missing_or_no_text_is_refused_in_the_vendors_words() {
    let (server, instance) = server().await;
    for (body, said) in [
        ("", "'chatId' is required"),
        (r#"{"chatId":"15550002222@c.us"}"#, "'idMessage' is required"),
        (r#"{"chatId":"","idMessage":"3A01"}"#, "'chatId' is not allowed to be empty"),
        (r#"{"chatId":5,"idMessage":"3A01"}"#, "'chatId' must be a string"),
        (
            r#"{"chatId":"15550002222","idMessage":"3A01"}"#,
            "'chatId' must be one of the next formats: 'phone_number@c.us', 'chat_id@lid' or \
             'group_id@g.us'",
        ),
    ] {
        let answer = server.post(&instance, NAME, body).await;
        assert_eq!(answer.status, 400, "{body}");
        let expected = format!(r#""Validation failed. Details: {said}"}}"#);
        assert_eq!(message(&answer.body), expected, "{body}");
    }
}
