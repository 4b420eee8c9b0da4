//! The steps, in their order: the cheap ones first, the slowest and most telling one last.

use clap::ValueEnum;

use super::Profile;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Step {
    Setup,
    Format,
    Tidy,
    Deny,
    Lint,
    LintSandbox,
    Docs,
    Test,
    DocTests,
    Build,
    Clients,
    TestSandbox,
    Fuzz,
}

impl Step {
    pub(super) const ALL: &'static [Self] = &[
        Self::Setup,
        Self::Format,
        Self::Tidy,
        Self::Deny,
        Self::Lint,
        Self::LintSandbox,
        Self::Docs,
        Self::Test,
        Self::DocTests,
        Self::Build,
        Self::Clients,
        Self::TestSandbox,
        Self::Fuzz,
    ];

    /// Whether a run of this profile has it; every one can be asked for by its name.
    pub(super) fn belongs_to(self, profile: Profile) -> bool {
        self != Self::Fuzz || profile == Profile::Nightly
    }

    /// As one types it after `--only`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Setup => "setup",
            Self::Format => "format",
            Self::Tidy => "tidy",
            Self::Deny => "deny",
            Self::Lint => "lint",
            Self::LintSandbox => "lint-sandbox",
            Self::Docs => "docs",
            Self::Test => "test",
            Self::DocTests => "doc-tests",
            Self::Build => "build",
            Self::Clients => "clients",
            Self::TestSandbox => "test-sandbox",
            Self::Fuzz => "fuzz",
        }
    }

    pub(super) fn purpose(self) -> &'static str {
        match self {
            Self::Setup => "install what the checks need",
            Self::Format => "rustfmt",
            Self::Tidy => "the rules of the house",
            Self::Deny => "licences, banned crates and sources of dependencies",
            Self::Lint => "clippy of what ships",
            Self::LintSandbox => "clippy of the simulator, the tests and the sandbox build",
            Self::Docs => "rustdoc without warnings",
            Self::Test => "tests of what ships",
            Self::DocTests => "examples in the documentation",
            Self::Build => "the binary that ships and the sandbox one",
            Self::Clients => {
                "clients of others against the simulator and the gateway, and the page in Chromium"
            }
            Self::TestSandbox => "simulator, wire and black-box tests",
            Self::Fuzz => "ten minutes of random input for the simulator's parsers",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_is_listed_once_and_answers_to_its_name() {
        assert_eq!(Step::ALL, Step::value_variants());
        for step in Step::ALL {
            assert_eq!(Step::from_str(step.name(), false), Ok(*step));
        }
    }
}
