//! `filter[...]` of the list of instances, as the vendor's query builder reads it.

use url::form_urlencoded;
use waygate_core::instance::machine::Machine;
use waygate_core::instance::record::InstanceRecord;

use crate::fields::PAIRS_MAX;
use crate::refusal::Refusal;
use crate::wire::instance::phone;
use crate::wire::status::Status;

/// What can be filtered by, in the order in which the refusal names it.
const KNOWN: [&str; 4] = ["uuid", "name", "phone", "status"];

/// The longest name of a filter that does not exist that is repeated, in bytes.
const NAME_TOLD_MAX: usize = 24;

/// What stands for one that is no name, and may be a secret in the wrong place.
const NAME_HIDDEN: &str = "unknown";

/// Which instances are wanted: those that fit every filter, and of each one of its values.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    uuid: Values,
    name: Values,
    phone: Values,
    status: Values,
}

/// One of these, in lower case; anything where there are none.
#[derive(Debug, Default, PartialEq, Eq)]
struct Values(Vec<String>);

impl Filter {
    /// Reads a query; what is no filter in it is ignored.
    pub(crate) fn read(query: &str) -> Result<Self, Refusal> {
        let (mut filter, mut unknown) = (Self::default(), Vec::<String>::new());
        for (count, (key, value)) in form_urlencoded::parse(query.as_bytes()).enumerate() {
            if count >= PAIRS_MAX {
                return Err(Refusal::BAD_QUERY);
            }
            let Some(name) = filter_name(&key) else { continue };
            match filter.values(name) {
                Some(values) => values.add(&value),
                None if unknown.iter().any(|known| known == name) => {}
                None => unknown.push(name.to_owned()),
            }
        }
        if unknown.is_empty() { Ok(filter) } else { Err(not_allowed(&unknown)) }
    }

    fn values(&mut self, name: &str) -> Option<&mut Values> {
        match name {
            "uuid" => Some(&mut self.uuid),
            "name" => Some(&mut self.name),
            "phone" => Some(&mut self.phone),
            "status" => Some(&mut self.status),
            _ => None,
        }
    }

    pub(crate) fn admits(&self, record: &InstanceRecord, machine: Option<&Machine>) -> bool {
        let digits = |text: &str| text.strip_prefix('+').unwrap_or(text).to_owned();
        let phone = phone(record, machine).map(|phone| digits(&phone));
        self.uuid.admit(|value| record.id.to_string() == value)
            && self.name.admit(|value| record.name.to_lowercase().contains(value))
            // A `+` that was not encoded has become a blank, and is gone by now.
            && self.phone.admit(|value| phone.as_deref() == Some(&digits(value)))
            && self.status.admit(|value| Status::of(machine).as_str().eq_ignore_ascii_case(value))
    }
}

impl Values {
    /// Takes a value, or several with commas between them. An empty one asks for nothing.
    fn add(&mut self, value: &str) {
        let values = value.split(',').map(str::trim).filter(|value| !value.is_empty());
        self.0.extend(values.map(str::to_lowercase));
    }

    fn admit(&self, fits: impl Fn(&str) -> bool) -> bool {
        self.0.is_empty() || self.0.iter().any(|value| fits(value))
    }
}

/// The `name` of `filter[name]`; also of `filter[name][]`, by which PHP writes lists.
fn filter_name(key: &str) -> Option<&str> {
    let (name, _list) = key.strip_prefix("filter[")?.split_once(']')?;
    Some(name)
}

fn not_allowed(unknown: &[String]) -> Refusal {
    let asked = unknown.iter().map(|name| told(name)).collect::<Vec<_>>().join(", ");
    let known = KNOWN.join(", ");
    Refusal::bad_request(format!(
        "Requested filter(s) `{asked}` are not allowed. Allowed filter(s) are `{known}`."
    ))
}

/// A name as it is repeated.
fn told(name: &str) -> &str {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    if name.len() <= NAME_TOLD_MAX && name.bytes().all(is_plain) { name } else { NAME_HIDDEN }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;
    use waygate_core::id::{AccountId, InstanceId, InstanceNumber};

    use super::*;

    fn record() -> InstanceRecord {
        InstanceRecord {
            id: InstanceId::from_random_bytes([1; 16]),
            number: InstanceNumber::new(7).unwrap(),
            account: AccountId::from_random_bytes([2; 16]),
            name: "Front Desk \u{c4}gypten".to_owned(),
            phone: Some("15550100123".parse().unwrap()),
            created_at: Timestamp::UNIX_EPOCH,
            removed_at: None,
            standing: None,
        }
    }

    fn admits(query: &str) -> bool {
        Filter::read(query).unwrap().admits(&record(), None)
    }

    #[test]
    fn an_instance_must_fit_every_filter_and_one_value_of_each() {
        let id = record().id;
        for (query, expected) in [
            (String::new(), true),
            (format!("filter[uuid]={id}"), true),
            (format!("filter%5Buuid%5D={}", id.to_string().to_uppercase()), true),
            ("filter[uuid]=01010101".to_owned(), false),
            (format!("filter[uuid]=x,{id}"), true),
            ("filter[name]=desk".to_owned(), true),
            ("filter[name]=FRONT".to_owned(), true),
            ("filter[name]=\u{e4}gyp".to_owned(), true),
            ("filter[name]=back".to_owned(), false),
            ("filter[name]=back,desk".to_owned(), true),
            ("filter[name]=".to_owned(), true),
            ("filter[phone]=%2B15550100123".to_owned(), true),
            ("filter[phone]=+15550100123".to_owned(), true),
            ("filter[phone]=15550100123".to_owned(), true),
            ("filter[phone]=%2B1555010012".to_owned(), false),
            ("filter[phone]=%2B15550100124,%2B15550100123".to_owned(), true),
            ("filter[status]=PENDING".to_owned(), true),
            ("filter[status]=working".to_owned(), false),
            ("filter[status]=WORKING,PENDING".to_owned(), true),
            ("filter[status][]=WORKING&filter[status][]=PENDING".to_owned(), true),
            ("filter[status]=NONSENSE".to_owned(), false),
            ("filter[name]=desk&filter[status]=PENDING".to_owned(), true),
            ("filter[name]=desk&filter[status]=WORKING".to_owned(), false),
            ("filter=x&sort=name&page=2&filter[".to_owned(), true),
        ] {
            assert_eq!(admits(&query), expected, "{query}");
        }
    }

    #[test]
    fn an_unknown_filter_is_refused_by_name() {
        for (query, asked) in [
            ("filter[foo]=1", "foo"),
            ("filter[foo]=1&filter[name]=x&filter[bar]=2&filter[foo]=3", "foo, bar"),
            ("filter[UUID]=x", "UUID"),
            ("filter[<b>]=x", "unknown"),
            ("filter[57%7Ccanarycanarycanarycanary]=x", "unknown"),
        ] {
            let Err(Refusal::Told { status, message }) = Filter::read(query) else {
                panic!("{query} is not refused");
            };
            assert_eq!(status.as_u16(), 400);
            assert_eq!(
                message,
                format!(
                    "Requested filter(s) `{asked}` are not allowed. Allowed filter(s) are `uuid, \
                     name, phone, status`."
                )
            );
        }
    }

    proptest! {
        #[test]
        fn any_query_is_read_without_a_panic(query in "(filter|\\[|\\]|=|&|,|%|name|x|\u{e9}){0,20}") {
            if let Ok(filter) = Filter::read(&query) {
                filter.admits(&record(), None);
            }
        }
    }
}
