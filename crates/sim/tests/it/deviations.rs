//! What clients do wrong, one list of rows, and how each is refused. The list is the table of
//! docs/internals/strictness.md, and a test compares the two. Finer rows of the same kinds are in the
//! files about each part of the protocol.

mod before_login;
mod devices;
mod linking;
mod messages;
mod play;

use std::collections::BTreeSet;

use waproto::whatsapp::{ClientPayload, client_payload::DevicePairingRegistrationData};
use waygate_sim::{RefusalKind, Report, ViolationKind};

use self::play::{Played, Playing};
use crate::stream::{Stream, text};

const DOCUMENT: &str = include_str!("../../../../docs/internals/strictness.md");

/// Exactly one refusal, of this kind.
pub(crate) fn assert_refused(report: &Report, kind: RefusalKind, row: &str) {
    let kinds: Vec<_> = report.refusals.iter().collect();
    assert_eq!(kinds, [(&kind, &1)], "{row}: {:?}", report.refusal_log);
}

pub(crate) fn pairing(payload: &mut ClientPayload) -> &mut DevicePairingRegistrationData {
    payload.device_pairing_data.as_option_mut().unwrap()
}

pub(crate) type Spoil = fn(&mut ClientPayload);

pub(crate) async fn assert_failure(stream: &mut Stream, reason: &str, row: &str) {
    let failure = stream.next().await.expect(row);
    assert_eq!(
        (failure.tag.as_ref(), text(&failure, "reason").as_str()),
        ("failure", reason),
        "{row}"
    );
    assert_ne!(text(&failure, "location"), "", "{row}");
    stream.assert_closed().await;
}

/// Under which name a deviation is put on record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    Refused(RefusalKind),
    Found(ViolationKind),
    /// The older one of two connections of a device had to go.
    Replaced,
}

impl Mark {
    /// As the report spells it.
    fn name(self) -> String {
        let name = match self {
            Self::Refused(kind) => serde_json::to_value(kind),
            Self::Found(kind) => serde_json::to_value(kind),
            Self::Replaced => Ok("replaced".into()),
        };
        name.unwrap().as_str().unwrap().to_owned()
    }

    /// Whether this, and nothing else, is on record.
    fn is_alone_in(self, report: &Report) -> bool {
        let refused: Vec<_> = report.refusals.keys().copied().collect();
        let found: BTreeSet<_> = report.breaches.iter().map(|it| it.kind).collect();
        let found: Vec<_> = found.into_iter().collect();
        let (replaced, unknown) = (!report.replaced.is_empty(), !report.unknown.is_empty());
        let (refused, found) = (refused.as_slice(), found.as_slice());
        !unknown
            && match self {
                Self::Refused(kind) => refused == [kind] && found.is_empty() && !replaced,
                // Whoever breaks such a rule has come back before, and a phone drops what it knows.
                Self::Found(kind) => found == [kind],
                Self::Replaced => refused.is_empty() && found.is_empty() && replaced,
            }
    }
}

/// One deviation.
pub(crate) struct Row {
    name: &'static str,
    mark: Mark,
    /// What the client gets to see of it.
    answer: &'static str,
    play: Playing,
}

fn rows() -> Vec<Row> {
    let parts = [before_login::rows(), linking::rows(), devices::rows(), messages::rows()];
    parts.into_iter().flatten().collect()
}

async fn are_refused(rows: Vec<Row>) {
    for Row { name, mark, answer, play } in rows {
        let Played { sim, answer: seen } = play.await;
        assert_eq!(seen, answer, "{name}");
        let report = sim.report();
        assert!(mark.is_alone_in(&report), "{name}: {report:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_before_a_login_is_refused() {
    are_refused(before_login::rows()).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_in_linking_is_refused() {
    are_refused(linking::rows()).await;
}

#[tokio::test(start_paused = true)]
async fn what_linked_devices_do_wrong_is_refused() {
    are_refused(devices::rows()).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_with_messages_is_refused() {
    are_refused(messages::rows()).await;
}

#[test]
fn the_document_lists_the_same_deviations_with_the_same_answers() {
    let rows = rows();
    assert!(rows.len() >= 40, "{} rows", rows.len());
    let names: BTreeSet<_> = rows.iter().map(|row| row.name).collect();
    assert_eq!(names.len(), rows.len(), "every row has a name of its own");
    let coded =
        rows.iter().map(|row| format!("| {} | {} | `{}` |", row.name, row.answer, row.mark.name()));
    let coded: Vec<String> = coded.collect();
    let told: Vec<String> = DOCUMENT
        .lines()
        .filter(|line| line.starts_with("| ") && line.contains("` |"))
        .map(|line| {
            let cells: Vec<&str> = line.split(" | ").collect();
            assert_eq!(cells.len(), 4, "four columns: {line}");
            assert!(cells[3].trim_end_matches([' ', '|']).len() > 2, "no source: {line}");
            format!("{} |", cells[..3].join(" | "))
        })
        .collect();
    assert_eq!(told, coded, "docs/internals/strictness.md should hold the rows of the code");
}
