//! Cargo commands, built from source.

use super::needs::CargoTool;
use super::version::is_at_least;
use crate::command::Call;
use crate::output;

/// Installs the tools that are missing or too old.
pub(super) fn install(tools: &[CargoTool]) -> anyhow::Result<()> {
    for tool in tools {
        let found = installed_version(tool.name);
        if found.as_deref().is_some_and(|found| is_at_least(found, tool.version)) {
            output::line(format_args!("{}: {} is there", tool.name, found.unwrap_or_default()));
            continue;
        }
        // Unoptimised: a third less to wait for, and fast enough for a tree of some hundred crates.
        Call::cargo(&["install", "--locked", "--debug", tool.name, "--version", tool.version])
            .env_remove("CARGO_TARGET_DIR")
            .run()?;
    }
    Ok(())
}

/// The version that `cargo NAME --version` prints, when there is such a command.
fn installed_version(tool: &str) -> Option<String> {
    let command = tool.strip_prefix("cargo-")?;
    let printed = Call::cargo(&[command, "--version"]).probe()?;
    parse_version(&printed).map(ToOwned::to_owned)
}

/// The second word of the first line: `cargo-deny 0.20.2`, `cargo-nextest 0.9.143 (60fa45f 2026-08-04)`.
fn parse_version(printed: &str) -> Option<&str> {
    printed.lines().next()?.split_whitespace().nth(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_second_word_of_the_first_line() {
        let printed = "cargo-nextest 0.9.143 (60fa45f63 2026-08-04)\nrelease: 0.9.143\n";
        assert_eq!(parse_version(printed), Some("0.9.143"));
        assert_eq!(parse_version(""), None);
    }
}
