//! The wall between the sandbox and the real world.

use crate::process::{Build, argument, run, start};
use crate::simulator::Simulator;

#[tokio::test]
async fn the_build_that_ships_refuses_the_simulator_for_its_certificate_and_nothing_else() {
    let (simulator, place) = (Simulator::start().await, tempfile::tempdir().unwrap());
    let directory = argument(place.path());
    let arguments =
        ["quickstart", "--within", "4", "--log-level", "debug", "--data-dir", directory];
    let ended = run(Build::Default, &arguments, &simulator.settings()).await;
    assert_eq!(ended.code, Some(6), "{ended:?}");
    assert!(ended.stdout.contains("the server could not prove that it is WhatsApp"), "{ended:?}");
    assert!(!ended.stdout.contains("code 1, "), "{ended:?}");
    let refusals: Vec<&str> =
        ended.stderr.lines().filter(|line| line.contains("Failed to connect")).collect();
    assert!(!refusals.is_empty(), "{ended:?}");
    for line in refusals {
        assert!(line.contains("failed XEdDSA verify"), "refused for something else: {line}");
    }
    let report = simulator.get("/report").await;
    assert_eq!(report["links"], 0, "{report}");
    assert!(report["dials"].as_u64() >= Some(1), "{report}");
    // The same simulator is good enough for a build that takes its certificate.
    let place = tempfile::tempdir().unwrap();
    let arguments = ["quickstart", "--data-dir", argument(place.path())];
    let sandbox = start(Build::Sandbox, &arguments, &simulator.settings());
    sandbox.says("code 1, ").await;
}

#[tokio::test]
async fn a_sandbox_build_refuses_every_address_that_is_not_loopback() {
    for url in ["wss://web.whatsapp.com/ws/chat", "ws://localhost:1/ws/chat", "ws://192.0.2.1/"] {
        let place = tempfile::tempdir().unwrap();
        let settings = [
            ("WAYGATE_WHATSAPP__URL", url.to_owned()),
            ("WAYGATE_WHATSAPP__VERSION", "2.3000.1".to_owned()),
        ];
        let directory = place.path().join("new");
        let arguments = ["quickstart", "--within", "2", "--data-dir", argument(&directory)];
        let ended = run(Build::Sandbox, &arguments, &settings).await;
        assert_eq!(ended.code, Some(2), "{url}: {ended:?}");
        assert!(ended.stderr.contains("loopback"), "{url}: {ended:?}");
        assert!(ended.stderr.contains("build without the feature"), "{url}: {ended:?}");
        assert!(!directory.try_exists().unwrap(), "no directory was made and stamped");
    }
    let real = [("WAYGATE_WHATSAPP__URL", "ws://127.0.0.1:1/".to_owned())];
    let arguments = ["config", "check"];
    let ended = run(Build::Sandbox, &arguments, &real).await;
    assert_eq!(ended.code, Some(2), "the version page is WhatsApp's own: {ended:?}");
}

#[tokio::test]
async fn each_build_refuses_the_others_data_directory() {
    let unreachable = [
        ("WAYGATE_WHATSAPP__URL", "ws://127.0.0.1:1/".to_owned()),
        ("WAYGATE_WHATSAPP__VERSION", "2.3000.1".to_owned()),
    ];
    for (made_by, other) in [(Build::Default, Build::Sandbox), (Build::Sandbox, Build::Default)] {
        let place = tempfile::tempdir().unwrap();
        let arguments = ["quickstart", "--within", "1", "--data-dir", argument(place.path())];
        assert_eq!(run(made_by, &arguments, &unreachable).await.code, Some(6), "{made_by:?}");
        let ended = run(other, &arguments, &unreachable).await;
        assert_eq!(ended.code, Some(2), "{other:?}: {ended:?}");
        assert!(ended.stderr.contains("was made by a"), "{ended:?}");
    }
}

#[tokio::test]
async fn a_second_process_on_one_data_directory_names_the_first() {
    let place = tempfile::tempdir().unwrap();
    let arguments =
        ["quickstart", "--sandbox", "--scan-after", "0", "--data-dir", argument(place.path())];
    let first = start(Build::Sandbox, &arguments, &[]);
    first.says("linked: state authorized").await;
    let second = run(Build::Sandbox, &arguments, &[]).await;
    assert_eq!(second.code, Some(3), "{second:?}");
    assert!(second.stderr.contains("is used by another waygate (process "), "{second:?}");
}

#[tokio::test]
async fn the_simulator_listens_on_loopback_only() {
    let arguments = ["sim", "--listen", "0.0.0.0:0", "--control", "127.0.0.1:0"];
    let ended = run(Build::Sandbox, &arguments, &[]).await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
}
