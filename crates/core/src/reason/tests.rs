use std::fmt::Write as _;

use super::*;

const DOCUMENT: &str = include_str!("../../../../docs/internals/reasons.md");

fn waits(list: &[Duration]) -> String {
    let words: Vec<String> = list
        .iter()
        .map(|wait| match wait.as_secs() {
            s if s % 60 == 0 => format!("{} min", s / 60),
            s => format!("{s} s"),
        })
        .collect();
    words.join(", ")
}

fn next_in_words(next: Next) -> String {
    match next {
        Next::Redial => "dial at once".into(),
        Next::Backoff { extra: 0 } => "usual wait".into(),
        Next::Backoff { extra } => format!("usual wait, {extra} steps further"),
        Next::Probe(list) => format!("try after {}, then fail", waits(list)),
        Next::WaitForBan => "wait for the end of the ban, else 24 h".into(),
        Next::Banned => "banned".into(),
        Next::Fail => "fail".into(),
        Next::Unlink => "unlinked".into(),
        Next::Nothing => "nothing".into(),
    }
}

/// The state a linked instance is in right after the reason, and what the vendors' users see.
fn state_in_words(next: Next) -> (&'static str, &'static str, &'static str) {
    match next {
        Next::Redial => ("Connecting", "starting", "STARTING"),
        Next::Backoff { .. } | Next::Probe(_) => ("Offline", "authorized", "STARTING"),
        Next::WaitForBan => ("Suspended", "suspended", "FAILED"),
        Next::Banned => ("Banned", "blocked", "FAILED"),
        Next::Fail => ("Failed", "notAuthorized", "FAILED"),
        Next::Unlink => ("Unlinked", "notAuthorized", "FAILED"),
        Next::Nothing => ("-", "-", "-"),
    }
}

fn rendered() -> String {
    let mut table = String::from(
        "| reason | state | next | keys | alert | GREEN-API | Hypersender | in words |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    for reason in EndReason::EXAMPLES {
        let ruling = reason.ruling();
        let name = if let EndReason::Refused { code } = reason {
            if *code == 0 { "Refused, any other code".into() } else { format!("Refused {code}") }
        } else if matches!(reason, EndReason::StreamFault { .. }) {
            "StreamFault, any code".into()
        } else if matches!(reason, EndReason::TemporaryBan { .. }) {
            "TemporaryBan (402)".into()
        } else {
            format!("{reason:?}")
        };
        let keys = match ruling.credentials {
            Credentials::Keep => "keep",
            Credentials::Retire => "retire",
        };
        let (state, green, hyper) = state_in_words(ruling.next);
        let alert = if ruling.alert { "yes" } else { "" };
        let next = next_in_words(ruling.next);
        let words = ruling.words;
        writeln!(
            table,
            "| {name} | {state} | {next} | {keys} | {alert} | {green} | {hyper} | {words} |"
        )
        .unwrap();
    }
    table
}

#[test]
fn the_document_holds_the_table_as_the_code_has_it() {
    let table = rendered();
    assert!(DOCUMENT.contains(&table), "docs/internals/reasons.md should hold:\n{table}");
}

#[test]
fn keys_are_retired_only_on_a_confirmed_end() {
    for reason in EndReason::EXAMPLES {
        let expected = matches!(
            reason,
            EndReason::DeviceRemoved
                | EndReason::LoggedOutByUs
                | EndReason::Refused { code: 401 | 406 }
        );
        let retired = reason.ruling().credentials == Credentials::Retire;
        assert_eq!(retired, expected, "{reason:?}");
    }
}

#[test]
fn a_code_nobody_knows_is_tried_three_times_and_destroys_nothing() {
    for code in [1, 404, 412, 499, 599, u16::MAX] {
        let ruling = EndReason::Refused { code }.ruling();
        assert_eq!(ruling.credentials, Credentials::Keep);
        assert_eq!(ruling.next, Next::Probe(UNKNOWN));
    }
}
