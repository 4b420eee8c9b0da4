//! What holds for every method, run over the table of methods.

use std::time::Duration;
use waygate_core::token::TokenKind;

use waygate_core::port::registry::InstanceFilter;
use waygate_core::secret::TokenText;
use waygate_dialect_greenapi::{Group, METHODS, Method, Settings};

use crate::server::{Answer, Instance, Server, unlimited, verb};

const UNAUTHORIZED_IN_WORDS: &str = r#"200 {"code":401,"description":"Unauthorized"}"#;

/// Answers that the contract gives in words with status 200.
fn refuses_in_words(method: &Method) -> bool {
    method.group() == Group::Partner || method.name() == "updateApiToken"
}

async fn server() -> (Server, Instance) {
    // No code comes, so `qr` says that.
    let settings = Settings { code_within: Duration::from_millis(50), ..unlimited() };
    let server = Server::with(settings).await;
    let instance = server.instance().await;
    (server, instance)
}

fn assert_unauthorized(method: &Method, answer: &Answer) {
    if refuses_in_words(method) {
        assert_eq!(answer.told(), UNAUTHORIZED_IN_WORDS, "{}", method.name());
    } else {
        assert_eq!(answer.told(), "401 ", "{}", method.name());
        assert_eq!(answer.header("content-length"), Some("0"));
        assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_token_opens_nothing() {
    let (server, instance) = server().await;
    for method in METHODS {
        let name = method.name();
        let path = server.path(method, &instance);
        let (start, _token) = path.rsplit_once('/').unwrap();
        for path in [
            format!("{start}/0123456789abcdef0123456789abcdef0123456789abcdef01"),
            format!("{start}/%00%ff"),
            format!("{start}/"),
            start.to_owned(),
        ] {
            if method.group() == Group::Page && path.trim_end_matches('/') == start {
                // Without a token the page is no path.
                continue;
            }
            // Whatever else is wrong with the request, the token comes first.
            for verb in ["GET", "POST", "DELETE"] {
                let answer = server.send(verb, &path, "{").await;
                assert_unauthorized(method, &answer);
                assert_eq!(answer.header("x-ratelimit-remaining"), None, "{name}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_of_the_other_kind_opens_nothing() {
    let (server, instance) = server().await;
    for method in METHODS {
        let path = match method.group() {
            Group::Account => {
                let token = server.partner.clone();
                Instance { token, ..instance.clone() }.path(method.name())
            }
            Group::Page => Instance { token: server.partner.clone(), ..instance.clone() }.page(),
            Group::Partner => format!("/partner/{}/{}", method.name(), instance.token.expose()),
        };
        assert_unauthorized(method, &server.send(verb(method), &path, "").await);
    }
}

#[tokio::test(start_paused = true)]
async fn another_instances_number_is_refused_alike_whether_or_not_it_exists() {
    let (server, instance) = server().await;
    let other = server.instance().await;
    for method in METHODS.iter().filter(|method| method.group() != Group::Partner) {
        let path = server.path(method, &instance);
        let own = instance.number.to_string();
        let mut told = Vec::new();
        for number in [other.number.to_string(), "4242424242".into(), "abc".into(), String::new()] {
            let path = path.replacen(&own, &number, 1);
            let answer = server.send(verb(method), &path, "").await;
            let shown = if number.starts_with(|first: char| first.is_ascii_digit()) {
                number
            } else {
                "<ID>".into()
            };
            told.push(answer.told().replace(&shown, "N"));
        }
        told.dedup();
        if refuses_in_words(method) {
            assert_eq!(told, [UNAUTHORIZED_IN_WORDS]);
        } else {
            let shown = path.replacen(&own, "N", 1).replace(instance.token.expose(), "<TOKEN>");
            let envelope = format!(
                "403 {{\"statusCode\":403,\"timestamp\":\"2026-03-01T10:20:30.456Z\",\
                 \"path\":\"{shown}\",\"message\":\"Forbidden\"}}"
            );
            assert_eq!(told, [envelope]);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_removed_instance_says_that_it_is_deleted() {
    let (server, instance) = server().await;
    server.gateway.remove_instance(instance.id).await.unwrap();
    for method in METHODS.iter().filter(|method| method.group() != Group::Partner) {
        let name = method.name();
        for verb in ["GET", "POST"] {
            let answer = server.send(verb, &server.path(method, &instance), "{").await;
            assert_eq!(answer.status, 400, "{name}");
            assert_eq!(answer.json()["message"], "Instance is deleted", "{name}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_wrong_verb_is_not_found() {
    let (server, instance) = server().await;
    for method in METHODS {
        for wrong in ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PURGE"] {
            if wrong == verb(method) {
                continue;
            }
            let answer = server.send(wrong, &server.path(method, &instance), "").await;
            assert_eq!(answer.status, 404, "{wrong} {}", method.name());
            assert_eq!(answer.json()["message"], "Not Found");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_path_is_understood_in_every_spelling() {
    let (server, instance) = server().await;
    for method in METHODS {
        let canonical = server.path(method, &instance);
        let (start, rest) = canonical.trim_start_matches('/').split_once('/').unwrap();
        // The page has none; what is then a doubled slash is understood too.
        let name = rest.rsplit_once('/').map_or("", |(name, _token)| name);
        let mut told = Vec::new();
        for spelling in 0..7 {
            // `updateApiToken` made another one.
            let token = match method.group() {
                Group::Account | Group::Page => token_now(&server, &instance).await,
                Group::Partner => server.partner.clone(),
            };
            let token = token.expose();
            let path = match spelling {
                0 => format!("/{start}/{name}/{token}"),
                1 => format!("/{start}/{}/{token}", name.to_ascii_lowercase()),
                2 => format!("/{start}/{}/{token}", name.to_ascii_uppercase()),
                3 => format!("/v1/{start}/{name}/{token}"),
                4 => format!("/{start}/{name}/{token}/"),
                5 => format!("//{start}//{name}//{token}"),
                _ => format!("/v1/{start}/{name}/{token}/?x=1"),
            };
            let answer = server.send(verb(method), &path, "").await;
            assert!(![401, 403, 404].contains(&answer.status), "{path}: {answer}");
            told.push(answer.status);
        }
        told.dedup();
        assert_eq!(told.len(), 1, "{name} answers alike");
    }
}

async fn token_now(server: &Server, instance: &Instance) -> TokenText {
    let listed = server
        .gateway
        .list_instances(InstanceFilter::default(), TokenKind::Instance)
        .await
        .unwrap();
    let found = listed.into_iter().find(|listed| listed.record.id == instance.id);
    found.unwrap().token.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_url_that_means_nothing_is_forbidden_and_not_repeated() {
    let (server, instance) = server().await;
    let token = instance.token.expose();
    let number = instance.number;
    for path in [
        format!("/waInstance{number}/sendPigeon/{token}"),
        format!("/waInstance{number}/{token}/qr"),
        format!("/waInstance{number}/qr/{token}/17"),
        format!("/waInstance{token}/qrs/{token}"),
        format!("/waInstance{number}/getInstances/{token}"),
        format!("/partner/qr/{token}"),
        format!("/partner/{token}"),
        "/partner".to_owned(),
        "/waInstance".to_owned(),
        "/v1/waInstance1".to_owned(),
    ] {
        for verb in ["GET", "POST"] {
            let answer = server.send(verb, &path, "").await;
            assert_eq!(answer.status, 403, "{path}");
            assert_eq!(answer.json()["message"], "Forbidden");
            assert!(!answer.body.contains(token));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_preflight_is_answered_for_every_path() {
    let (server, instance) = server().await;
    let mut paths: Vec<String> =
        METHODS.iter().map(|method| server.path(method, &instance)).collect();
    paths.push("/waInstance1/anything/wrong".into());
    for path in paths {
        let answer = server.send("OPTIONS", &path, "").await;
        assert_eq!(answer.told(), "200 ");
        for (name, value) in [
            ("access-control-allow-origin", "*"),
            ("access-control-allow-methods", "GET, POST, OPTIONS, DELETE, HEAD"),
            (
                "access-control-allow-headers",
                "DNT,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range",
            ),
            ("access-control-max-age", "1728000"),
            ("content-length", "0"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{path}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_of_any_origin_can_read_every_answer() {
    let (server, instance) = server().await;
    for method in METHODS {
        let path = server.path(method, &instance);
        for (verb, path) in
            [(verb(method), path.clone()), ("DELETE", path.clone()), ("GET", format!("{path}x"))]
        {
            let answer = server.send(verb, &path, "").await;
            assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{answer}");
            assert_eq!(answer.header("access-control-expose-headers"), Some("*"), "{answer}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_head_request_is_answered_like_a_get() {
    let (server, instance) = server().await;
    let answer = server.call("HEAD", &instance, "getStateInstance").await;
    assert_eq!(answer.status, 200);
    assert_eq!(server.call("HEAD", &instance, "setSettings").await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn a_head_request_changes_nothing() {
    let (server, instance) = server().await;
    for method in ["updateApiToken", "logout", "reboot"] {
        assert_eq!(server.call("HEAD", &instance, method).await.status, 404, "{method}");
    }
    assert_eq!(server.call("GET", &instance, "getStateInstance").await.status, 200, "same token");
}

#[tokio::test(start_paused = true)]
async fn a_method_of_the_vendor_that_is_not_served_is_told_from_a_wrong_url() {
    let (server, instance) = server().await;
    for method in ["sendPoll", "SENDPOLL"] {
        let answer = server.call("POST", &instance, method).await;
        assert_eq!(answer.status, 403);
        assert_eq!(answer.json()["message"], "Forbidden: sendPoll is not served yet");
    }
    let answer = server.call("POST", &instance, "sendMesage").await;
    assert_eq!((answer.status, answer.json()["message"].as_str()), (403, Some("Forbidden")));
}

#[tokio::test(start_paused = true)]
async fn every_method_that_changes_something_leaves_one_entry_and_every_other_none() {
    let server = Server::start().await;
    let mut last = 0;
    for method in METHODS.iter().filter(|method| !method.is_session()) {
        let instance = server.instance().await;
        let answer = match method.group() {
            Group::Partner => server.partner(verb(method), method.name(), "{}").await,
            Group::Account | Group::Page => {
                server.call(verb(method), &instance, method.name()).await
            }
        };
        let entries = server.gateway.acts(None, None, 100).await.unwrap();
        let new: Vec<_> = entries.iter().filter(|entry| entry.number > last).collect();
        let expected = usize::from(method.changes_something());
        assert_eq!(new.len(), expected, "{}: {}", method.name(), answer.status);
        let Some(entry) = new.first() else { continue };
        last = entry.number;
        assert_eq!(
            (entry.act.name.as_str(), entry.act.status),
            (method.name(), Some(answer.status))
        );
        let about = (method.group() == Group::Account).then_some(instance.id);
        assert_eq!(entry.act.instance, about, "{}", method.name());
    }
    let named = METHODS.iter().filter(|method| method.changes_something()).map(Method::name);
    insta::assert_snapshot!(named.collect::<Vec<_>>().join("\n"), @r"
    getAuthorizationCode
    logout
    reboot
    setSettings
    setProfilePicture
    updateApiToken
    sendMessage
    clearMessagesQueue
    clearWebhooksQueue
    createInstance
    deleteInstanceAccount
    ");
}
