//! The picture of the tree that all rules look at: files that git tracks or would track, packages,
//! and the features of what ships.

use std::path::Path;

use anyhow::Context;

use crate::command::Call;
use crate::workspace::Workspace;

#[derive(Debug, Clone, Default)]
pub(super) struct Tree {
    pub(super) files: Vec<File>,
    pub(super) workspace: Workspace,
    /// What `cargo tree` prints for the default members: a package and its features in each line.
    pub(super) shipped_features: String,
}

/// A file that rules may read; one that is no text may still be where a link leads.
#[derive(Debug, Clone)]
pub(super) struct File {
    /// Relative to the root, with forward slashes.
    pub(super) path: String,
    /// Nothing, when it is not text.
    pub(super) text: Option<String>,
}

impl Tree {
    pub(super) fn load(workspace: &Workspace) -> anyhow::Result<Self> {
        let root = &workspace.root;
        let listed = Call::new("git", &["ls-files", "-z", "--cached", "--others"])
            .args(["--exclude-standard", "--deduplicate"])
            .within(root)
            .read()?;
        let files = listed
            .split_terminator('\0')
            .filter_map(|path| File::load(root, path).transpose())
            .collect::<anyhow::Result<_>>()?;
        // The resolved features of each package: a drawing of feature edges leaves out those that a
        // feature of a root turns on.
        let shipped_features = Call::cargo(&["tree", "--edges", "normal,build,dev"])
            .args(["--prefix", "none", "--format", "{p} {f}"])
            .within(root)
            .read()?;
        Ok(Self { files, workspace: workspace.clone(), shipped_features })
    }

    /// Text files whose name ends in one of these.
    pub(super) fn texts<'a>(
        &'a self,
        endings: &'a [&str],
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.files
            .iter()
            .filter(|file| endings.iter().any(|ending| file.path.ends_with(ending)))
            .filter_map(|file| Some((file.path.as_str(), file.text.as_deref()?)))
    }

    /// Rust sources.
    pub(super) fn sources(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts(&[".rs"])
    }

    /// Whether a file or folder of this name is there.
    pub(super) fn has(&self, path: &str) -> bool {
        let folder = format!("{}/", path.trim_end_matches('/'));
        self.files.iter().any(|file| file.path == path || file.path.starts_with(&folder))
    }

    #[cfg(test)]
    pub(super) fn of(files: &[(&str, &str)]) -> Self {
        let files = files
            .iter()
            .map(|(path, text)| File { path: (*path).to_owned(), text: Some((*text).to_owned()) })
            .collect();
        Self { files, ..Self::default() }
    }
}

impl File {
    /// Nothing, when git knows the file but the folder does not: it is being deleted.
    fn load(root: &Path, path: &str) -> anyhow::Result<Option<Self>> {
        let place = root.join(path);
        if !place.is_file() {
            return Ok(None);
        }
        let bytes = std::fs::read(&place).with_context(|| format!("cannot read {path}"))?;
        Ok(Some(Self { path: path.to_owned(), text: String::from_utf8(bytes).ok() }))
    }
}

/// Whether a package manager writes this file.
pub(super) fn is_lock_file(path: &str) -> bool {
    const NAMES: &[&str] = &["Cargo.lock", "package-lock.json", "pnpm-lock.yaml", "yarn.lock"];
    let name = path.rsplit('/').next().unwrap_or(path);
    NAMES.contains(&name)
}

/// Lines with their numbers, counted from one.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(index, line)| (index + 1, line))
}

/// The part of a line before a comment. A `//` in a text literal ends it too: rules may miss what
/// follows, and never complain about a comment.
pub(super) fn code(line: &str) -> &str {
    line.split("//").next().unwrap_or_default()
}

/// Whether `c` can be part of a name.
pub(super) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The places where `word` stands in `line` with no letter, digit or underscore at its sides, each
/// as what comes before and what comes after it.
pub(super) fn words<'a>(line: &'a str, word: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    line.match_indices(word)
        .map(move |(start, found)| {
            let (before, rest) = line.split_at(start);
            (before, rest.split_at(found.len()).1)
        })
        .filter(|(before, after)| !before.ends_with(is_word) && !after.starts_with(is_word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_stands_alone() {
        let found: Vec<_> = words("sleep(a); asleep(b); sleep_until(c)", "sleep").collect();
        assert_eq!(found, [("", "(a); asleep(b); sleep_until(c)")]);
    }

    #[test]
    fn a_folder_is_there_when_a_file_is_in_it() {
        let tree = Tree::of(&[("docs/internals/flakes.md", "")]);
        assert!(tree.has("docs"));
        assert!(tree.has("docs/internals/"));
        assert!(!tree.has("doc"));
    }
}
