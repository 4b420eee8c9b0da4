//! Sources are ASCII, so that nothing in them looks like something else. Text that needs more uses
//! escapes.

use super::problem::Problem;
use super::tree::{Tree, lines};

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (path, text) in tree.sources() {
        for (number, line) in lines(text) {
            let Some(found) = line.chars().find(|c| !c.is_ascii()) else { continue };
            let message = format!("not ASCII; write `{}`", found.escape_unicode());
            problems.push(Problem::at(path, number, message));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::super::problem::shown;
    use super::*;

    #[test]
    fn a_foreign_character_is_shown_as_its_escape() {
        let tree = Tree::of(&[("a.rs", "fine\nnot \u{e9}\n"), ("a.md", "\u{e9}")]);
        assert_eq!(shown(&check(&tree)), ["a.rs:2: not ASCII; write `\\u{e9}`"]);
    }
}
