//! `waygate config`.

use crate::process::{Build, run};

#[tokio::test]
async fn the_reference_is_what_the_documentation_holds() {
    let ended = run(Build::Default, &["config", "reference"], &[]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let written = include_str!("../../../../docs/reference/configuration.md");
    assert_eq!(ended.stdout, written);
}

#[tokio::test]
async fn every_problem_is_told_at_once_with_exit_code_two() {
    let settings = [
        ("WAYGATE_LOG__LEVEL", "loud".to_owned()),
        ("WAYGATE_WHATSAPP__URI", "ws://127.0.0.1:1/".to_owned()),
        ("WAYGATE_WHATSAPP__VERSION", "two".to_owned()),
    ];
    let ended = run(Build::Default, &["config", "check"], &settings).await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    for word in ["log.level", "did you mean `WAYGATE_WHATSAPP__URL`", "whatsapp.version"] {
        assert!(ended.stderr.contains(word), "{word}: {ended:?}");
    }
    assert!(ended.stderr.lines().all(|line| line.starts_with("waygate: ")), "{ended:?}");
    let ended = run(Build::Default, &["config", "check"], &[]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

#[tokio::test]
async fn bad_usage_ends_with_code_two() {
    for arguments in [&["nonsense"][..], &["quickstart", "--scan-after", "soon"], &[]] {
        let ended = run(Build::Default, arguments, &[]).await;
        assert_eq!(ended.code, Some(2), "{arguments:?}: {ended:?}");
    }
}

#[tokio::test]
async fn a_master_key_that_serve_would_refuse_is_no_good_configuration() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("key");
    let named = [("WAYGATE_SECRETS__MASTER_KEY_FILE", file.to_str().unwrap().to_owned())];
    for (text, words) in [
        (None, "there is no such file"),
        (Some("canary".to_owned()), "64 hexadecimal digits"),
        (Some("0a".repeat(32)), ""),
    ] {
        if let Some(text) = &text {
            std::fs::write(&file, text).unwrap();
        }
        let ended = run(Build::Default, &["config", "check"], &named).await;
        let code = if words.is_empty() { 0 } else { 2 };
        assert_eq!(ended.code, Some(code), "{ended:?}");
        assert!(ended.stderr.contains(words), "{ended:?}");
        assert!(!ended.stderr.contains("canary"), "{ended:?}");
    }
}
