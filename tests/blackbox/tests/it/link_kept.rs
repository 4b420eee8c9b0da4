//! A link outlives the process, and ends where it should.

use std::path::Path;

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

/// How far linking has come when the power fails.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// The phone begins to scan.
    Scanning,
    /// This count of the simulator's has grown.
    Counted(&'static str),
    /// The process has said this.
    Said(&'static str),
}

/// From before the proof is sent until after the login.
const MOMENTS: [Moment; 6] = [
    Moment::Scanning,
    Moment::Counted("links"),
    Moment::Said("a phone accepted the code"),
    Moment::Counted("dials"),
    Moment::Counted("logins"),
    Moment::Said("linked: state authorized"),
];

#[tokio::test]
async fn a_process_killed_while_linking_can_link_again() {
    let (simulator, place) = (Simulator::start().await, tempfile::tempdir().unwrap());
    // It must live until the power fails.
    let arguments = ["quickstart", "--data-dir", argument(place.path())];
    for moment in MOMENTS {
        let process = start(Build::Sandbox, &arguments, &simulator.settings());
        let code = drawing::last_code(&process.says("code 1, ").await);
        let before = simulator.get("/report").await;
        let killed = async {
            match moment {
                Moment::Scanning => {}
                Moment::Counted(what) => simulator.counts_more(what, &before).await,
                Moment::Said(words) => drop(process.says(words).await),
            }
            process.kill().await;
        };
        let (_scanned, ()) = tokio::join!(simulator.scan(&code), killed);
        links_again(&simulator, place.path(), moment).await;
        simulator.unlink().await;
    }
}

/// Whatever came of it: the keys may be linked or not, but never stuck.
async fn links_again(simulator: &Simulator, directory: &Path, moment: Moment) {
    let arguments = [&LINK[..], &[argument(directory)]].concat();
    let again = start(Build::Sandbox, &arguments, &simulator.settings());
    let linked = again.says("linked: state authorized");
    let shown = again.says("code 1, ");
    tokio::select! {
        _ = linked => {}
        said = shown => {
            let (status, answer) = simulator.scan(&drawing::last_code(&said)).await;
            assert_eq!(status, 200, "killed at {moment:?}: {answer}");
        }
    }
    let ended = again.ends().await;
    assert_eq!(ended.code, Some(0), "killed at {moment:?}: {ended:?}");
}
