//! How long files may be, and what a `mod.rs` may hold.

use super::problem::Problem;
use super::tree::{Tree, code, lines};

const LINES_MAX: usize = 500;

/// Files that were too long when the rule came: each line a number of lines and a path. They may
/// shrink, never grow, and leave the list when they fit.
const RATCHET: &str = "xtask/ratchet.txt";

pub(super) fn check_lengths(tree: &Tree) -> Vec<Problem> {
    let ratchet = ratchet(tree);
    let mut problems = Vec::new();
    for (path, text) in tree.sources() {
        let count = text.lines().count();
        let listed = ratchet.iter().find(|entry| entry.path == path);
        let message = match listed {
            None if count > LINES_MAX => {
                format!("{count} lines; split it, {LINES_MAX} are the most")
            }
            Some(entry) if count > entry.lines_max => {
                format!("grew from {} to {count} lines; it may only shrink", entry.lines_max)
            }
            Some(entry) if count < entry.lines_max => format!(
                "has {count} lines now; put that into {RATCHET}, or remove it there below \
                 {LINES_MAX}"
            ),
            _ => continue,
        };
        problems.push(Problem::in_file(path, message));
    }
    problems.extend(stale(tree, &ratchet));
    problems
}

#[derive(Debug)]
struct Entry<'a> {
    line: usize,
    lines_max: usize,
    path: &'a str,
}

fn ratchet(tree: &Tree) -> Vec<Entry<'_>> {
    tree.texts(&[RATCHET])
        .flat_map(|(_, text)| lines(text))
        .filter(|(_, text)| !text.starts_with('#'))
        .filter_map(|(line, text)| {
            let (number, path) = text.split_once(' ')?;
            Some(Entry { line, lines_max: number.parse().ok()?, path: path.trim() })
        })
        .collect()
}

fn stale(tree: &Tree, ratchet: &[Entry<'_>]) -> Vec<Problem> {
    ratchet
        .iter()
        .filter(|entry| entry.lines_max <= LINES_MAX || !tree.has(entry.path))
        .map(|entry| {
            let message = format!("{} needs no exception; remove the line", entry.path);
            Problem::at(RATCHET, entry.line, message)
        })
        .collect()
}

/// A `mod.rs` documents, declares and re-exports: whoever looks for logic looks for its name.
pub(super) fn check_module_files(tree: &Tree) -> Vec<Problem> {
    tree.texts(&["/mod.rs"])
        .filter_map(|(path, text)| {
            let line = first_logic(text)?;
            let message = "only docs, attributes, `mod` and `use` belong here; move the rest into \
                           a file named after it";
            Some(Problem::at(path, line, message))
        })
        .collect()
}

/// The line of the first statement that is neither `mod name;` nor `use`.
fn first_logic(text: &str) -> Option<usize> {
    let mut statement = String::new();
    let mut started = 1;
    for (number, line) in lines(text) {
        let line = code(line).trim();
        if statement.is_empty() {
            started = number;
        }
        statement.push_str(line);
        statement.push(' ');
        let whole = statement.trim();
        if whole.is_empty() || (whole.starts_with('#') && whole.ends_with(']')) {
            statement.clear();
        } else if whole.ends_with([';', '}']) && is_balanced(whole) {
            if !whole.split_inclusive(';').all(is_declaration) {
                return Some(started);
            }
            statement.clear();
        }
    }
    (!statement.trim().is_empty()).then_some(started)
}

fn is_balanced(statement: &str) -> bool {
    statement.matches('{').count() == statement.matches('}').count()
}

fn is_declaration(statement: &str) -> bool {
    let mut rest = statement.trim();
    while rest.starts_with("#[") {
        rest = rest.split_once(']').map_or("", |(_, after)| after.trim_start());
    }
    rest = rest.strip_prefix("pub").unwrap_or(rest).trim_start();
    if rest.starts_with('(') {
        rest = rest.split_once(')').map_or("", |(_, after)| after.trim_start());
    }
    rest.starts_with("use ") || (rest.starts_with("mod ") && rest.ends_with(';'))
}

#[cfg(test)]
mod tests {
    use super::super::problem::shown;
    use super::*;

    fn file_of(count: usize) -> String {
        "x\n".repeat(count)
    }

    #[test]
    fn a_file_may_have_five_hundred_lines_and_no_more() {
        let tree = Tree::of(&[("a.rs", &file_of(500)), ("b.rs", &file_of(501))]);
        assert_eq!(shown(&check_lengths(&tree)), ["b.rs: 501 lines; split it, 500 are the most"]);
    }

    #[test]
    fn an_exception_may_not_grow() {
        let tree = Tree::of(&[(RATCHET, "# why\n600 a.rs\n"), ("a.rs", &file_of(601))]);
        assert_eq!(
            shown(&check_lengths(&tree)),
            ["a.rs: grew from 600 to 601 lines; it may only shrink"]
        );
    }

    #[test]
    fn an_exception_that_shrank_is_taken_back() {
        let tree = Tree::of(&[(RATCHET, "600 a.rs\n"), ("a.rs", &file_of(550))]);
        assert_eq!(check_lengths(&tree).len(), 1);
    }

    #[test]
    fn an_exception_for_a_file_that_is_gone_is_removed() {
        let tree = Tree::of(&[(RATCHET, "600 gone.rs\n")]);
        assert_eq!(
            shown(&check_lengths(&tree)),
            ["xtask/ratchet.txt:1: gone.rs needs no exception; remove the line"]
        );
    }

    #[test]
    fn a_module_file_declares_and_re_exports() {
        let text = "//! Docs.\n\n#[cfg(test)]\nmod tests;\npub(crate) mod a; // why\n\n\
                    use b::c;\npub use self::a::{\n    A,\n    B,\n};\n";
        assert_eq!(first_logic(text), None);
    }

    #[test]
    fn logic_in_a_module_file_is_found_by_its_first_line() {
        assert_eq!(first_logic("mod a;\n\nfn b() {\n    c();\n}\n"), Some(3));
        assert_eq!(first_logic("mod a {\n    fn b() {}\n}\n"), Some(1));
        assert_eq!(first_logic("pub struct A {\n    b: u8,\n}\n"), Some(1));
    }
}
