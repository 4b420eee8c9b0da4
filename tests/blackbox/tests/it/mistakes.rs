//! What people do wrong, and what they are told.
#![expect(clippy::unwrap_used, clippy::panic, reason = "test code")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::operator::{Operator, Way};
use crate::process::{Build, argument, run, run_in_shell};

/// What stays after `waygate:` of a failure that is told in one sentence.
fn sentence(stderr: &str) -> &str {
    let line = stderr.strip_suffix('\n').unwrap_or(stderr);
    assert!(!line.contains('\n'), "one line: {stderr}");
    line.strip_prefix("waygate: ").unwrap_or_else(|| panic!("ours: {stderr}"))
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[tokio::test]
async fn a_data_directory_that_cannot_be_made_is_named_with_the_reason() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("file");
    std::fs::write(&file, "").unwrap();
    for directory in [file.join("data"), "/sys/waygate".into()] {
        for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["instance", "create"]] {
            let arguments = [command, &["--data-dir", argument(&directory)]].concat();
            let ended = run(Build::Default, &arguments, &[]).await;
            assert_eq!(ended.code, Some(2), "{ended:?}");
            let told = sentence(&ended.stderr);
            assert!(told.contains(argument(&directory)) && told.contains("cannot be"), "{told}");
        }
    }
}

/// Who may do everything starts it as somebody else.
#[tokio::test]
async fn a_data_directory_of_somebody_else_is_told_by_their_name() {
    const AS_NOBODY: &str = "run() { if [ \"$(id -u)\" = 0 ]; then \
         setpriv --reuid=65534 --regid=65534 --clear-groups \"$@\"; else \"$@\"; fi; }; ";
    let place = tempfile::tempdir().unwrap();
    let (directory, build) = (place.path().join("data"), place.path().join("waygate"));
    std::fs::create_dir(&directory).unwrap();
    std::fs::copy(Build::Default.path(), &build).unwrap();
    set_mode(place.path(), 0o755);
    for mode in [0o555, 0o000] {
        set_mode(&directory, mode);
        for command in ["serve", "token create --kind native", "instance list"] {
            let line = format!(
                "{AS_NOBODY} run '{}' {command} --data-dir '{}'",
                argument(&build),
                argument(&directory)
            );
            let ended = run_in_shell(Build::Default, &line, &[]).await;
            if (mode, command) == (0o555, "instance list") {
                assert_eq!(ended.code, Some(4), "there is nothing in it to list: {ended:?}");
                continue;
            }
            assert_eq!(ended.code, Some(2), "{line}: {ended:?}");
            let told = ended.stderr.lines().last().unwrap_or_default();
            let whose = told.contains("it belongs to user root, and this runs as user ")
                || told.contains(&format!("it has mode {mode:04o}"));
            assert!(whose && told.contains("the data directory /"), "{line}: {ended:?}");
        }
    }
    set_mode(&directory, 0o700);
}

#[tokio::test]
async fn a_database_that_is_none_or_damaged_is_named_once_and_is_no_fault_of_ours() {
    let mut operator = Operator::start(Way::Served).await;
    operator.creates().await;
    assert_eq!(operator.server().terminate().await.code, Some(0));
    let database = operator.directory.join("waygate.sqlite");
    let whole = std::fs::read(&database).unwrap();
    let mut damaged = whole.clone();
    damaged[4096..].fill(0x5a);
    let half = whole[..whole.len() / 2].to_vec();
    for content in [b"something else".repeat(500), damaged, half] {
        std::fs::write(&database, &content).unwrap();
        let serve = operator.arguments(&["serve"]);
        let ended = run(Build::Sandbox, &serve, &operator.simulator.settings()).await;
        assert_eq!(ended.code, Some(2), "{ended:?}");
        let told = ended.stderr.lines().last().unwrap_or_default();
        let told = sentence(told);
        assert!(
            told.contains("waygate.sqlite") && told.contains("put a copy of it back"),
            "{told}"
        );
        let words: Vec<&str> = told.split(": ").collect();
        assert!(words.iter().all(|one| told.matches(one).count() == 1), "twice: {told}");
        assert_eq!(ended.stdout, "", "{ended:?}");
        let told = operator.fails(&["instance", "list"], 2).await;
        assert!(sentence(&told).contains("put a copy of it back"), "{told}");
    }
    std::fs::write(&database, &whole).unwrap();
    operator.runs(&["instance", "list"]).await;
}

#[tokio::test]
async fn a_data_directory_that_is_open_to_others_is_warned_of_once() {
    let operator = Operator::start(Way::Alone).await;
    std::fs::create_dir(&operator.directory).unwrap();
    for (mode, warnings) in [(0o755, 1), (0o710, 1), (0o700, 0)] {
        set_mode(&operator.directory, mode);
        let ended = operator.tries(&["instance", "create"]).await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert_eq!(ended.stderr.matches("open to others").count(), warnings, "{ended:?}");
        assert_eq!(ended.stderr.lines().count(), warnings, "{ended:?}");
    }
}

#[tokio::test]
async fn a_token_that_nobody_could_see_is_worth_nothing() {
    for way in [Way::Served, Way::Alone] {
        let operator = Operator::start(way).await;
        operator.creates().await;
        let directory = argument(&operator.directory);
        let line =
            format!("\"$0\" token create --kind native --data-dir '{directory}' > /dev/full");
        let ended = run_in_shell(Build::Sandbox, &line, &operator.simulator.settings()).await;
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.stderr.contains("could not be printed"), "{ended:?}");
        assert!(ended.stderr.contains("it was revoked"), "{ended:?}");
        let listed = operator.reads(&["token", "list"]).await;
        assert!(listed["data"][0]["revoked_at"].is_string(), "{listed}");
    }
}

#[tokio::test]
async fn who_reads_no_further_ends_a_listing_quietly_and_quickstart_not_at_all() {
    let operator = Operator::start(Way::Served).await;
    operator.creates().await;
    let directory = argument(&operator.directory);
    for (command, reader, code) in [
        (format!("instance list --data-dir '{directory}'"), ":", 0),
        ("config reference".to_owned(), "head -n 1", 0),
        ("quickstart --sandbox --scan-after 1 --exit-when-linked".to_owned(), "head -n 2", 0),
        ("quickstart --sandbox --scan-after 60 --within 3".to_owned(), "head -n 2", 6),
    ] {
        let line = format!("{{ \"$0\" {command}; echo \"ended with $?\" >&2; }} | {reader}");
        let ended = run_in_shell(Build::Sandbox, &line, &[]).await;
        let last = ended.stderr.lines().last().unwrap_or_default();
        assert_eq!(last, format!("ended with {code}"), "{line}: {ended:?}");
        assert!(!ended.stderr.contains("pipe"), "{line}: {ended:?}");
    }
}
