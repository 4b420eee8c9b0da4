//! What is told, and where, while WhatsApp cannot be reached.

use crate::process::{Build, argument, run, start};
use crate::simulator::Simulator;

#[tokio::test]
async fn the_log_tells_it_in_our_words_and_the_library_speaks_to_whoever_asks_for_details() {
    let nowhere = [
        ("WAYGATE_WHATSAPP__URL", "ws://127.0.0.1:1/".to_owned()),
        ("WAYGATE_WHATSAPP__VERSION", "2.3000.1".to_owned()),
    ];
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().join("data");
    let quickstart = ["quickstart", "--within", "4", "--data-dir", argument(&directory)];
    for (more, ours, the_librarys) in [
        (&[][..], false, false),
        (&["--log-level", "info"], true, false),
        (&["--log-level", "debug"], true, true),
    ] {
        let ended = run(Build::Default, &[&quickstart[..], more].concat(), &nowhere).await;
        assert_eq!(ended.code, Some(6), "{ended:?}");
        assert!(ended.stdout.contains("WhatsApp cannot be reached; next try in"), "{ended:?}");
        assert!(!ended.stderr.contains("ERROR waygate"), "{more:?}: {ended:?}");
        if more.is_empty() {
            assert_eq!(ended.stderr, "waygate: the account was not linked in time\n");
        }
        let has = |words| ended.stderr.contains(words);
        assert_eq!(has("WhatsApp could not be reached cause="), ours, "{more:?}: {ended:?}");
        assert_eq!(has("Will retry"), the_librarys, "{more:?}: {ended:?}");
    }
}

#[tokio::test]
async fn a_proxy_named_by_the_environment_for_other_programs_is_not_asked() {
    let (simulator, place) = (Simulator::start().await, tempfile::tempdir().unwrap());
    let mut settings = simulator.settings();
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "ALL_PROXY"] {
        settings.push((name, "http://127.0.0.1:1".to_owned()));
    }
    let directory = place.path().join("data");
    let arguments = ["quickstart", "--data-dir", argument(&directory)];
    start(Build::Sandbox, &arguments, &settings).says("code 1, ").await;
}
