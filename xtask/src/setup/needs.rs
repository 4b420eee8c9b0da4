//! Everything the checks need that a new machine may lack.

/// A package of Debian, installed where its sign is absent.
#[derive(Debug, Clone, Copy)]
pub(super) struct DebianPackage {
    pub(super) name: &'static str,
    pub(super) sign: Sign,
}

/// What shows that a package's content is there, be it from Debian or from elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// A command on the path.
    Command(&'static str),
    /// A call that succeeds, where no command of its own comes with the package.
    Success(&'static str, &'static [&'static str]),
}

/// A cargo command, built from source when it is missing or older than `version`.
#[derive(Debug, Clone, Copy)]
pub(super) struct CargoTool {
    pub(super) name: &'static str,
    pub(super) version: &'static str,
}

pub(super) const DEBIAN_PACKAGES: &[DebianPackage] = &[
    // Reads the QR codes that the gateway draws.
    DebianPackage { name: "zbar-tools", sign: Sign::Command("zbarimg") },
    // Run the clients of others.
    DebianPackage { name: "nodejs", sign: Sign::Command("node") },
    DebianPackage { name: "npm", sign: Sign::Command("npm") },
    // Opens the link page. Driven over its own protocol, so it needs no driver.
    DebianPackage { name: "chromium", sign: Sign::Command("chromium") },
    // Debian's Python has the module `venv` without it, but not what that puts pip in with.
    DebianPackage {
        name: "python3-venv",
        sign: Sign::Success("python3", &["-m", "ensurepip", "--version"]),
    },
];

pub(super) const CARGO_TOOLS: &[CargoTool] = &[
    CargoTool { name: "cargo-nextest", version: "0.9.143" },
    CargoTool { name: "cargo-deny", version: "0.20.2" },
];

/// The first 20 whose test runner ends although a client under test left timers behind.
pub(super) const NODE_VERSION: &str = "20.14.0";

/// Folders with a lock file of npm.
pub(super) const NODE_PACKAGES: &[&str] = &[
    "tests/clients/baileys",
    "tests/clients/green-api/javascript",
    "tests/clients/native/javascript",
    "tests/clients/pages",
];

/// The first that GREEN-API's SDK runs on.
pub(super) const PYTHON_VERSION: &str = "3.10";

/// Folders with requirements of Python, with versions and checksums. Each has an environment of its own.
pub(super) const PYTHON_REQUIREMENTS: &[&str] = &[
    "tests/clients/green-api/python",
    "tests/clients/hypersender/python",
    "tests/clients/native/python",
    "tests/clients/schemathesis",
];
