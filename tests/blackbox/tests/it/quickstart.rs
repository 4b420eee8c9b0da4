//! The README's first command.

use crate::drawing;
use crate::process::{Build, run, start};

#[tokio::test]
async fn the_sandbox_links_by_itself_and_shows_code_scan_and_state_on_the_way() {
    let ended = run(Build::Sandbox, &["quickstart", "--sandbox", "--exit-when-linked"], &[]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let position =
        |words: &str| ended.stdout.find(words).unwrap_or_else(|| panic!("{words}: {ended:?}"));
    assert!(position("SANDBOX") < position("code 1, "));
    assert!(position("code 1, ") < position("the simulated phone scans the code"));
    assert!(position("scans the code") < position("linked: state authorized"));
    assert_eq!(ended.stderr, "", "nothing to complain about");

    let text = drawing::last_code(&ended.stdout);
    let fields =
        text.strip_prefix("https://wa.me/settings/linked_devices#").expect("the deep link");
    assert_eq!(fields.split(',').count(), 5, "ref, three keys and the kind of client");
}

#[tokio::test]
async fn the_phone_takes_the_time_it_is_told() {
    let arguments = ["quickstart", "--sandbox", "--scan-after", "0", "--exit-when-linked"];
    let ended = run(Build::Sandbox, &arguments, &[]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let negative = ["quickstart", "--sandbox", "--scan-after=-1", "--exit-when-linked"];
    let ended = run(Build::Sandbox, &negative, &[]).await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
}

#[tokio::test]
async fn without_exit_when_linked_it_runs_until_it_is_interrupted() {
    let running = start(Build::Sandbox, &["quickstart", "--sandbox", "--scan-after", "0"], &[]);
    running.says("it stays linked while this runs").await;
    let ended = running.interrupt().await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.stderr, "", "nothing to complain about");
}

#[tokio::test]
async fn the_page_that_it_prints_opens_in_a_browser() {
    let running = start(Build::Sandbox, &["quickstart", "--sandbox", "--scan-after", "60"], &[]);
    let said = running.says("code 1, ").await;
    let (_, rest) = said.split_once("page with the code: ").expect("an address");
    drop(rustls::crypto::ring::default_provider().install_default());
    let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let opened = browser.build().unwrap().get(rest.lines().next().unwrap()).send().await.unwrap();
    assert_eq!(opened.status(), 303);
    let there = opened.headers()["location"].to_str().unwrap();
    assert!(there.starts_with("/link/"), "{there}");
    assert_eq!(running.interrupt().await.code, Some(0));
}

#[tokio::test]
async fn a_build_without_the_simulator_says_so() {
    for arguments in [
        &["quickstart", "--sandbox"][..],
        &["sim"],
        &["sim", "--listen", "127.0.0.1:0"],
        &["sim", "--help"],
    ] {
        let ended = run(Build::Default, arguments, &[]).await;
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.stderr.contains("--features sandbox"), "{ended:?}");
    }
    let help = run(Build::Default, &["--help"], &[]).await;
    assert!(!help.stdout.contains("sim"), "{help:?}");
}
