//! A test waits for a value with a deadline, or moves a paused clock. It does not sleep and hope.

use super::problem::Problem;
use super::tree::{Tree, code, lines, words};

const EXCUSE: &str = "// allowed: ";

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (path, text) in tree.sources() {
        let mut is_test = is_test_file(path);
        let mut excused = false;
        for (number, line) in lines(text) {
            is_test |= line.trim() == "#[cfg(test)]";
            let excused_here = excused || is_excuse(line);
            if is_test && !excused_here && sleeps(code(line)) {
                let message = format!(
                    "wait for a value with a deadline instead; or say why not: `{EXCUSE}reason`"
                );
                problems.push(Problem::at(path, number, message));
            }
            // On a line of its own, the excuse is for the next one.
            excused = is_excuse(line) && line.trim_start().starts_with("//");
        }
    }
    problems
}

/// Tests' own packages and files; in other files everything after the first `#[cfg(test)]` counts.
fn is_test_file(path: &str) -> bool {
    path.starts_with("tests/") || path.contains("/tests/") || path.ends_with("/tests.rs")
}

fn is_excuse(line: &str) -> bool {
    line.split_once(EXCUSE).is_some_and(|(_, reason)| !reason.trim().is_empty())
}

/// Whether a function `sleep` is called; methods and definitions of that name are not meant, nor is
/// text.
fn sleeps(code: &str) -> bool {
    words(code, "sleep").any(|(before, after)| {
        let in_text = before.matches('"').count() % 2 == 1;
        after.starts_with('(') && !in_text && !before.ends_with('.') && !before.ends_with("fn ")
    })
}

#[cfg(test)]
mod tests {
    use super::super::problem::shown;
    use super::*;

    const CALL: &str = "    tokio::time::sleep(a).await;\n";

    fn count(path: &str, text: &str) -> usize {
        check(&Tree::of(&[(path, text)])).len()
    }

    #[test]
    fn a_sleep_in_a_test_is_found_by_its_line() {
        let text = format!("fn f() {{}}\n#[cfg(test)]\nmod tests {{\n{CALL}}}\n");
        let found = shown(&check(&Tree::of(&[("crates/a/src/a.rs", &text)])));
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("crates/a/src/a.rs:4: "), "{found:?}");
    }

    #[test]
    fn what_is_not_a_test_may_sleep() {
        assert_eq!(count("crates/a/src/a.rs", CALL), 0);
        assert_eq!(count("tests/wire/src/a.rs", CALL), 1);
        assert_eq!(count("crates/a/src/a/tests.rs", CALL), 1);
    }

    #[test]
    fn a_reason_excuses_its_line_or_the_next_one() {
        let same = format!("{} {EXCUSE}the process under test is real\n", CALL.trim_end());
        let above = format!("    {EXCUSE}the process under test is real\n{CALL}");
        let empty = format!("    {EXCUSE}\n{CALL}");
        assert_eq!(count("tests/a.rs", &same), 0);
        assert_eq!(count("tests/a.rs", &above), 0);
        assert_eq!(count("tests/a.rs", &format!("{above}{CALL}")), 1);
        assert_eq!(count("tests/a.rs", &empty), 1);
    }

    #[test]
    fn methods_comments_texts_and_longer_names_are_not_sleeps() {
        let text =
            "clock.sleep(a);\n// sleep(a)\nfn sleep(a: A) {}\nsleep_until(a);\n\"sleep(a)\";\n";
        assert_eq!(count("tests/a.rs", text), 0);
    }
}
