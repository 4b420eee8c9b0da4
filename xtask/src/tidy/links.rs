//! Links in Markdown that lead to a file lead to one that is there.

use super::problem::Problem;
use super::tree::{Tree, lines};

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (path, text) in tree.texts(&[".md"]) {
        for (number, target) in targets(text) {
            let Some(wanted) = resolve(path, target) else { continue };
            if !tree.has(&wanted) {
                let message = format!("the link leads to {wanted}, which is not there");
                problems.push(Problem::at(path, number, message));
            }
        }
    }
    problems
}

/// What links lead to, with their lines; code is left out.
fn targets(text: &str) -> Vec<(usize, &str)> {
    let mut in_block = false;
    let mut found = Vec::new();
    for (number, line) in lines(text) {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        } else if !in_block {
            // Every second piece between backticks is code.
            let outside = line.split('`').step_by(2);
            found.extend(outside.flat_map(inline).map(|target| (number, target)));
            found.extend(definition(line).map(|target| (number, target)));
        }
    }
    found
}

/// `[text](target "title")` in one piece.
fn inline(piece: &str) -> impl Iterator<Item = &str> {
    piece
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'))
        .filter_map(|(target, _)| target.split_whitespace().next())
}

/// `[name]: target` at the start of a line.
fn definition(line: &str) -> Option<&str> {
    let (_, target) = line.strip_prefix('[')?.split_once("]: ")?;
    target.split_whitespace().next()
}

/// The path from the root that a link means; nothing for other sites and places in the same file.
fn resolve(from: &str, target: &str) -> Option<String> {
    let target = target.trim_start_matches('<').trim_end_matches('>');
    let path = target.split(['#', '?']).next()?;
    if path.is_empty() || path.contains(':') {
        return None;
    }
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = if path.starts_with('/') {
        Vec::new()
    } else {
        folder.split('/').filter(|part| !part.is_empty()).collect()
    };
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.pop().is_none() => return Some(path.to_owned()),
            ".." => {}
            name => parts.push(name),
        }
    }
    // The root itself is always there.
    (!parts.is_empty()).then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::super::problem::shown;
    use super::*;

    #[test]
    fn a_link_to_a_missing_file_is_found_by_its_line() {
        let text = "[a](a.md)\n\n![b](../img/b.png \"B\") and [c](c.md#part)\n";
        let tree = Tree::of(&[("docs/a.md", text), ("img/b.png", "")]);
        assert_eq!(
            shown(&check(&tree)),
            ["docs/a.md:3: the link leads to docs/c.md, which is not there"]
        );
    }

    #[test]
    fn other_sites_and_places_in_the_same_file_are_left_alone() {
        let text = "[a](https://example.org/x) [b](#part) [c](mailto:a@example.org) [d](..)\n";
        assert!(check(&Tree::of(&[("docs/a.md", text)])).is_empty());
    }

    #[test]
    fn code_holds_no_links() {
        let text = "`[a](gone.md)`\n```text\n[b](gone.md)\n```\n";
        assert!(check(&Tree::of(&[("a.md", text)])).is_empty());
    }

    #[test]
    fn a_link_whose_text_is_code_counts() {
        assert_eq!(check(&Tree::of(&[("a.md", "[`x`](gone.md)\n")])).len(), 1);
    }

    #[test]
    fn a_definition_counts() {
        assert_eq!(check(&Tree::of(&[("a.md", "[x]: gone.md\n")])).len(), 1);
    }

    #[test]
    fn a_link_out_of_the_tree_is_refused() {
        assert_eq!(check(&Tree::of(&[("a.md", "[x](../b.md)\n")])).len(), 1);
    }
}
