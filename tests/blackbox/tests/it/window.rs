//! What windows of several sizes show, and what stays of it.

use futures_util::future::join_all;

use crate::drawing::{self, Terminal};
use crate::operator::{Operator, Way};
use crate::process::{Build, run, send_signal, start_on_terminal_of};

const QUICKSTART: [&str; 4] = ["quickstart", "--sandbox", "--scan-after", "60"];

/// Before the part that only a phone's own camera reads.
const CAMERA_LINK: &str = "https://wa.me/settings/linked_devices#";

#[tokio::test]
async fn a_code_is_read_from_every_window_that_has_room_for_it() {
    let arguments = [&QUICKSTART[..], &["--within", "10"]].concat();
    let shown = |size| start_on_terminal_of(size, Build::Sandbox, &arguments, &[]).ends();
    let sizes = [
        ((100, 50), true),
        ((65, 34), true),
        ((61, 32), true),
        ((80, 30), false),
        ((57, 30), false),
    ];
    for ((size, has_link), ended) in
        sizes.into_iter().zip(join_all(sizes.map(|(size, _)| shown(size))).await)
    {
        assert_eq!(ended.code, Some(6), "{ended:?}");
        // Where all lines are taken, the last one has no end until then.
        let (said, _) = ended.stdout.rsplit_once("\u{1b}[H\u{1b}[J\u{1b}[?1049l").expect("it left");
        let text = drawing::last_code(&Terminal::after(said).text());
        assert_eq!(text.strip_prefix(CAMERA_LINK).is_some(), has_link, "{size:?}: {text}");
        assert_eq!(text.trim_start_matches(CAMERA_LINK).split(',').count(), 5, "{size:?}: {text}");
    }
}

#[tokio::test]
async fn a_window_without_room_tells_the_size_and_the_other_ways() {
    let quickstart = start_on_terminal_of((80, 24), Build::Sandbox, &QUICKSTART, &[]);
    let shown = Terminal::after(&quickstart.says(" s left").await).text();
    for words in [
        "a window of 57 columns and 30 lines, and this one has 80 and 24",
        "open http://127.0.0.1:",
        "waygate instance link ",
        " --phone NUMBER --data-dir /",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let operator = Operator::start(Way::Served).await;
    let number = operator.creates().await;
    let link = operator.arguments(&["instance", "link", &number]);
    let linking = start_on_terminal_of((80, 24), Build::Sandbox, &link, &[]);
    let shown = Terminal::after(&linking.says(" s left").await).text();
    assert!(shown.contains("80 and 24") && shown.contains("`--phone NUMBER`"), "{shown}");
}

#[tokio::test]
async fn no_code_can_be_scrolled_back_to_whatever_happens_to_the_window() {
    let operator = Operator::start(Way::Served).await;
    let number = operator.creates().await;
    let linking = operator.starts_on_terminal(&["instance", "link", &number]);
    let mut said = linking.says("code 1, ").await;
    for (columns, lines, words) in
        [(40, 12, "this one has 40 and 12"), (100, 50, "code 1, "), (60, 31, "code 1, ")]
    {
        linking.resize(columns, lines).await;
        said = linking.says_after(said.len(), words).await;
    }
    send_signal("-TERM", &linking.id_on_terminal()).await;
    let ended = linking.ends().await;
    assert_eq!(ended.code, Some(143), "{ended:?}");
    // It also checks what was shown at any time before.
    let left = Terminal::after(&ended.stdout).text();
    assert!(left.contains("terminated; the attempt was given up"), "{left}");
    assert!(left.contains("Linked devices") && !left.contains("code 1"), "{left}");
}

#[tokio::test]
async fn a_dumb_terminal_is_sent_text_alone() {
    let dumb = [("TERM", "dumb".to_owned())];
    let linking = start_on_terminal_of((100, 50), Build::Sandbox, &QUICKSTART, &dumb);
    let said = linking.says("code 1, ").await;
    assert!(!said.contains('\u{1b}'), "{said:?}");
    drawing::last_code(&said);
}

#[tokio::test]
async fn the_help_and_the_list_of_instances_are_no_wider_than_the_window() {
    let fits = |sent: &str, columns| {
        Terminal::after(sent).text().lines().all(|line| line.chars().count() <= columns)
    };
    for command in [&["--help"][..], &["instance", "link", "--help"], &["quickstart", "--help"]] {
        let shown = start_on_terminal_of((60, 50), Build::Sandbox, command, &[]).ends().await;
        assert!(fits(&shown.stdout, 60), "{command:?}: {shown:?}");
    }
    let operator = Operator::start(Way::Served).await;
    operator.creates().await;
    let list = ["instance", "list"];
    let shown = operator.starts_on_terminal(&list).ends().await;
    assert!(fits(&shown.stdout, 100) && !shown.stdout.contains(" ID"), "{shown:?}");
    assert!(operator.runs(&list).await.contains(" ID"), "all of it where nobody looks");
    let arguments = operator.arguments(&list);
    let wide = start_on_terminal_of((200, 50), Build::Sandbox, &arguments, &[]).ends().await;
    assert!(wide.stdout.contains(" ID"), "{wide:?}");
}

#[tokio::test]
async fn the_help_tells_that_the_sandbox_keeps_nothing() {
    let help = run(Build::Default, &["quickstart", "--help"], &[]).await;
    assert!(help.stdout.contains("Nothing is kept"), "{help:?}");
}
