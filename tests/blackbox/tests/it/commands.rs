//! `waygate instance` and `waygate token`, each with a server running and with none.

use serde_json::{Value, json};

use crate::operator::{Operator, WAYS, Way};

const NO_INSTANCE: &str = "67e55044-10b1-426f-9247-bb680e5fe0c8";

#[tokio::test]
async fn an_instance_is_created_listed_shown_and_deleted_with_a_server_and_without() {
    for way in WAYS {
        let operator = Operator::start(way).await;
        let printed = operator.runs(&["instance", "create", "--name", "shop"]).await;
        let told = |name: &str| -> String {
            let line = printed.lines().find(|line| line.starts_with(name));
            line.unwrap().split_whitespace().last().unwrap().to_owned()
        };
        let (id, number, token) = (told("id:"), told("idInstance:"), told("apiTokenInstance:"));
        assert_eq!(token.len(), 50, "{printed}");
        assert_eq!(printed.contains("apiUrl:"), way == Way::Served, "{printed}");

        let second = operator.reads(&["instance", "create"]).await;
        let listed = operator.reads(&["instance", "list"]).await;
        let ids: Vec<&Value> =
            listed["data"].as_array().unwrap().iter().map(|it| &it["id"]).collect();
        assert_eq!(ids, [id.as_str(), second["id"].as_str().unwrap()]);
        let table = operator.runs(&["instance", "list"]).await;
        assert!(table.starts_with("IDINSTANCE ") && table.contains(&number), "{table}");
        assert!(table.contains(" shop "), "{table}");
        assert_eq!(table.contains("not running"), way == Way::Alone, "{table}");

        for named in [&id, &number] {
            let shown = operator.reads(&["instance", "show", named]).await;
            assert_eq!(shown["id"], id.as_str());
            assert_eq!(shown["green_api"]["api_token_instance"], token.as_str());
            let text = operator.runs(&["instance", "show", named]).await;
            assert!(text.contains("shop") && text.contains(&token), "{text}");
        }

        let sentence = operator.fails(&["instance", "delete", &number], 2).await;
        assert!(sentence.contains("--yes"), "{sentence}");
        operator.runs(&["instance", "delete", &number, "--yes"]).await;
        operator.fails(&["instance", "show", &number], 4).await;
        operator.fails(&["instance", "delete", &id, "--yes"], 4).await;
        let listed = operator.reads(&["instance", "list"]).await;
        assert_eq!(listed["data"].as_array().unwrap().len(), 1, "{listed}");
    }
}

#[tokio::test]
async fn an_instance_that_does_not_exist_is_not_found_and_a_name_is_no_id() {
    for way in WAYS {
        let operator = Operator::start(way).await;
        operator.creates().await;
        for command in ["show", "link", "logout", "restart"] {
            operator.fails(&["instance", command, NO_INSTANCE], 4).await;
            operator.fails(&["instance", command, "999999999999"], 4).await;
            operator.fails(&["instance", command, "shop"], 2).await;
        }
        operator.fails(&["instance", "create", "--account", "nobody"], 4).await;
        operator.fails(&["token", "create", "--kind", "native", "--account", "nobody"], 4).await;
        operator.fails(&["instance", "create", "--name", &"x".repeat(201)], 2).await;
    }
}

#[tokio::test]
async fn tokens_of_every_kind_are_issued_listed_and_revoked_with_a_server_and_without() {
    for way in WAYS {
        let operator = Operator::start(way).await;
        let mut texts = vec![];
        for (kind, begin) in [("native", "wg_"), ("partner", "gac."), ("hypersender", "")] {
            let ended = operator.tries(&["token", "create", "--kind", kind]).await;
            assert_eq!(ended.code, Some(0), "{ended:?}");
            assert_eq!(ended.stderr, "", "{kind}");
            let text = ended.stdout.strip_suffix('\n').unwrap();
            assert!(text.starts_with(begin) && !text.contains(char::is_whitespace), "{kind}");
            texts.push(text.to_owned());
        }
        operator.fails(&["token", "create", "--kind", "instance"], 2).await;
        let listed = operator.reads(&["token", "list"]).await;
        let tokens = listed["data"].as_array().unwrap();
        let kinds: Vec<&Value> = tokens.iter().map(|token| &token["kind"]).collect();
        assert_eq!(kinds, ["native", "partner", "hypersender"]);
        let table = operator.runs(&["token", "list"]).await;
        assert_eq!(table.lines().count(), 4, "{table}");
        for text in &texts {
            assert!(!table.contains(text.as_str()) && !listed.to_string().contains(text.as_str()));
        }
        let id = tokens[0]["id"].as_str().unwrap();
        assert_eq!(operator.runs(&["token", "revoke", id]).await, "");
        operator.fails(&["token", "revoke", id], 4).await;
        operator.fails(&["token", "revoke", "0123456789abcdef"], 4).await;
        operator.fails(&["token", "revoke", "nonsense"], 2).await;
        let listed = operator.reads(&["token", "list"]).await;
        assert_ne!(listed["data"][0]["revoked_at"], Value::Null, "{listed}");
        assert_eq!(listed["data"][1]["revoked_at"], Value::Null, "{listed}");
    }
}

#[tokio::test]
async fn an_instance_moves_in_with_its_number_and_token_and_serves_its_old_client() {
    let token = "0123456789abcdef0123456789abcdef0123456789abcdef01";
    for way in WAYS {
        let mut operator = Operator::start(way).await;
        let file = operator.place().join("token");
        std::fs::write(&file, format!("{token}a\n")).unwrap();
        let create = ["instance", "create", "--output", "json"];
        let moved = |number, from: &[&'static str]| -> Vec<&'static str> {
            [&create[..], &["--green-id", number], from].concat()
        };
        let given = moved("7103000001", &["--green-token", "0123456789abcdef0123"]);
        operator.runs(&given).await;
        let ended =
            operator.tries_with_input(&moved("7103000002", &["--green-token", "-"]), token).await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let created: Value = serde_json::from_str(&ended.stdout).unwrap();
        assert_eq!(created["number"], 7_103_000_002_u64);
        let path = file.to_str().unwrap().to_owned();
        operator.runs(&[&moved("3", &["--green-token-file"])[..], &[&path]].concat()).await;

        for (number, from, code) in [
            ("7103000002", &["--green-token", "0123456789abcdef9999"][..], 2), // The number is taken.
            ("7103000009", &["--green-token", "0123456789abcdef0123"], 2), // The token is taken.
            ("7103000009", &["--green-token", "short"], 2),
            ("7103000009", &["--green-token-file", "/nowhere/token"], 2),
            ("7103000009", &[], 2),
            ("1234567890123", &["--green-token", "0123456789abcdef9999"], 2),
        ] {
            let sentence = operator.fails(&moved(number, from), code).await;
            assert!(!sentence.contains("0123456789abcdef"), "{sentence}");
        }
        operator.fails(&["instance", "create", "--green-token", "0123456789abcdef0123"], 2).await;

        if let Some(server) = operator.server.take() {
            assert_eq!(server.terminate().await.code, Some(0));
        }
        let address = operator.serve(&[]).await;
        for (number, token) in [("7103000002", token.to_owned()), ("3", format!("{token}a"))] {
            let path = format!("/waInstance{number}/getStateInstance/{token}");
            let answer = reqwest::get(format!("{address}{path}")).await.unwrap();
            assert_eq!(answer.status(), 200);
            assert_eq!(answer.json::<Value>().await.unwrap()["stateInstance"], "notAuthorized");
        }
    }
}

#[tokio::test]
async fn without_data_there_is_nothing_to_find_and_nothing_is_made() {
    let operator = Operator::start(Way::Alone).await;
    for command in [
        &["instance", "list"][..],
        &["instance", "show", "1105600123"],
        &["instance", "link", "1105600123"],
        &["token", "list"],
    ] {
        let sentence = operator.fails(command, 4).await;
        assert!(sentence.contains("no data of Waygate"), "{sentence}");
    }
    assert!(!operator.directory.try_exists().unwrap());
}

#[tokio::test]
async fn logging_out_and_restarting_act_on_the_link_itself_with_a_server_and_without() {
    for way in WAYS {
        let operator = Operator::start(way).await;
        let number = operator.creates().await;
        link(&operator, &number).await;
        let before = operator.simulator.get("/report").await;
        operator.runs(&["instance", "restart", &number]).await;
        operator.simulator.counts_more("logins", &before).await;
        operator.is_online(&number).await;
        let printed = operator.runs(&["instance", "logout", &number]).await;
        assert_eq!(printed, format!("instance {number} is unlinked\n"));
        operator.simulator.has_no_devices().await;

        link(&operator, &number).await;
        operator.runs(&["instance", "delete", &number, "--yes"]).await;
        operator.simulator.has_no_devices().await;
    }
}

#[tokio::test]
async fn an_account_is_opened_used_renamed_and_closed_with_a_server_and_without() {
    for way in WAYS {
        let operator = Operator::start(way).await;
        let created = operator.reads(&["account", "create", "shop"]).await;
        operator.fails(&["account", "create", "shop"], 2).await;
        let instance = operator.reads(&["instance", "create", "--account", "shop"]).await;
        assert_eq!(instance["account_id"], created["id"]);
        let create = ["token", "create", "--kind", "native", "--account", "shop", "--name", "till"];
        operator
            .runs(&[&create[..], &["--scope", "read,link", "--expires-in", "60"]].concat())
            .await;
        operator.fails(&[&create[..], &["--scope", "fly"]].concat(), 2).await;
        let tokens = operator.reads(&["token", "list"]).await;
        let token = &tokens["data"][0];
        assert_eq!((&token["name"], &token["scopes"]), (&json!("till"), &json!(["read", "link"])));
        assert!(token["expires_at"].is_string(), "{token}");

        operator.runs(&["account", "rename", "shop", "store"]).await;
        operator.fails(&["account", "rename", "shop", "store"], 4).await;
        let sentence = operator.fails(&["account", "close", "store"], 5).await;
        assert!(sentence.contains("instances"), "{sentence}");
        let number = instance["number"].to_string();
        operator.runs(&["instance", "delete", &number, "--yes"]).await;
        assert_eq!(
            operator.runs(&["account", "close", "store"]).await,
            "account store is closed\n"
        );
        let table = operator.runs(&["account", "list"]).await;
        assert!(table.lines().count() >= 2 && table.contains("store"), "{table}");
        operator.fails(&["token", "create", "--kind", "native", "--account", "store"], 4).await;
    }
}

#[tokio::test]
async fn an_instance_rests_until_it_is_started_with_a_server_and_without() {
    for way in WAYS {
        let mut operator = Operator::start(way).await;
        let number = operator.creates().await;
        link(&operator, &number).await;
        let stopped = operator.runs(&["instance", "stop", &number]).await;
        assert_eq!(stopped, format!("instance {number} is stopped\n"));
        if let Some(server) = operator.server.take() {
            assert_eq!(server.terminate().await.code, Some(0));
        }
        operator.serve(&[]).await;
        assert_eq!(operator.state(&number).await["name"], "stopped");
        if way == Way::Alone {
            let server = operator.server();
            assert_eq!(server.terminate().await.code, Some(0));
        }
        operator.runs(&["instance", "start", &number]).await;
        if way == Way::Alone {
            // The command ends before a connection stands: the next server has the order.
            operator.serve(&[]).await;
        }
        operator.is_in_state(&number, "online").await;
    }
}

async fn link(operator: &Operator, number: &str) {
    let linking = operator.starts(&["instance", "link", number]);
    let code = crate::drawing::last_code(&linking.says("code 1, ").await);
    let (status, answer) = operator.simulator.scan(&code).await;
    assert_eq!(status, 200, "{answer}");
    let ended = linking.ends().await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
}
