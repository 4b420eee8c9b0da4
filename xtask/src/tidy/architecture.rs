//! ARCHITECTURE.md names every package.

use super::problem::Problem;
use super::tree::{Tree, is_word};

const DOCUMENT: &str = "ARCHITECTURE.md";

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let Some((_, text)) = tree.texts(&[DOCUMENT]).find(|(path, _)| *path == DOCUMENT) else {
        return vec![Problem::in_file(DOCUMENT, "is missing; it names every crate and its walls")];
    };
    tree.workspace
        .packages
        .iter()
        .filter(|package| !is_named(text, &package.folder))
        .map(|package| {
            Problem::in_file(
                DOCUMENT,
                format!("does not name `{}`; say what it is for", package.folder),
            )
        })
        .collect()
}

/// Whether the folder is named, by its whole path or in a drawn tree as `name/`.
fn is_named(text: &str, folder: &str) -> bool {
    let name = folder.rsplit('/').next().unwrap_or(folder);
    let begins_a_name = |c: char| is_word(c) || c == '-' || c == '/';
    let in_tree = format!("{name}/");
    text.match_indices(folder).any(|(start, found)| {
        let after = text.split_at(start).1.split_at(found.len()).1;
        !after.starts_with(|c| is_word(c) || c == '-')
    }) || text
        .match_indices(&in_tree)
        .any(|(start, _)| !text.split_at(start).0.ends_with(begins_a_name))
}

#[cfg(test)]
mod tests {
    use super::super::problem::shown;
    use super::*;
    use crate::workspace::{Package, Workspace};

    #[test]
    fn a_package_is_named_by_its_path_or_in_a_drawn_tree() {
        assert!(is_named("see `crates/core`.", "crates/core"));
        assert!(is_named("crates/\n  |-- core/   words", "crates/core"));
        assert!(!is_named("see crates/core-more and score/", "crates/core"));
    }

    #[test]
    fn a_forgotten_package_is_reported() {
        let mut tree = Tree::of(&[(DOCUMENT, "crates/core\n")]);
        let package = |folder: &str| Package { folder: folder.to_owned(), ..Package::default() };
        let packages = vec![package("crates/core"), package("crates/new")];
        tree.workspace = Workspace { packages, ..Workspace::default() };
        assert_eq!(
            shown(&check(&tree)),
            ["ARCHITECTURE.md: does not name `crates/new`; say what it is for"]
        );
    }
}
