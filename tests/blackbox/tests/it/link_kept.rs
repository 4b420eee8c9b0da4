//! A link outlives the process, and ends where it should.

use std::time::Duration;

use crate::drawing;
use crate::process::{Build, argument, run, start};
use crate::simulator::Simulator;

const LINK: [&str; 3] = ["quickstart", "--exit-when-linked", "--data-dir"];

#[tokio::test]
async fn a_restart_needs_no_code_and_an_unlinked_phone_gets_a_fresh_one() {
    let (simulator, place) = (Simulator::start().await, tempfile::tempdir().unwrap());
    let arguments = [&LINK[..], &[argument(place.path())]].concat();
    let first = start(Build::Sandbox, &arguments, &simulator.settings());
    let code = drawing::last_code(&first.says("code 1, ").await);
    let (status, answer) = simulator.scan(&code).await;
    assert_eq!(status, 200, "{answer}");
    let first = first.ends().await;
    assert_eq!(first.code, Some(0), "{first:?}");

    let second = run(Build::Sandbox, &arguments, &simulator.settings()).await;
    assert_eq!(second.code, Some(0), "{second:?}");
    assert!(!second.stdout.contains("code 1, "), "no code was needed: {second:?}");
    assert!(second.stdout.contains("linked: state authorized"));

    simulator.unlink().await;
    let third = start(Build::Sandbox, &arguments, &simulator.settings());
    let fresh = drawing::last_code(&third.says("code 1, ").await);
    assert_ne!(fresh, code);
    let (status, answer) = simulator.scan(&fresh).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(third.ends().await.code, Some(0));
    let report = simulator.get("/report").await;
    assert_eq!(report["unknown"], serde_json::json!({}), "{report}");
}

#[tokio::test]
async fn a_process_killed_while_linking_can_link_again() {
    let (simulator, place) = (Simulator::start().await, tempfile::tempdir().unwrap());
    let arguments = [&LINK[..], &[argument(place.path())]].concat();
    // From before the proof is sent until after the login; a link takes about 200 ms.
    for delay_ms in [0, 45, 80, 130, 190, 260] {
        let process = start(Build::Sandbox, &arguments, &simulator.settings());
        let said = process.says("code 1, ").await;
        let code = drawing::last_code(&said);
        let killed = async {
            // Not a wait for something: the moment of the power cut is what is tested.
            tokio::time::sleep(Duration::from_millis(delay_ms)).await; // allowed: the moment itself
            process.kill().await;
        };
        let ((), _scanned) = tokio::join!(killed, simulator.scan(&code));
        // Whatever came of it: the keys may be linked or not, but never stuck.
        let again = start(Build::Sandbox, &arguments, &simulator.settings());
        let linked = again.says("linked: state authorized");
        let shown = again.says("code 1, ");
        tokio::select! {
            _ = linked => {}
            said = shown => {
                let (status, answer) = simulator.scan(&drawing::last_code(&said)).await;
                assert_eq!(status, 200, "killed after {delay_ms} ms: {answer}");
            }
        }
        let ended = again.ends().await;
        assert_eq!(ended.code, Some(0), "killed after {delay_ms} ms: {ended:?}");
        simulator.unlink().await;
    }
}
