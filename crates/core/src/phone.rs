//! Phone numbers.

use std::borrow::Cow;
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

impl PhoneNumber {
    /// Whether an account whose number WhatsApp tells as these digits is this number's. In a few
    /// countries WhatsApp leaves a digit of mobile numbers out, or keeps one that they have lost.
    pub fn is_of_account(&self, digits: &str) -> bool {
        self.digits() == digits || in_one_spelling(self.digits()) == in_one_spelling(digits)
    }
}

/// Without the digit that mobile numbers have in one spelling and not in the other: Brazil's ninth digit,
/// the 1 behind Mexico's code, the 9 behind Argentina's.
fn in_one_spelling(digits: &str) -> Cow<'_, str> {
    let without = |code: usize, digit: char| {
        let (code, rest) = digits.split_at_checked(code)?;
        Some(Cow::Owned(format!("{code}{}", rest.strip_prefix(digit)?)))
    };
    let shorter = match (digits.get(..2), digits.len()) {
        (Some("55"), 13) => without(4, '9'),
        (Some("52"), 13) => without(2, '1'),
        (Some("54"), 13) => without(2, '9'),
        _ => None,
    };
    shorter.unwrap_or(Cow::Borrowed(digits))
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
    fn an_account_is_a_numbers_also_where_whatsapp_spells_it_with_another_count_of_digits() {
        let is_of = |number: &str, account: &str| {
            number.parse::<PhoneNumber>().unwrap().is_of_account(account)
        };
        for (number, account) in [
            ("15550001111", "15550001111"),
            ("5511955501111", "551155501111"),
            ("525555011111", "5215555011111"),
            ("541155501111", "5491155501111"),
        ] {
            assert!(is_of(number, account) && is_of(account, number), "{number}");
        }
        for (number, account) in [
            ("15550001111", "15550002222"),
            ("15550001111", "5550001111"),
            ("5511955501111", "551155502222"),
            ("5511855501111", "551155501111"),
            ("5255550111112", "525555011111"),
            ("4915550001111", "491555000111"),
        ] {
            assert!(!is_of(number, account) && !is_of(account, number), "{number}");
        }
    }

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
