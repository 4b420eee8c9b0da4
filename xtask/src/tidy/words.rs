//! The WhatsApp library's names stay in the crates that may depend on it, re-exports included.

use super::problem::Problem;
use super::tree::{Tree, code, is_word, lines};

/// A word at the start of a name, and the folders whose sources may hold it.
#[derive(Debug, Clone, Copy)]
struct Word {
    start: &'static str,
    folders: &'static [&'static str],
}

/// Where the library is named: in the crates that wrap it, and where it is tested by itself, against
/// the simulator.
const LIBRARY: &[&str] =
    &["crates/link/", "crates/vault/", "tests/clients/library/", "tests/wire/tests/it/library/"];

/// The longest first: a name is judged by the first row that fits.
const WORDS: &[Word] = &[
    Word { start: "wacore_binary", folders: &["crates/link/", "crates/sim/", "crates/vault/"] },
    Word { start: "wacore_libsignal", folders: &["crates/link/", "crates/sim/", "crates/vault/"] },
    Word { start: "wacore", folders: LIBRARY },
    Word {
        start: "waproto",
        folders: &["crates/link/", "crates/sim/", "crates/vault/", "tests/wire/tests/it/library/"],
    },
    Word { start: "whatsapp_rust", folders: LIBRARY },
];

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    // These rules have to spell the words.
    for (path, text) in tree.sources().filter(|(path, _)| !path.starts_with("xtask/")) {
        for (number, line) in lines(text) {
            problems.extend(
                names(code(line))
                    .filter_map(|name| WORDS.iter().find(|word| name.starts_with(word.start)))
                    .filter(|word| !word.folders.iter().any(|folder| path.starts_with(folder)))
                    .map(|word| {
                        let folders = word.folders.join(", ");
                        let message = format!("`{}` may be named in {folders} only", word.start);
                        Problem::at(path, number, message)
                    }),
            );
        }
    }
    problems
}

fn names(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c| !is_word(c)).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::problem::shown;
    use super::*;

    #[test]
    fn the_library_is_named_in_link_only() {
        let text = "//! whatsapp_rust, in a comment\nuse whatsapp_rust::Client;\n";
        let tree = Tree::of(&[("crates/link/src/lib.rs", text), ("tests/wire/src/a.rs", text)]);
        assert_eq!(
            shown(&check(&tree)),
            [
                "tests/wire/src/a.rs:2: `whatsapp_rust` may be named in crates/link/, crates/vault/, \
              tests/clients/library/, tests/wire/tests/it/library/ only"
            ]
        );
    }

    #[test]
    fn the_simulator_names_the_codec_and_the_ratchet_only() {
        let text = "use wacore_binary::Node;\nuse wacore_libsignal::X;\nuse wacore::Y;\n";
        let found = shown(&check(&Tree::of(&[("crates/sim/src/a.rs", text)])));
        assert_eq!(
            found,
            ["crates/sim/src/a.rs:3: `wacore` may be named in crates/link/, crates/vault/, \
              tests/clients/library/, tests/wire/tests/it/library/ only"]
        );
    }

    #[test]
    fn a_name_that_only_contains_the_word_is_free() {
        let text = "let not_whatsapp_rust = 1;\n";
        assert!(check(&Tree::of(&[("crates/core/src/a.rs", text)])).is_empty());
    }
}
