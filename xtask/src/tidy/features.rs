//! What ships verifies certificates: no switch that turns this off is in its feature tree, nor in
//! that of its tests, which are built together with it.

use super::problem::Problem;
use super::tree::{Tree, lines};

const SWITCH: &str = "danger-skip-";

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    lines(&tree.shipped_features)
        .filter(|(_, line)| line.contains(SWITCH))
        .take(1)
        .map(|(_, line)| {
            let message = format!(
                "the default build has `{}`; `cargo tree --edges features --invert whatsapp-rust` \
                 shows who turns it on",
                line.trim()
            );
            Problem::in_file("Cargo.toml", message)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::problem::shown;
    use super::*;

    #[test]
    fn the_switch_in_the_default_build_is_found() {
        let tree = Tree {
            shipped_features: "waygate v0.1.0 \nwhatsapp-rust v0.7.0 danger-skip-x,metrics\n"
                .to_owned(),
            ..Tree::default()
        };
        let found = shown(&check(&tree));
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("`whatsapp-rust v0.7.0 danger-skip-x,metrics`"), "{found:?}");
    }

    #[test]
    fn a_tree_without_the_switch_is_fine() {
        let tree = Tree {
            shipped_features: "whatsapp-rust v0.7.0 metrics\n".to_owned(),
            ..Tree::default()
        };
        assert!(check(&tree).is_empty());
    }
}
