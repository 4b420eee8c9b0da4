//! Nothing in the tree depends on one machine or spells where packages come from: people mirror
//! registries, and tools know their own.

use super::problem::Problem;
use super::tree::{File, Tree, is_lock_file, is_word, lines};

// Spelt in parts, or this file would break its own rules.
const HOSTS: &[&str] = &[
    concat!("crates", ".io"),
    concat!("pypi", ".org"),
    concat!("python", "hosted.org"),
    concat!("npmjs", ".org"),
    concat!("npmjs", ".com"),
    concat!("yarn", "pkg.com"),
    concat!("deb.", "debian.org"),
    concat!("security.", "debian.org"),
    concat!("proxy.", "golang.org"),
    concat!("maven", ".org"),
];
const HOMES: &[&str] = &[concat!("/", "root/"), concat!("/", "home/")];

/// Cargo writes its registry into its own lock file; that one is not ours to change.
const EXEMPT: &str = "Cargo.lock";

pub(super) fn check_paths(tree: &Tree) -> Vec<Problem> {
    complaints(tree, |_, line| {
        HOMES.iter().find(|home| names_a_home(line, home)).map(|home| {
            format!("`{home}` is a folder of one machine; use a relative path or a variable")
        })
    })
}

pub(super) fn check_hosts(tree: &Tree) -> Vec<Problem> {
    complaints(tree, |path, line| {
        if let Some(host) = HOSTS.iter().find(|host| line.contains(*host)) {
            return Some(format!("`{host}` is a registry's host; name the package alone"));
        }
        (is_lock_file(path) && holds_an_address(line))
            .then(|| "a download address; write the lock file without them".to_owned())
    })
}

fn complaints(tree: &Tree, complaint: impl Fn(&str, &str) -> Option<String>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for File { path, text } in &tree.files {
        let Some(text) = text.as_deref().filter(|_| !path.ends_with(EXEMPT)) else { continue };
        for (number, line) in lines(text) {
            problems.extend(complaint(path, line).map(|why| Problem::at(path, number, why)));
        }
    }
    problems
}

/// Whether an absolute path below `home` stands here: not `crates/home/`, not `https://host/home/`.
fn names_a_home(line: &str, home: &str) -> bool {
    line.match_indices(home)
        .any(|(start, _)| !line.split_at(start).0.ends_with(|c| is_word(c) || "-.}~*".contains(c)))
}

fn holds_an_address(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("\"resolved\": \"http") || line.starts_with("resolved \"http")
}

#[cfg(test)]
mod tests {
    use super::super::problem::shown;
    use super::*;

    #[test]
    fn a_home_folder_is_refused() {
        let line = format!("cd {}me/src\n", HOMES[0]);
        let tree = Tree::of(&[("a.md", &line), (EXEMPT, &line)]);
        assert_eq!(check_paths(&tree).len(), 1);
    }

    #[test]
    fn a_folder_of_ours_that_is_called_so_is_fine() {
        for home in HOMES {
            assert!(!names_a_home(&format!("crates{home}x"), home));
            assert!(names_a_home(&format!("\"{home}x\""), home));
        }
    }

    #[test]
    fn a_registry_host_is_refused_everywhere_but_in_cargo_s_lock_file() {
        let line = format!("see https://{}/x\n", HOSTS[0]);
        let tree = Tree::of(&[("docs/a.md", &line), (EXEMPT, &line)]);
        let expected =
            format!("docs/a.md:1: `{}` is a registry's host; name the package alone", HOSTS[0]);
        assert_eq!(shown(&check_hosts(&tree)), [expected]);
    }

    #[test]
    fn a_lock_file_holds_no_download_addresses() {
        let text = "{\n  \"resolved\": \"https://mirror.example/a.tgz\",\n}\n";
        let tree = Tree::of(&[("web/package-lock.json", text), ("web/other.json", text)]);
        assert_eq!(check_hosts(&tree).len(), 1);
    }
}
