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
