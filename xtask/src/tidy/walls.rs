//! Who may depend on whom. The table is ARCHITECTURE.md's, in a form that stops the build.

use super::problem::Problem;
use super::tree::Tree;
use crate::workspace::{Dependency, Kind, Package};

/// What one of our packages may name of the others; development dependencies count, since cargo
/// unifies their features with the rest.
#[derive(Debug, Clone, Copy)]
enum Ours {
    Only(&'static [&'static str]),
    /// All but the tests' own packages.
    Gateway,
    Any,
}

/// A foreign crate and the only packages that may depend on it. A trailing `*` stands for any ending.
#[derive(Debug, Clone, Copy)]
struct Reserved {
    name: &'static str,
    to: &'static [&'static str],
    /// Whether the packages below `tests/` are held to it too.
    in_tests: bool,
}

const RESERVED: &[Reserved] = &[
    Reserved {
        name: "whatsapp-rust*",
        to: &["waygate-library-client", "waygate-link", "waygate-vault", "waygate-wire-tests"],
        in_tests: true,
    },
    Reserved { name: "wacore", to: &["waygate-link", "waygate-vault"], in_tests: true },
    Reserved { name: "wacore-noise", to: &["waygate-link", "waygate-vault"], in_tests: true },
    Reserved {
        name: "wacore-*",
        to: &["waygate-link", "waygate-sim", "waygate-vault"],
        in_tests: true,
    },
    Reserved {
        name: "waproto",
        to: &["waygate-link", "waygate-sim", "waygate-vault"],
        in_tests: true,
    },
    Reserved { name: "sqlx*", to: &["waygate-store-*"], in_tests: false },
    Reserved {
        name: "axum*",
        to: &["waygate-dialect-*", "waygate-http", "waygate-pages", "waygate-sim"],
        in_tests: false,
    },
];

/// Crates that a package must not depend on though others may.
const FORBIDDEN: &[(&str, &[&str])] = &[("waygate-core", &["tokio*"])];

/// What tests of a package may name besides: the application over a played link leads to no feature
/// that what ships must not have.
const OURS_IN_TESTS: &[(&str, &str)] = &[
    ("waygate-dialect-*", "waygate-played"),
    ("waygate-engine", "waygate-played"),
    // The addresses to which no request may go.
    ("waygate-http", "waygate-played"),
    ("waygate-pages", "waygate-played"),
    // Its answers are compared on both stores, and its files searched.
    ("waygate-vault", "waygate-store"),
    ("waygate-vault", "waygate-store-sqlite"),
];

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    tree.workspace.packages.iter().flat_map(check_package).collect()
}

fn check_package(package: &Package) -> Vec<Problem> {
    let manifest = format!("{}/Cargo.toml", package.folder);
    let mut problems = Vec::new();
    for dependency in &package.dependencies {
        let refused = if dependency.ours {
            refuse_ours(package, dependency)
        } else {
            refuse_foreign(package, dependency)
        };
        problems.extend(refused.map(|message| Problem::in_file(&manifest, message)));
    }
    problems
}

fn refuse_ours(package: &Package, dependency: &Dependency) -> Option<String> {
    let (from, to) = (&package.name, &dependency.name);
    let allowed = match ours(package) {
        Ours::Only(names) => names.contains(&to.as_str()),
        Ours::Gateway => !is_for_tests(to),
        Ours::Any => true,
    };
    let in_tests = dependency.kind == Kind::Development
        && OURS_IN_TESTS.iter().any(|(user, used)| matches(user, from) && used == to);
    (!allowed && !in_tests && from != to).then(|| {
        format!("`{from}` must not depend on `{to}`; the walls are described in ARCHITECTURE.md")
    })
}

fn ours(package: &Package) -> Ours {
    match package.name.as_str() {
        "waygate" => Ours::Gateway,
        "waygate-core" | "waygate-sim" | "xtask" => Ours::Only(&[]),
        "waygate-config" | "waygate-engine" | "waygate-vault" | "waygate-store" => {
            Ours::Only(&["waygate-core"])
        }
        "waygate-link" => Ours::Only(&["waygate-core", "waygate-vault"]),
        "waygate-http" => Ours::Only(&["waygate-core", "waygate-engine"]),
        "waygate-pages" => Ours::Only(&["waygate-core", "waygate-engine", "waygate-http"]),
        name if name.starts_with("waygate-dialect-") => {
            Ours::Only(&["waygate-core", "waygate-engine", "waygate-http"])
        }
        name if name.starts_with("waygate-store-") => {
            Ours::Only(&["waygate-core", "waygate-store"])
        }
        // In the tests of what ships, so it must not lead to the sandbox.
        "waygate-played" => Ours::Only(&["waygate-core", "waygate-engine", "waygate-store"]),
        _ if package.folder.starts_with("tests/") || package.folder == "bench" => Ours::Any,
        // A new crate gets its row here before it gets a neighbour.
        _ => Ours::Only(&[]),
    }
}

fn is_for_tests(name: &str) -> bool {
    ["xtask", "waygate-played", "waygate-testkit"].contains(&name) || name.ends_with("-tests")
}

fn refuse_foreign(package: &Package, dependency: &Dependency) -> Option<String> {
    let name = &dependency.name;
    let in_tests = package.folder.starts_with("tests/") || package.folder == "bench";
    // The most precise row comes first.
    let row = RESERVED.iter().find(|row| matches(row.name, name));
    if let Some(row) = row
        && (row.in_tests || !in_tests)
        && !row.to.iter().any(|pattern| matches(pattern, &package.name))
    {
        return Some(format!("only {} may depend on `{name}`", row.to.join(", ")));
    }
    let forbidden = FORBIDDEN
        .iter()
        .filter(|(from, _)| *from == package.name)
        .flat_map(|(_, names)| names.iter())
        .any(|pattern| matches(pattern, name));
    // What only tests use reaches nobody.
    (forbidden && dependency.kind != Kind::Development)
        .then(|| format!("`{}` must not depend on `{name}`", package.name))
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::super::problem::shown;
    use super::*;

    fn problems(package: &str, folder: &str, dependencies: &[(&str, Kind, bool)]) -> Vec<String> {
        let package = Package {
            name: package.to_owned(),
            folder: folder.to_owned(),
            dependencies: dependencies
                .iter()
                .map(|&(name, kind, ours)| Dependency { name: name.to_owned(), kind, ours })
                .collect(),
            ..Package::default()
        };
        shown(&check_package(&package))
    }

    fn foreign(package: &str, folder: &str, name: &str) -> usize {
        problems(package, folder, &[(name, Kind::Normal, false)]).len()
    }

    #[test]
    fn the_engine_may_name_core_and_nothing_else_of_ours() {
        let dependencies =
            [("waygate-core", Kind::Normal, true), ("waygate-link", Kind::Normal, true)];
        assert_eq!(
            problems("waygate-engine", "crates/engine", &dependencies),
            ["crates/engine/Cargo.toml: `waygate-engine` must not depend on `waygate-link`; the \
              walls are described in ARCHITECTURE.md"]
        );
    }

    #[test]
    fn a_development_dependency_on_one_of_ours_counts() {
        let dependencies = [("waygate-testkit", Kind::Development, true)];
        assert_eq!(problems("waygate-link", "crates/link", &dependencies).len(), 1);
        assert_eq!(problems("waygate", "crates/waygate", &dependencies).len(), 1);
    }

    #[test]
    fn the_played_link_is_for_the_tests_of_use_cases_dialects_and_pages_alone() {
        let with = |package: &str, folder: &str, kind| {
            problems(package, folder, &[("waygate-played", kind, true)]).len()
        };
        for package in ["waygate-engine", "waygate-dialect-greenapi", "waygate-pages"] {
            assert_eq!(with(package, "crates/x", Kind::Development), 0);
            assert_eq!(with(package, "crates/x", Kind::Normal), 1);
        }
        assert_eq!(with("waygate-core", "crates/core", Kind::Development), 1);
        assert_eq!(with("waygate", "crates/waygate", Kind::Normal), 1);
    }

    #[test]
    fn the_played_link_leads_to_no_sandbox() {
        for (name, refused) in [
            ("waygate-core", 0),
            ("waygate-engine", 0),
            ("waygate-store", 0),
            ("waygate-link", 1),
            ("waygate-sim", 1),
            ("waygate-testkit", 1),
        ] {
            let dependencies = [(name, Kind::Normal, true)];
            let told = problems("waygate-played", "tests/played", &dependencies);
            assert_eq!(told.len(), refused, "{name}");
        }
    }

    #[test]
    fn the_binary_may_name_every_part_of_the_gateway() {
        let dependencies =
            [("waygate-link", Kind::Normal, true), ("waygate-sim", Kind::Normal, true)];
        assert!(problems("waygate", "crates/waygate", &dependencies).is_empty());
    }

    #[test]
    fn the_library_belongs_to_link_and_vault() {
        assert_eq!(foreign("waygate-link", "crates/link", "whatsapp-rust"), 0);
        assert_eq!(foreign("waygate-engine", "crates/engine", "whatsapp-rust"), 1);
        assert_eq!(foreign("waygate-wire-tests", "tests/wire", "whatsapp-rust"), 0);
        assert_eq!(foreign("waygate-testkit", "tests/testkit", "whatsapp-rust"), 1);
    }

    #[test]
    fn the_simulator_may_use_the_codec_but_not_the_client() {
        assert_eq!(foreign("waygate-sim", "crates/sim", "wacore-binary"), 0);
        assert_eq!(foreign("waygate-sim", "crates/sim", "waproto"), 0);
        assert_eq!(foreign("waygate-sim", "crates/sim", "wacore"), 1);
        assert_eq!(foreign("waygate-sim", "crates/sim", "wacore-noise"), 1);
    }

    #[test]
    fn sql_belongs_to_stores_and_axum_to_the_http_side() {
        assert_eq!(foreign("waygate-store-sqlite", "crates/store-sqlite", "sqlx"), 0);
        assert_eq!(foreign("waygate-engine", "crates/engine", "sqlx"), 1);
        assert_eq!(foreign("waygate-dialect-greenapi", "crates/dialect-greenapi", "axum"), 0);
        assert_eq!(foreign("waygate", "crates/waygate", "axum"), 1);
        assert_eq!(foreign("waygate-testkit", "tests/testkit", "axum"), 0);
    }

    #[test]
    fn core_has_no_runtime_outside_its_tests() {
        assert_eq!(foreign("waygate-core", "crates/core", "tokio"), 1);
        let in_tests = [("tokio", Kind::Development, false)];
        assert!(problems("waygate-core", "crates/core", &in_tests).is_empty());
    }

    #[test]
    fn a_crate_without_a_row_has_no_neighbours() {
        let dependencies = [("waygate-core", Kind::Normal, true)];
        assert_eq!(problems("waygate-new", "crates/new", &dependencies).len(), 1);
    }
}
