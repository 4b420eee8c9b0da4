//! A link outlives the process, and ends where it should.

use crate::drawing;
use crate::process::{Build, argument, run, start};
use crate::simulator::Simulator;

const LINK: [&str; 3] = ["quickstart", "--exit-when-linked", "--data-dir"];

#[tokio::test]
async fn a_restart_needs_no_code_and_an_unlinked_phone_gets_a_fresh_one() {
    let (simulator, place) = (Simulator::start().await, tempfile::tempdir().unwrap());
    let directory = place.path().join("data");
    let arguments = [&LINK[..], &[argument(&directory)]].concat();
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
    assert_eq!(second.stderr, "", "nothing to complain about");

    // No process runs, so the next hears of it at its login.
    simulator.is_provoked_to_refuse("UnlinkedDevice");
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
