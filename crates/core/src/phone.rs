//! Phone numbers.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The fewest digits of an international number that WhatsApp takes.
pub const DIGITS_MIN: usize = 7;

/// The most digits of an international number (ITU-T E.164).
pub const DIGITS_MAX: usize = 15;

/// An international phone number: 7 to 15 digits, the country's code first.
///
/// It is personal data: it does not print itself.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhoneNumber(Box<str>);

/// The text is no international phone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a phone number has 7 to 15 digits and begins with the country's code")]
pub struct InvalidPhoneNumber;

impl PhoneNumber {
    /// The digits, without `+`.
    pub fn digits(&self) -> &str {
        &self.0
    }
}

impl FromStr for PhoneNumber {
    type Err = InvalidPhoneNumber;

    /// Reads what a person types: a `+` before the number, and spaces, dashes, dots and brackets
    /// between its digits do not count.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let text = text.strip_prefix('+').unwrap_or(text);
        let separates = |c: char| matches!(c, ' ' | '-' | '.' | '(' | ')');
        let digits: String = text.chars().filter(|&c| !separates(c)).collect();
        let fits = (DIGITS_MIN..=DIGITS_MAX).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.starts_with('0');
        if fits { Ok(Self(digits.into())) } else { Err(InvalidPhoneNumber) }
    }
}

impl TryFrom<String> for PhoneNumber {
    type Error = InvalidPhoneNumber;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<PhoneNumber> for String {
    fn from(number: PhoneNumber) -> Self {
        number.0.into()
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhoneNumber(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_as_people_write_it() {
        for text in ["15550001111", "+15550001111", " +1 (555) 000-1111 ", "1.555.000.1111"] {
            let number: PhoneNumber = text.parse().unwrap();
            assert_eq!(number.digits(), "15550001111", "{text}");
        }
    }

    #[test]
    fn what_is_no_international_number_is_refused() {
        for text in [
            "",
            "+",
            "555000",
            "0015550001111",
            "05550001111",
            "1555000111122223",
            "1555000111a",
            "++15550001111",
            "1555000\u{661}111",
        ] {
            assert_eq!(text.parse::<PhoneNumber>(), Err(InvalidPhoneNumber), "{text}");
        }
    }

    #[test]
    fn a_number_does_not_print_itself() {
        let number: PhoneNumber = "15550001111".parse().unwrap();
        assert_eq!(format!("{number:?}"), "PhoneNumber(hidden)");
    }
}
