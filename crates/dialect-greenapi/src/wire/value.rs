//! Single values, and what the vendor's validation says about those it does not take.

use serde_json::Value;

use crate::refusal::Refusal;

/// A whole number, also as a string of digits: clients send both.
pub(crate) fn integer(key: &str, value: &Value) -> Result<i64, Refusal> {
    let number = match value {
        Value::Number(number) => {
            number.as_i64().or_else(|| whole(number.as_f64()?)).ok_or("must be an integer")
        }
        Value::String(text) => text.trim().parse().map_err(|_source| "must be a number"),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            Err("must be a number")
        }
    };
    number.map_err(|rule| Refusal::invalid(format_args!("'{key}' {rule}")))
}

/// `5.0` and `5e0` are whole too, up to where such numbers are exact.
fn whole(number: f64) -> Option<i64> {
    const EXACT_TO: f64 = 9_007_199_254_740_992.0;
    let is_whole = number.fract() == 0.0 && number.abs() <= EXACT_TO;
    #[expect(clippy::cast_possible_truncation, reason = "whole and small enough, as checked")]
    is_whole.then_some(number as i64)
}

/// A whole number of this range.
pub(crate) fn integer_in(key: &str, value: &Value, min: i64, max: i64) -> Result<i64, Refusal> {
    let number = integer(key, value)?;
    if number < min {
        let details = format_args!("'{key}' must be greater than or equal to {min}");
        return Err(Refusal::invalid(details));
    }
    if number > max {
        let details = format_args!("'{key}' must be less than or equal to {max}");
        return Err(Refusal::invalid(details));
    }
    Ok(number)
}

/// A text of at most so many characters, without control characters.
pub(crate) fn text<'a>(
    key: &str,
    value: &'a Value,
    characters_max: usize,
) -> Result<&'a str, Refusal> {
    let Value::String(text) = value else {
        return Err(Refusal::invalid(format_args!("'{key}' must be a string")));
    };
    if text.chars().count() > characters_max {
        return Err(Refusal::invalid(format_args!(
            "'{key}' length must be less than or equal to {characters_max} characters long"
        )));
    }
    if text.chars().any(char::is_control) {
        return Err(Refusal::invalid(format_args!("'{key}' contains an invalid value")));
    }
    Ok(text)
}

/// `yes` or `no`; some clients send booleans.
pub(crate) fn yes_no(key: &str, value: &Value) -> Result<bool, Refusal> {
    match value {
        Value::Bool(on) => Ok(*on),
        Value::String(word) if word.eq_ignore_ascii_case("yes") => Ok(true),
        Value::String(word) if word.eq_ignore_ascii_case("no") => Ok(false),
        Value::String(_) | Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            Err(Refusal::invalid(format_args!("'{key}' must be one of [yes, no]")))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn details<T: std::fmt::Debug>(result: Result<T, Refusal>) -> String {
        match result {
            Ok(value) => format!("{value:?}"),
            Err(Refusal::Told { message, .. }) => {
                message.strip_prefix("Validation failed. Details: ").unwrap().to_owned()
            }
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn numbers_come_as_numbers_and_as_digits() {
        for (value, said) in [
            (json!(5), "5"),
            (json!("5"), "5"),
            (json!(" 5 "), "5"),
            (json!(5.0), "5"),
            (json!(5e0), "5"),
            (json!(0), "'n' must be greater than or equal to 1"),
            (json!(-7), "'n' must be greater than or equal to 1"),
            (json!(11), "'n' must be less than or equal to 10"),
            (json!(1.5), "'n' must be an integer"),
            (json!(1e300), "'n' must be an integer"),
            (json!("five"), "'n' must be a number"),
            (json!(""), "'n' must be a number"),
            (json!(null), "'n' must be a number"),
            (json!(true), "'n' must be a number"),
            (json!([5]), "'n' must be a number"),
        ] {
            assert_eq!(details(integer_in("n", &value, 1, 10)), said, "{value}");
        }
    }

    #[test]
    fn texts_have_a_length_and_no_control_characters() {
        for (value, said) in [
            (json!(""), "\"\""),
            (json!("abcde"), "\"abcde\""),
            (json!("abcdef"), "'t' length must be less than or equal to 5 characters long"),
            (json!("a\r\nb"), "'t' contains an invalid value"),
            (json!(5), "'t' must be a string"),
        ] {
            assert_eq!(details(text("t", &value, 5)), said, "{value}");
        }
    }

    #[test]
    fn switches_come_as_words_and_as_booleans() {
        for (value, said) in [
            (json!("yes"), "true"),
            (json!("no"), "false"),
            (json!("Yes"), "true"),
            (json!(true), "true"),
            (json!(false), "false"),
            (json!("on"), "'s' must be one of [yes, no]"),
            (json!(""), "'s' must be one of [yes, no]"),
            (json!(1), "'s' must be one of [yes, no]"),
        ] {
            assert_eq!(details(yes_no("s", &value)), said, "{value}");
        }
    }
}
