//! The simulator's record of everything that reached it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{HandshakeKind, Refusal, RefusalKind, Violation, ViolationKind};

/// The refusals kept word for word; further ones are only counted.
const REFUSALS_KEPT_MAX: usize = 1_000;

/// The distinct names of requests kept; further ones are counted under `(more)`.
const NAMES_MAX: usize = 500;

/// The characters of a name or a detail kept; clients make names up.
const CHARS_MAX: usize = 120;

/// Counts since the simulator was created.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Connections asked for, the refused and the hanging ones included.
    pub dials: u64,
    /// Connections refused or left hanging by an injected fault.
    pub dials_faulted: u64,
    /// Connections open now.
    pub live_connections: u64,
    /// Finished handshakes.
    pub handshakes: BTreeMap<HandshakeKind, u64>,
    /// Accepted logins.
    pub logins: u64,
    /// Logins refused by an injected fault.
    pub logins_faulted: u64,
    /// How often ordered faults have struck, by their names.
    pub faults: BTreeMap<String, u64>,
    /// Devices linked, by QR code and by pairing code.
    pub links: u64,
    /// Connections that were replaced by another of the same device while they were open, by
    /// device (`number:device`).
    pub replaced: BTreeMap<String, u64>,
    /// Answered requests by `xmlns/type/child`, other stanzas by tag, and files that were taken and
    /// given as `mms/KIND/upload` and `mms/KIND/download`.
    pub requests: BTreeMap<String, u64>,
    /// Requests the simulator does not know; each was answered with error 501.
    pub unknown: BTreeMap<String, u64>,
    /// Refusals by kind.
    pub refusals: BTreeMap<RefusalKind, u64>,
    /// The first refusals in order.
    pub refusal_log: Vec<Refusal>,
    /// Messages that were not written to all devices they should have been for, or to devices that
    /// had been unlinked: their writers did not know better, and were told.
    pub stale_device_lists: u64,
    /// What no client should do, and what none was told of: what the oracle has found.
    pub breaches: Vec<Violation>,
}

impl Report {
    /// `Ok` when nothing was unknown, nothing was refused, no device was online twice and there was
    /// no breach; otherwise a list of what was. Every test ends with it.
    pub fn is_clean(&self) -> Result<(), String> {
        self.is_clean_but_for(&[])
    }

    /// As [`Report::is_clean`], for a test that provokes refusals of certain kinds.
    pub fn is_clean_but_for(&self, provoked: &[RefusalKind]) -> Result<(), String> {
        let complaints = self.complaints(provoked);
        if complaints.is_empty() { Ok(()) } else { Err(complaints.join("; ")) }
    }

    /// Everything that no well-behaved client does: what was unknown, what was refused, and what the
    /// oracle has found. That a device was replaced is none: its older connection may have been dead.
    pub fn violations(&self) -> Vec<Violation> {
        self.found(&[])
    }

    fn found(&self, provoked: &[RefusalKind]) -> Vec<Violation> {
        let unknown = self.unknown.iter().map(|(name, count)| {
            let detail = format!("unknown request {name} ({count} times)");
            Violation::of_nobody(ViolationKind::Unknown, detail)
        });
        let refused = self.refusals.iter().filter(|(kind, _)| !provoked.contains(kind));
        let refused = refused.map(|(kind, count)| {
            let first = self.refusal_log.iter().find(|refusal| refusal.kind == *kind);
            let detail = first.map_or("", |refusal| refusal.detail.as_str());
            let detail = format!("refused {kind:?} ({count} times): {detail}");
            Violation::of_nobody(ViolationKind::Refused, detail)
        });
        unknown.chain(refused).chain(self.breaches.iter().cloned()).collect()
    }

    fn complaints(&self, provoked: &[RefusalKind]) -> Vec<String> {
        let replaced = self
            .replaced
            .iter()
            .map(|(device, count)| format!("device {device} was online twice ({count} times)"));
        self.found(provoked).iter().map(ToString::to_string).chain(replaced).collect()
    }

    pub(crate) fn record_breach(&mut self, violation: Violation) {
        if self.breaches.len() < REFUSALS_KEPT_MAX {
            self.breaches.push(violation);
        }
    }

    pub(crate) fn count_request(&mut self, name: &str) {
        count(&mut self.requests, name);
    }

    pub(crate) fn count_unknown(&mut self, name: &str) {
        count(&mut self.unknown, name);
    }

    pub(crate) fn record(&mut self, mut refusal: Refusal) {
        // Names that clients make up get into it.
        refusal.detail = cut(&refusal.detail);
        *self.refusals.entry(refusal.kind).or_default() += 1;
        if self.refusal_log.len() < REFUSALS_KEPT_MAX {
            self.refusal_log.push(refusal);
        }
    }
}

fn count(names: &mut BTreeMap<String, u64>, name: &str) {
    let name = cut(name);
    let known = names.len() < NAMES_MAX || names.contains_key(&name);
    let name = if known { name } else { "(more)".to_owned() };
    *names.entry(name).or_default() += 1;
}

fn cut(text: &str) -> String {
    text.chars().take(CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(kind: RefusalKind) -> Refusal {
        Refusal { kind, detail: "why".to_owned(), connection: Some(1), at_ms: 5 }
    }

    #[test]
    fn a_report_is_clean_until_something_is_refused_or_unknown() {
        let mut report = Report::default();
        assert_eq!(report.is_clean(), Ok(()));
        report.record(refusal(RefusalKind::UsedRef));
        assert!(report.is_clean().unwrap_err().contains("UsedRef"));
        assert_eq!(report.is_clean_but_for(&[RefusalKind::UsedRef]), Ok(()));
        report.count_unknown("w:new/get/thing");
        let complaint = report.is_clean_but_for(&[RefusalKind::UsedRef]).unwrap_err();
        assert!(complaint.contains("w:new/get/thing"), "{complaint}");
    }

    #[test]
    fn a_device_that_was_online_twice_is_a_complaint_whatever_was_provoked() {
        let mut report = Report::default();
        report.record(refusal(RefusalKind::UsedRef));
        report.replaced.insert("15550001111:1".to_owned(), 2);
        let complaint = report.is_clean_but_for(&[RefusalKind::UsedRef]).unwrap_err();
        assert_eq!(complaint, "device 15550001111:1 was online twice (2 times)");
        assert_eq!(report.violations().len(), 1, "it may have been dead");
    }

    #[test]
    fn a_long_detail_is_cut() {
        let mut report = Report::default();
        let detail = "x".repeat(1_000_000);
        report.record(Refusal { detail, ..refusal(RefusalKind::NotAllowed) });
        assert_eq!(report.refusal_log[0].detail.len(), CHARS_MAX);
    }

    #[test]
    fn names_from_clients_cannot_fill_the_memory() {
        let mut report = Report::default();
        for number in 0..2 * NAMES_MAX {
            report.count_unknown(&number.to_string());
        }
        assert_eq!(report.unknown.len(), NAMES_MAX + 1);
        assert_eq!(report.unknown.values().sum::<u64>(), 2 * NAMES_MAX as u64);
    }
}
