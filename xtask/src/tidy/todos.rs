//! What is left to do has an issue, or is not written down.

use super::problem::Problem;
use super::tree::{Tree, lines, words};

const SOURCES: &[&str] =
    &[".rs", ".toml", ".sh", "/run", ".py", ".js", ".mjs", ".ts", ".html", ".css", ".sql", ".yml"];

// Spelt in parts, or this file would break its own rule.
const LATER: &str = concat!("TO", "DO");
const NEVER: &[&str] = &[concat!("FIX", "ME"), concat!("X", "XX")];

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    tree.texts(SOURCES)
        .flat_map(|(path, text)| {
            lines(text).filter_map(move |(number, line)| {
                complaint(line).map(|message| Problem::at(path, number, message))
            })
        })
        .collect()
}

fn complaint(line: &str) -> Option<String> {
    if words(line, LATER).any(|(_, after)| !names_an_issue(after)) {
        return Some(format!("write `{LATER}(#issue): what`, or do it now"));
    }
    NEVER
        .iter()
        .find(|word| words(line, word).next().is_some())
        .map(|word| format!("write `{LATER}(#issue): what` instead of `{word}`, or do it now"))
}

/// Whether `after` begins like `(#12):`.
fn names_an_issue(after: &str) -> bool {
    after
        .strip_prefix("(#")
        .and_then(|rest| rest.split_once("):"))
        .is_some_and(|(number, _)| !number.is_empty() && number.chars().all(|c| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_fine(line: &str) -> bool {
        complaint(line).is_none()
    }

    #[test]
    fn what_is_left_to_do_names_an_issue() {
        assert!(is_fine(&format!("// {LATER}(#12): ask upstream")));
        assert!(!is_fine(&format!("// {LATER}: ask upstream")));
        assert!(!is_fine(&format!("// {LATER}(me): ask upstream")));
        assert!(!is_fine(&format!("// {LATER}(#): ask upstream")));
    }

    #[test]
    fn other_marks_are_refused() {
        for word in NEVER {
            assert!(!is_fine(&format!("// {word}(#12): broken")));
        }
    }

    #[test]
    fn a_longer_word_is_no_mark() {
        assert!(is_fine(&format!("let {LATER}S = 1; // {}X", NEVER.join("_"))));
    }
}
