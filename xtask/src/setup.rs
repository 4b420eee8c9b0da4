//! `cargo xtask setup`: what the checks need on a machine that has only Rust, git and Python.
//! Does nothing when nothing is missing. Extend the lists in `setup/needs.rs`.

mod cargo_tools;
mod debian;
mod needs;
mod node_packages;
mod python_packages;
mod version;

pub(crate) use self::python_packages::python;
use crate::workspace::Workspace;

/// Installs what is missing.
pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<()> {
    debian::install(needs::DEBIAN_PACKAGES)?;
    cargo_tools::install(needs::CARGO_TOOLS)?;
    node_packages::install(&workspace.root, needs::NODE_PACKAGES, needs::NODE_VERSION)?;
    python_packages::install(workspace, needs::PYTHON_REQUIREMENTS, needs::PYTHON_VERSION)
}
