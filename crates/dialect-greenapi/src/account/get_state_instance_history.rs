//! `getStateInstanceHistory`: what an instance went through, newest first.

use axum::response::Response;
use serde::Serialize;
use url::form_urlencoded;
use waygate_core::event::{Event, EventKind};

use crate::answer;
use crate::call::{AccountCall, Said};
use crate::refusal::Refusal;
use crate::wire::state::StateInstance;
use crate::wire::wid::wid;
use crate::wire::{json, value};

const COUNT: &str = "count";

/// Entries when the client does not say how many.
const COUNT_DEFAULT: usize = 100;

/// Entries of the longest answer.
const COUNT_MAX: usize = 1000;

/// Changes that are read first; most of them pass without a word of the vendor's.
const CHANGES_FIRST: u32 = 256;

/// Changes that are read at most.
const CHANGES_MAX: u32 = 16 * 1024;

#[derive(PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    state_instance: StateInstance,
    timestamp: i64,
    phone_number: String,
}

pub(crate) async fn get_state_instance_history(call: AccountCall) -> Result<Response, Refusal> {
    let count = count(&call.said)?;
    let mut limit = CHANGES_FIRST;
    loop {
        let changes = call.gateway().state_history(call.instance.id, limit).await?;
        let is_all = changes.len() < usize::try_from(limit).unwrap_or(usize::MAX);
        let mut entries = entries(&changes);
        // The oldest entry may have begun before the oldest change that was read.
        if entries.len() > count || is_all || limit >= CHANGES_MAX {
            entries.truncate(count);
            return answer::json(&entries);
        }
        limit *= 4;
    }
}

/// How many entries are asked for: in the query, or in a body although this is a `GET`, as an object
/// or as a bare number.
fn count(said: &Said) -> Result<usize, Refusal> {
    let query = said.query.as_deref().unwrap_or_default();
    let in_query = form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == COUNT);
    let asked = match in_query {
        Some((_, text)) if !text.is_empty() => Some(value::integer(COUNT, &text.into())?),
        Some(_) | None => in_body(&said.body)?,
    };
    match asked {
        Some(..=0) => Err(Refusal::bad_request("Count must be greater than or equal to 1")),
        Some(count) => Ok(usize::try_from(count).unwrap_or(COUNT_MAX).min(COUNT_MAX)),
        None => Ok(COUNT_DEFAULT),
    }
}

fn in_body(body: &[u8]) -> Result<Option<i64>, Refusal> {
    if let Ok(number) = serde_json::from_slice(body) {
        return Ok(Some(number));
    }
    match json::object(body)?.get(COUNT) {
        None | Some(serde_json::Value::Null) => Ok(None),
        Some(asked) => value::integer(COUNT, asked).map(Some),
    }
}

/// Changes, newest first, as the vendor tells them: of those that leave its word as it was only the
/// oldest counts.
fn entries(changes: &[Event]) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for change in changes {
        let EventKind::StateChanged(state) = &change.kind else { continue };
        let Some(state_instance) = StateInstance::in_history(state) else { continue };
        let entry = Entry {
            state_instance,
            timestamp: change.at.as_second(),
            phone_number: state.account.as_ref().map(wid).unwrap_or_default(),
        };
        match entries.last_mut() {
            Some(newer) if newer.state_instance == state_instance => *newer = entry,
            Some(_) | None => entries.push(entry),
        }
    }
    entries
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, Method};
    use bytes::Bytes;
    use jiff::Timestamp;
    use waygate_core::account::LinkedAccount;
    use waygate_core::event::{Sequence, StateChanged};
    use waygate_core::instance::change::Cause;
    use waygate_core::instance::state::StateName;

    use super::*;

    fn asked(query: Option<&str>, body: &str) -> String {
        let said = Said {
            verb: Method::GET,
            query: query.map(str::to_owned),
            headers: HeaderMap::new(),
            body: Bytes::from(body.to_owned()),
            receipt: None,
        };
        match count(&said) {
            Ok(count) => count.to_string(),
            Err(Refusal::Told { message, .. }) => message.into_owned(),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_count_comes_in_the_query_or_in_a_body() {
        let too_few = "Count must be greater than or equal to 1";
        let no_number = "Validation failed. Details: 'count' must be a number";
        for (query, body, expected) in [
            (None, "", "100"),
            (None, "{}", "100"),
            (None, r#"{"count":5}"#, "5"),
            (None, r#"{"count":"5"}"#, "5"),
            (None, r#"{"count":null}"#, "100"),
            (None, "60", "60"),
            (Some("count=7"), "", "7"),
            (Some("a=b&count=7"), r#"{"count":5}"#, "7"),
            (Some("count="), "", "100"),
            (Some("other=1"), "", "100"),
            (Some("count=99999999"), "", "1000"),
            (Some("count=0"), "", too_few),
            (Some("count=-1"), "", too_few),
            (None, r#"{"count":0}"#, too_few),
            (None, "-3", too_few),
            (Some("count=many"), "", no_number),
            (None, r#"{"count":[]}"#, no_number),
            (None, "{", "Unexpected end of JSON input"),
        ] {
            assert_eq!(asked(query, body), expected, "{query:?} {body}");
        }
    }

    #[test]
    fn equal_words_in_a_row_are_one_entry_with_the_time_of_the_first() {
        let account = LinkedAccount { phone: "15550001111".into(), lid: None, device: 3 };
        let told = |second: i64, to, linked: bool| Event {
            sequence: Sequence(second.unsigned_abs()),
            at: Timestamp::from_second(second).unwrap(),
            kind: EventKind::StateChanged(StateChanged {
                from: StateName::Pending,
                to,
                cause: Cause::Due,
                linked,
                account: linked.then(|| account.clone()),
            }),
        };
        let changes = [
            told(70, StateName::Unlinked, false),
            told(60, StateName::Online, true),
            told(50, StateName::Connecting, true),
            told(40, StateName::Online, true),
            told(30, StateName::Linking, true),
            told(20, StateName::Linking, false),
            told(10, StateName::Connecting, false),
        ];
        let entry = |state_instance, timestamp, phone: &str| Entry {
            state_instance,
            timestamp,
            phone_number: phone.to_owned(),
        };
        let expected = [
            entry(StateInstance::NotAuthorized, 70, ""),
            entry(StateInstance::Authorized, 40, "15550001111@c.us"),
            entry(StateInstance::NotAuthorized, 10, ""),
        ];
        assert!(entries(&changes) == expected);
    }
}
