//! What stands behind the question mark.

use std::ops::RangeInclusive;

use url::form_urlencoded;

use crate::fields::quoted;
use crate::problem::Problem;

/// The parameters of a request: each one known to its route, and none of them twice.
#[derive(Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads what stands there when all of it is known.
    pub(crate) fn read(
        query: Option<&str>,
        is_known: impl Fn(&str) -> bool,
    ) -> Result<Self, Problem> {
        let mut parameters: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            if !is_known(&name) {
                let name = quoted(&name);
                return Err(Problem::invalid(format!("there is no parameter {name}")));
            }
            if parameters.iter().any(|(other, _value)| *other == name) {
                return Err(Problem::invalid(format!("{} occurs twice", quoted(&name))));
            }
            parameters.push((name.into_owned(), value.into_owned()));
        }
        Ok(Self(parameters))
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(other, _value)| other == name).map(|(_name, value)| value.as_str())
    }

    /// Yes or no.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, Problem> {
        match self.text(name) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(Problem::invalid(format!("`{name}` must be true or false"))),
        }
    }

    /// A whole number within a range, or `default` where there is none.
    pub(crate) fn number(
        &self,
        name: &str,
        range: RangeInclusive<u64>,
        default: u64,
    ) -> Result<u64, Problem> {
        let Some(text) = self.text(name) else { return Ok(default) };
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|number| digits && range.contains(number));
        number.ok_or_else(|| {
            let (least, most) = range.into_inner();
            Problem::invalid(format!("`{name}` must be a whole number from {least} to {most}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_digits_within_its_range() {
        for (query, number) in [
            ("", Some(7)),
            ("wait=0", Some(0)),
            ("wait=60", Some(60)),
            ("wait=%36", Some(6)),
            ("wait=61", None),
            ("wait=", None),
            ("wait=-1", None),
            ("wait=+1", None),
            ("wait=%2B1", None),
            ("wait=1.0", None),
            ("wait=99999999999999999999999", None),
            ("wait", None),
        ] {
            let query = Query::read(Some(query), |name| name == "wait").unwrap();
            assert_eq!(query.number("wait", 0..=60, 7).ok(), number);
        }
    }

    #[test]
    fn a_parameter_that_is_unknown_or_sent_twice_is_refused() {
        for query in ["x=1", "wait=1&x=1", "wait=1&wait=1", "wait=1&w%61it=2", "=", "Wait=1"] {
            assert!(Query::read(Some(query), |name| name == "wait").is_err(), "{query}");
        }
        for query in [None, Some(""), Some("&&")] {
            drop(Query::read(query, |_name| false).unwrap());
        }
    }
}
