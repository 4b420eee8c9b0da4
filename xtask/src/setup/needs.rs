//! Everything the checks need that a new machine may lack.

/// A package of Debian and the command it brings; where the command is there, nothing is installed.
#[derive(Debug, Clone, Copy)]
pub(super) struct DebianPackage {
    pub(super) name: &'static str,
    pub(super) command: &'static str,
}

/// A cargo command, built from source when it is missing or older than `version`.
#[derive(Debug, Clone, Copy)]
pub(super) struct CargoTool {
    pub(super) name: &'static str,
    pub(super) version: &'static str,
}

pub(super) const DEBIAN_PACKAGES: &[DebianPackage] = &[
    // Reads the QR codes that the gateway draws.
    DebianPackage { name: "zbar-tools", command: "zbarimg" },
    // Run the clients of others.
    DebianPackage { name: "nodejs", command: "node" },
    DebianPackage { name: "npm", command: "npm" },
];

pub(super) const CARGO_TOOLS: &[CargoTool] = &[
    CargoTool { name: "cargo-nextest", version: "0.9.143" },
    CargoTool { name: "cargo-deny", version: "0.20.2" },
];

/// The first 20 whose test runner ends although a client under test left timers behind.
pub(super) const NODE_VERSION: &str = "20.14.0";

/// Folders with a lock file of npm.
pub(super) const NODE_PACKAGES: &[&str] = &["tests/clients/baileys"];
