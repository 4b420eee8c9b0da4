//! `cargo xtask tidy`: rules of the house that no lint knows. Every rule looks at the same picture of
//! the tree and names what it found by file and line; all problems are shown at once.

mod addresses;
mod architecture;
mod characters;
mod features;
mod links;
mod numbers;
mod problem;
mod sizes;
mod sleeps;
mod todos;
mod tree;
mod walls;
mod words;

use anyhow::bail;

use self::problem::Problem;
use self::tree::Tree;
use crate::output;
use crate::workspace::Workspace;

/// A rule: its name, and what finds the places that break it.
#[derive(Debug, Clone, Copy)]
struct Rule {
    name: &'static str,
    check: fn(&Tree) -> Vec<Problem>,
}

const RULES: &[Rule] = &[
    Rule { name: "crate-walls", check: walls::check },
    Rule { name: "library-words", check: words::check },
    Rule { name: "file-sizes", check: sizes::check_lengths },
    Rule { name: "mod-rs-without-logic", check: sizes::check_module_files },
    Rule { name: "todos-name-an-issue", check: todos::check },
    Rule { name: "ascii-sources", check: characters::check },
    Rule { name: "crates-in-architecture", check: architecture::check },
    Rule { name: "markdown-links", check: links::check },
    Rule { name: "no-machine-paths", check: addresses::check_paths },
    Rule { name: "no-registry-hosts", check: addresses::check_hosts },
    Rule { name: "shipped-features", check: features::check },
    Rule { name: "tests-do-not-sleep", check: sleeps::check },
    Rule { name: "invented-numbers", check: numbers::check },
];

/// Checks every rule and shows all that is wrong.
pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<()> {
    let tree = Tree::load(workspace)?;
    let mut count = 0;
    for rule in RULES {
        for problem in (rule.check)(&tree) {
            output::line(format_args!("{problem} [{}]", rule.name));
            count += 1;
        }
    }
    if count > 0 {
        bail!("tidy found {count} problem(s)");
    }
    output::line(format_args!("tidy: {} files keep {} rules", tree.files.len(), RULES.len()));
    Ok(())
}
