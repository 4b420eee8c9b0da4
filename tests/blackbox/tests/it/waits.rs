//! Who has to wait is told for how long.

use serde_json::json;

use crate::drawing;
use crate::operator::{Operator, WAYS, Way};
use crate::simulator::NUMBER;

#[tokio::test]
async fn who_links_a_banned_account_is_told_when_the_ban_ends() {
    for way in WAYS {
        let mut operator = Operator::start(Way::Served).await;
        let number = operator.creates().await;
        let linking = operator.starts(&["instance", "link", &number]);
        let code = drawing::last_code(&linking.says("code 1, ").await);
        assert_eq!(operator.simulator.scan(&code).await.0, 200);
        assert_eq!(linking.ends().await.code, Some(0));
        operator.is_online(&number).await;
        let ban = json!({
            "fault": "refuse_logins", "count": 1, "reason": 402, "code": 101, "expire_s": 3600,
        });
        operator.simulator.plants(&ban).await;
        operator.runs(&["instance", "restart", &number]).await;
        operator.is_in_state(&number, "suspended").await;
        if way == Way::Alone {
            assert_eq!(operator.server().terminate().await.code, Some(0));
        }
        let ended = operator.tries(&["instance", "link", &number]).await;
        assert_eq!(ended.code, Some(5), "{ended:?}");
        let (_, until) =
            ended.stderr.split_once("banned the account for a time, until 20").unwrap();
        assert!(until.trim_end().ends_with(" UTC"), "{ended:?}");
    }
}

#[tokio::test]
async fn who_asks_for_too_many_codes_is_told_when_to_come_back() {
    let mut operator = Operator::start(Way::Alone).await;
    let address = operator.serve(&[]).await;
    let number = operator.creates().await;
    let token = operator.runs(&["token", "create", "--kind", "native"]).await;
    let id = operator.reads(&["instance", "show", &number]).await["id"].clone();
    let id = id.as_str().expect("an id");
    let url = format!("{address}/api/v1/instances/{id}/linking-attempts");
    let http = reqwest::Client::new();
    for phone in 2000..2010 {
        // Who asks for the same phone meanwhile shares the code.
        let wish = json!({ "method": "code", "phone": format!("1555000{phone}") });
        let answer = http.post(&url).bearer_auth(token.trim()).json(&wish).send().await.unwrap();
        assert_eq!(answer.status(), 201, "{:?}", answer.text().await);
    }
    let sentence = operator.fails(&["instance", "link", &number, "--phone", NUMBER], 5).await;
    let (_, wait) = sentence.trim_end().split_once("; the next in ").unwrap();
    let (minutes, unit) = wait.split_once(' ').unwrap();
    assert!((2..=60).contains(&minutes.parse::<u32>().unwrap()) && unit == "min", "{sentence}");
}
