//! Which packages are built together, and where.
//!
//! Cargo unifies features within one build, so the feature that makes a build trust the simulator
//! must never meet what ships. There are two worlds, each with a target directory and a single
//! selection of packages that every command uses, so that a dependency is compiled once per world:
//!
//! * shipped: the default members with their default features, in `target/`;
//! * sandbox: all other packages, and the default members that have a `sandbox` feature with it on,
//!   in `target/sandbox/`.
//!
//! Every command also asks for test targets or examples, so that cargo counts development
//! dependencies in each of them and arrives at the same features.

use std::path::PathBuf;

use crate::workspace::{SANDBOX, Workspace};

/// Flags that select the packages of a world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Selection {
    pub(super) flags: Vec<String>,
    /// A filter for the test runner, when not every test of the selection belongs in this world.
    pub(super) tests: Option<String>,
    target: PathBuf,
}

impl Selection {
    pub(super) fn shipped(workspace: &Workspace) -> Self {
        Self { flags: Vec::new(), tests: None, target: workspace.target.clone() }
    }

    pub(super) fn sandbox(workspace: &Workspace) -> Self {
        let target = workspace.target.join(SANDBOX);
        let mut flags = vec!["--target-dir".to_owned(), target.to_string_lossy().into_owned()];
        let mut features = Vec::new();
        let mut shipped_too = Vec::new();
        for package in workspace.sandboxed() {
            flags.extend(["--package".to_owned(), package.name.clone()]);
            if package.has_sandbox() {
                features.push(format!("{}/{SANDBOX}", package.name));
            }
            if package.default_member {
                shipped_too.push(format!("package(={})", package.name));
            }
        }
        if !features.is_empty() {
            flags.extend(["--features".to_owned(), features.join(",")]);
        }
        // Those ran in the other world; here only their tests about the sandbox are new.
        let tests = (!shipped_too.is_empty())
            .then(|| format!("not ({}) or test({SANDBOX})", shipped_too.join(" or ")));
        Self { flags, tests, target }
    }

    /// The gateway's binary, as this world builds it.
    pub(super) fn binary(&self) -> PathBuf {
        self.target.join("debug").join(format!("waygate{}", std::env::consts::EXE_SUFFIX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Package;

    fn workspace() -> Workspace {
        let package = |name: &str, default_member, features: &[&str]| Package {
            name: name.to_owned(),
            default_member,
            features: features.iter().map(|&feature| feature.to_owned()).collect(),
            ..Package::default()
        };
        Workspace {
            target: PathBuf::from("/w/target"),
            packages: vec![
                package("waygate-core", true, &[]),
                package("waygate", true, &["sandbox"]),
                package("waygate-sim", false, &[]),
            ],
            ..Workspace::default()
        }
    }

    #[test]
    fn what_ships_is_selected_by_cargo_itself_and_without_features() {
        let shipped = Selection::shipped(&workspace());
        assert!(shipped.flags.is_empty());
        assert_eq!(shipped.binary(), PathBuf::from("/w/target/debug/waygate"));
    }

    #[test]
    fn the_sandbox_has_its_own_directory_and_every_other_package() {
        let sandbox = Selection::sandbox(&workspace());
        assert_eq!(
            sandbox.flags.join(" "),
            "--target-dir /w/target/sandbox --package waygate --package waygate-sim \
             --features waygate/sandbox"
        );
        assert_eq!(sandbox.binary(), PathBuf::from("/w/target/sandbox/debug/waygate"));
    }

    #[test]
    fn tests_of_what_ships_run_in_the_sandbox_only_when_they_are_about_it() {
        let sandbox = Selection::sandbox(&workspace());
        assert_eq!(sandbox.tests.as_deref(), Some("not (package(=waygate)) or test(sandbox)"));
    }
}
