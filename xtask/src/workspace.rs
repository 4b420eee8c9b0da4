//! What cargo knows about our packages: who depends on whom, which are built by default.

use std::path::PathBuf;

use anyhow::Context;
use serde_json::Value;

use crate::command::Call;

/// The feature that lets a build talk to the simulator. It never reaches what ships.
pub(crate) const SANDBOX: &str = "sandbox";

#[derive(Debug, Clone, Default)]
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    pub(crate) target: PathBuf,
    pub(crate) packages: Vec<Package>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Package {
    pub(crate) name: String,
    /// Its folder, relative to the root, with forward slashes.
    pub(crate) folder: String,
    pub(crate) default_member: bool,
    pub(crate) features: Vec<String>,
    pub(crate) dependencies: Vec<Dependency>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// Whether it is one of our own packages.
    pub(crate) ours: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Normal,
    Build,
    Development,
}

impl Workspace {
    pub(crate) fn load() -> anyhow::Result<Self> {
        let text = Call::cargo(&["metadata", "--no-deps", "--format-version", "1"]).read()?;
        Self::parse(&text).context("cannot read what `cargo metadata` printed")
    }

    pub(crate) fn parse(metadata: &str) -> anyhow::Result<Self> {
        let metadata: Value = serde_json::from_str(metadata)?;
        let root = text(&metadata["workspace_root"])?;
        let defaults = list(&metadata["workspace_default_members"])?;
        let packages = list(&metadata["packages"])?
            .iter()
            .map(|package| Package::parse(package, root, defaults))
            .collect::<anyhow::Result<_>>()?;
        Ok(Self {
            root: PathBuf::from(root),
            target: PathBuf::from(text(&metadata["target_directory"])?),
            packages,
        })
    }

    /// Packages that are built beside what ships, never with it, and default members that have a
    /// sandbox form as well.
    pub(crate) fn sandboxed(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| !package.default_member || package.has_sandbox())
    }
}

impl Package {
    pub(crate) fn has_sandbox(&self) -> bool {
        self.features.iter().any(|feature| feature == SANDBOX)
    }

    fn parse(package: &Value, root: &str, defaults: &[Value]) -> anyhow::Result<Self> {
        let manifest = text(&package["manifest_path"])?;
        let folder = manifest
            .strip_prefix(root)
            .and_then(|path| path.strip_suffix("Cargo.toml"))
            .with_context(|| format!("{manifest} is not below {root}"))?
            .trim_matches('/');
        Ok(Self {
            name: text(&package["name"])?.to_owned(),
            folder: folder.to_owned(),
            default_member: defaults.contains(&package["id"]),
            features: package["features"]
                .as_object()
                .context("no features")?
                .keys()
                .cloned()
                .collect(),
            dependencies: list(&package["dependencies"])?
                .iter()
                .map(Dependency::parse)
                .collect::<anyhow::Result<_>>()?,
        })
    }
}

impl Dependency {
    fn parse(dependency: &Value) -> anyhow::Result<Self> {
        let kind = match dependency["kind"].as_str() {
            Some("dev") => Kind::Development,
            Some("build") => Kind::Build,
            _ => Kind::Normal,
        };
        Ok(Self {
            name: text(&dependency["name"])?.to_owned(),
            kind,
            ours: dependency["path"].is_string(),
        })
    }
}

fn text(value: &Value) -> anyhow::Result<&str> {
    value.as_str().with_context(|| format!("not a text: {value}"))
}

fn list(value: &Value) -> anyhow::Result<&[Value]> {
    value.as_array().map(Vec::as_slice).with_context(|| format!("not a list: {value}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const METADATA: &str = r#"{
        "workspace_root": "/w", "target_directory": "/w/target",
        "workspace_default_members": ["id-core"],
        "packages": [
            {"id": "id-core", "name": "waygate-core", "manifest_path": "/w/crates/core/Cargo.toml",
             "features": {}, "dependencies": [{"name": "serde", "kind": null}]},
            {"id": "id-sim", "name": "waygate-sim", "manifest_path": "/w/crates/sim/Cargo.toml",
             "features": {"sandbox": []},
             "dependencies": [{"name": "waygate-core", "kind": "dev", "path": "/w/crates/core"}]}
        ]}"#;

    #[test]
    fn packages_know_their_folder_and_whether_they_are_built_by_default() {
        let workspace = Workspace::parse(METADATA).unwrap();
        let folders: Vec<_> = workspace
            .packages
            .iter()
            .map(|package| (package.folder.as_str(), package.default_member))
            .collect();
        assert_eq!(folders, [("crates/core", true), ("crates/sim", false)]);
    }

    #[test]
    fn a_dependency_on_one_of_ours_is_told_from_a_foreign_one() {
        let workspace = Workspace::parse(METADATA).unwrap();
        let found: Vec<_> =
            workspace.packages.iter().flat_map(|package| &package.dependencies).cloned().collect();
        let serde = Dependency { name: "serde".to_owned(), kind: Kind::Normal, ours: false };
        let core =
            Dependency { name: "waygate-core".to_owned(), kind: Kind::Development, ours: true };
        assert_eq!(found, [serde, core]);
    }

    #[test]
    fn only_packages_outside_the_shipped_build_are_sandboxed() {
        let workspace = Workspace::parse(METADATA).unwrap();
        let names: Vec<_> = workspace.sandboxed().map(|package| package.name.as_str()).collect();
        assert_eq!(names, ["waygate-sim"]);
    }
}
