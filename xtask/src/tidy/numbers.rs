//! Phone numbers are invented: nobody's phone rings because of a test or an example. The block that
//! fiction uses begins with 1555.

use super::problem::Problem;
use super::tree::{File, Tree, is_lock_file, is_word, lines};

const INVENTED: &str = "1555";
const SERVERS: &[&str] = &["@s.whatsapp.net", "@c.us"];
const DIGITS: std::ops::RangeInclusive<usize> = 10..=15;

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    for File { path, text } in &tree.files {
        // Lock files hold checksums, in which anything can stand.
        let Some(text) = text.as_deref().filter(|_| !is_lock_file(path)) else { continue };
        for (number, line) in lines(text) {
            let real = after_plus(line).chain(before_server(line)).find(|n| is_real(n));
            problems.extend(real.map(|found| {
                let message =
                    format!("`{found}` may be somebody's; use a number that begins {INVENTED}");
                Problem::at(path, number, message)
            }));
        }
    }
    problems
}

fn is_real(number: &str) -> bool {
    DIGITS.contains(&number.len()) && !number.starts_with(INVENTED)
}

/// `+15550001111`, where the plus begins a word.
fn after_plus(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices('+').filter_map(|(start, plus)| {
        let (before, rest) = line.split_at(start);
        let rest = rest.split_at(plus.len()).1;
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (number, after) = rest.split_at(end);
        (!before.ends_with(is_word) && !after.starts_with(is_word)).then_some(number)
    })
}

/// `15550001111@c.us`, or with agent and device `15550001111.0:12@s.whatsapp.net`.
fn before_server(line: &str) -> impl Iterator<Item = &str> {
    SERVERS.iter().flat_map(move |server| {
        line.match_indices(server).filter_map(|(start, _)| {
            let address = line.split_at(start).0;
            let is_part = |c: char| c.is_ascii_digit() || ".:_".contains(c);
            let user = address.split_at(address.trim_end_matches(is_part).len()).1;
            user.split(['.', ':', '_']).find(|part| !part.is_empty())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // Spelt in parts, or this file would break its own rule.
    const REAL: &str = concat!("49", "1701234567");

    fn count(text: &str) -> usize {
        check(&Tree::of(&[("a.md", text)])).len()
    }

    #[test]
    fn a_real_looking_number_is_refused_after_a_plus_and_before_a_server() {
        assert_eq!(count(&format!("call +{REAL} now")), 1);
        assert_eq!(count(&format!("{{\"chatId\": \"{REAL}@c.us\"}}")), 1);
        assert_eq!(count(&format!("{REAL}:12@s.whatsapp.net")), 1);
        assert_eq!(count(&format!("{REAL}.0:12@s.whatsapp.net")), 1);
    }

    #[test]
    fn an_invented_number_is_fine() {
        assert_eq!(count("+15550001111, 15550001111@c.us, 15550001111:3@s.whatsapp.net"), 0);
    }

    #[test]
    fn other_digits_are_not_phone_numbers() {
        let lines = [
            REAL.to_owned(),
            format!("a+{REAL}"),
            format!("+{REAL}abc"),
            "+123456789".to_owned(),
            "1@c.us".to_owned(),
            format!("{REAL}@lid"),
        ];
        assert_eq!(count(&lines.join("\n")), 0);
    }
}
