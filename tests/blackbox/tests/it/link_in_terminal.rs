//! `waygate instance link`, with a server running and with none.

use serde_json::json;

use crate::drawing;
use crate::operator::{Operator, WAYS, Way};
use crate::simulator::NUMBER;

#[tokio::test]
async fn a_drawn_code_is_scanned_and_the_command_ends_when_the_account_is_linked() {
    for way in WAYS {
        let operator = Operator::start(way).await;
        let number = operator.creates().await;
        let linking = operator.starts(&["instance", "link", &number]);
        let said = linking.says("code 1, ").await;
        assert!(said.contains("Linked devices > Link a device"), "{said}");
        let (status, answer) = operator.simulator.scan(&drawing::last_code(&said)).await;
        assert_eq!(status, 200, "{answer}");
        let ended = linking.ends().await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(ended.stdout.contains("linked: number ending in 1111, device 1"), "{ended:?}");
        assert!(!ended.stdout.contains(NUMBER), "{ended:?}");

        let again = operator.tries(&["instance", "link", &number]).await;
        assert_eq!(again.code, Some(0), "{again:?}");
        assert_eq!(again.stdout, format!("instance {number} is linked already\n"));
        let report = operator.simulator.get("/report").await;
        assert_eq!(report["unknown"], json!({}), "{report}");
    }
}

#[tokio::test]
async fn a_code_is_typed_on_the_phone_whose_number_was_given() {
    for way in WAYS {
        let operator = Operator::start(way).await;
        let number = operator.creates().await;
        let phone = "+1 (555) 000-1111";
        let linking = operator.starts(&["instance", "link", &number, "--phone", phone]);
        let said = linking.says(" s left").await;
        assert!(said.contains("Link with phone number instead"), "{said}");
        let (status, answer) = operator.simulator.types(&drawing::typed_code(&said)).await;
        assert_eq!(status, 200, "{answer}");
        let ended = linking.ends().await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(ended.stdout.contains("linked: number ending in 1111"), "{ended:?}");
        assert!(!ended.stdout.contains(NUMBER), "{ended:?}");
    }
}

#[tokio::test]
async fn a_link_that_somebody_else_ends_and_a_number_that_is_none_are_refused() {
    let operator = Operator::start(Way::Served).await;
    let number = operator.creates().await;
    let linking = operator.starts(&["instance", "link", &number, "--phone", NUMBER]);
    linking.says(" s left").await;
    // Whoever asks for a code for another phone takes the first one's worth. Nobody has that phone.
    operator.simulator.is_provoked_to_refuse("PairingCode");
    let command = ["instance", "link", &number, "--phone", "15550002222", "--within", "2"];
    let other = operator.starts(&command);
    let ended = linking.ends().await;
    assert_eq!(ended.code, Some(5), "{ended:?}");
    assert!(ended.stderr.contains("the code is no longer valid"), "{ended:?}");
    assert_ne!(other.ends().await.code, Some(0));
    operator.fails(&["instance", "link", &number, "--phone", "12"], 2).await;
}

#[tokio::test]
async fn who_is_late_and_who_interrupts_gives_the_attempt_up() {
    for way in WAYS {
        let operator = Operator::start(way).await;
        let number = operator.creates().await;
        let ended = operator.tries(&["instance", "link", &number, "--within", "1"]).await;
        assert_eq!(ended.code, Some(6), "{ended:?}");
        assert!(ended.stderr.contains("not linked in time"), "{ended:?}");
        let linking = operator.starts(&["instance", "link", &number]);
        let code = drawing::last_code(&linking.says("code 1, ").await);
        let ended = linking.interrupt().await;
        assert_eq!(ended.code, Some(130), "{ended:?}");
        let (status, answer) = operator.simulator.scan(&code).await;
        assert_ne!(status, 200, "the code is worth nothing any more: {answer}");
        if way == Way::Served {
            assert_eq!(operator.state(&number).await["name"], "unlinked");
        }
    }
}

#[tokio::test]
async fn no_code_stays_on_the_terminal_once_it_is_worth_nothing() {
    let operator = Operator::start(Way::Served).await;
    let number = operator.creates().await;
    let linking = operator.starts_on_terminal(&["instance", "link", &number]);
    let drawn = drawing::Terminal::after(&linking.says("code 1, ").await);
    let (status, answer) = operator.simulator.scan(&drawing::last_code(&drawn.text())).await;
    assert_eq!(status, 200, "{answer}");
    let ended = linking.ends().await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let left = drawing::Terminal::after(&ended.stdout).text();
    assert!(left.contains("linked: number ending in 1111"), "{left}");
    assert!(!left.contains('\u{2588}') && !left.contains("code 1"), "{left}");

    operator.runs(&["instance", "logout", &number]).await;
    let linking = operator.starts_on_terminal(&["instance", "link", &number, "--within", "2"]);
    linking.says("code 1, ").await;
    let ended = linking.ends().await;
    assert_eq!(ended.code, Some(6), "{ended:?}");
    let left = drawing::Terminal::after(&ended.stdout).text();
    assert!(!left.contains('\u{2588}') && !left.contains("code 1"), "{left}");
}
