//! What each step runs.

use anyhow::{Context, ensure};

use super::Profile;
use super::selection::Selection;
use super::step::Step;
use crate::command::Call;
use crate::workspace::Workspace;
use crate::{setup, tidy};

/// How often a nightly run draws: what the tests read, and `proptest`.
const NIGHTLY: [(&str, &str); 10] = [
    ("POWER_CUTS", "100"),
    ("KILLS_UNDER_LOAD", "200"),
    ("SENDS_CUT", "40"),
    ("NEW_CODES", "50"),
    ("HOSTILITY", "200"),
    ("PUSHES", "100000"),
    ("EVENT_DROPS", "1000"),
    ("WEBHOOK_EVENTS", "10000"),
    ("VAULT_SEQUENCES", "10000"),
    ("PROPTEST_CASES", "10000"),
];

/// How many requests a nightly run makes over an API's own document.
const NIGHTLY_REQUESTS: (&str, &str) = ("FUZZING_REQUESTS", "20000");

/// What the fuzzer needs, which no other step does: so `setup` installs none of it.
const FUZZING_NEEDS: &str = "the fuzzer needs a C++ compiler, `rustup toolchain install nightly --profile \
    minimal` and `cargo install --locked cargo-fuzz`";

#[derive(Debug)]
pub(super) struct Runner {
    profile: Profile,
    workspace: Workspace,
    shipped: Selection,
    sandbox: Selection,
}

impl Runner {
    pub(super) fn new(profile: Profile, workspace: Workspace) -> Self {
        let shipped = Selection::shipped(&workspace);
        let sandbox = Selection::sandbox(&workspace);
        Self { profile, workspace, shipped, sandbox }
    }

    pub(super) fn perform(&self, step: Step) -> anyhow::Result<()> {
        match step {
            Step::Setup => setup::run(&self.workspace),
            Step::Format => self.cargo(&["fmt", "--all", "--check"]).run(),
            Step::Tidy => tidy::run(&self.workspace),
            Step::Deny => self.deny(),
            Step::Lint => self.lint(&self.shipped),
            Step::LintSandbox => self.lint(&self.sandbox),
            Step::Docs => self.docs(&self.shipped).and_then(|()| self.docs(&self.sandbox)),
            Step::Test => self.nextest(&self.shipped).run(),
            Step::DocTests => self.cargo(&["test", "--doc"]).run(),
            Step::Build => self.build(&self.shipped).and_then(|()| self.build(&self.sandbox)),
            Step::Clients => self.clients(),
            Step::TestSandbox => self.test_sandbox(),
            Step::Fuzz => self.fuzz(),
        }
    }

    /// Advisories are left out: they need a database from the network, and blame a change for the
    /// world. Duplicates are warnings, too many to print here.
    fn deny(&self) -> anyhow::Result<()> {
        self.cargo(&["deny", "--all-features", "--log-level", "error", "check"])
            .args(["bans", "licenses", "sources"])
            .run()
    }

    fn lint(&self, world: &Selection) -> anyhow::Result<()> {
        self.cargo(&["clippy", "--all-targets"])
            .args(world.flags.clone())
            .args(["--", "-D", "warnings"])
            .run()
    }

    /// `--examples` makes cargo count development dependencies, as clippy's call does, so that
    /// nothing is checked twice. A binary that has its library's name sets `doc = false`, or both
    /// would write to one place.
    fn docs(&self, world: &Selection) -> anyhow::Result<()> {
        self.cargo(&["doc", "--no-deps", "--document-private-items"])
            .args(["--lib", "--bins", "--examples"])
            .args(world.flags.clone())
            .env("RUSTDOCFLAGS", "-D warnings")
            .run()
    }

    fn build(&self, world: &Selection) -> anyhow::Result<()> {
        self.cargo(&["build", "--all-targets"]).args(world.flags.clone()).run()
    }

    fn nextest(&self, world: &Selection) -> Call {
        let (profile, counts): (_, &[_]) = match self.profile {
            Profile::Default => ("default", &[]),
            Profile::Ci => ("ci", &[]),
            Profile::Nightly => ("nightly", &NIGHTLY),
        };
        let filter = world.tests.iter().flat_map(|tests| ["--filterset".to_owned(), tests.clone()]);
        let call = self.cargo(&["nextest", "run", "--profile", profile]);
        let call = call.args(world.flags.clone()).args(filter);
        counts.iter().fold(call, |call, (name, count)| call.env(name, count))
    }

    fn clients(&self) -> anyhow::Result<()> {
        self.node("tests/clients/baileys", "baileys.test.mjs")?.run()?;
        self.node("tests/clients/baileys", "families.test.mjs")?.run()?;
        self.node("tests/clients/green-api/javascript", "green-api.test.mjs")?.run()?;
        self.python("tests/clients/green-api/python")?.run()?;
        self.python("tests/clients/hypersender/python")?.run()?;
        self.node("tests/clients/native/javascript", "native.test.mjs")?.run()?;
        self.python("tests/clients/native/python")?.run()?;
        self.schemathesis()?.run()?;
        self.pages()?.run()
    }

    /// The limit is for all of a file's tests. The end is forced, because Baileys leaves timers of a
    /// minute behind.
    fn node(&self, folder: &str, file: &str) -> anyhow::Result<Call> {
        let arguments = ["--test", "--test-force-exit", "--test-timeout=60000"];
        let call = Call::new("node", &arguments).args(["--test-reporter=spec", file]);
        self.client(call, folder)
    }

    /// The files run side by side: one of them waits for a code to expire, which takes a minute. The
    /// end is not forced: what a file has yet to tell of its tests would be lost. Pictures of the
    /// screens are kept for people to look at.
    fn pages(&self) -> anyhow::Result<Call> {
        let arguments = ["--test", "--test-timeout=120000"];
        let names =
            "linking passkey returning tickets console screens sizes phone away looks course view"
                .split_ascii_whitespace();
        let files = names.map(|name| format!("{name}.test.mjs"));
        let call = Call::new("node", &arguments)
            .args(["--test-concurrency=4", "--test-reporter=spec"])
            .args(files);
        let screenshots = self.workspace.target.join("clients/pages");
        let call = call.env("SCREENSHOTS", &screenshots.to_string_lossy());
        self.client(call, "tests/clients/pages")
    }

    fn schemathesis(&self) -> anyhow::Result<Call> {
        let call = self.python("tests/clients/schemathesis")?;
        Ok(match self.profile {
            Profile::Default | Profile::Ci => call,
            Profile::Nightly => call.env(NIGHTLY_REQUESTS.0, NIGHTLY_REQUESTS.1),
        })
    }

    /// `-B` keeps compiled files out of the tree. What all of these tests share is found by the path.
    fn python(&self, folder: &str) -> anyhow::Result<Call> {
        let python = setup::python(&self.workspace, folder);
        let shared = self.workspace.root.join("tests/clients/python");
        let call = Call::new(&python.to_string_lossy(), &["-B", "-m", "unittest", "--verbose"]);
        let call = call.env("PYTHONPATH", &shared.to_string_lossy());
        self.client(call, folder)
    }

    /// Clients of HTTP look for proxies in the environment, and none of those leads to this machine.
    fn client(&self, call: Call, folder: &str) -> anyhow::Result<Call> {
        Ok(call
            .within(&self.workspace.root.join(folder))
            .env("SANDBOX_WAYGATE", &built(&self.sandbox)?)
            .env("no_proxy", "127.0.0.1"))
    }

    fn test_sandbox(&self) -> anyhow::Result<()> {
        let mut call = self.nextest(&self.sandbox);
        let binaries = [("DEFAULT_WAYGATE", &self.shipped), ("SANDBOX_WAYGATE", &self.sandbox)];
        for (name, world) in binaries {
            call = call.env(name, &built(world)?);
        }
        call.run()
    }

    /// By a nightly compiler, the only one that instruments code. The committed corpus is where it
    /// begins; what it adds goes into the target directory.
    fn fuzz(&self) -> anyhow::Result<()> {
        let crate_folder = self.workspace.root.join("crates/sim");
        let cargo_fuzz = Call::new("rustup", &["run", "nightly", "cargo", "fuzz"]);
        let cargo_fuzz = cargo_fuzz.within(&crate_folder);
        cargo_fuzz.clone().args(["--version"]).probe().context(FUZZING_NEEDS)?;
        let target = self.workspace.target.join("fuzz");
        let found = target.join("corpus");
        std::fs::create_dir_all(&found)?;
        cargo_fuzz
            .args(["run", "frames_and_nodes", "--sanitizer", "none", "--target-dir"])
            .args([target.to_string_lossy(), found.to_string_lossy()])
            .args(["fuzz/corpus/frames_and_nodes", "--"])
            .args(["-max_total_time=600", "-max_len=65536", "-timeout=10", "-rss_limit_mb=2048"])
            .run()
    }

    fn cargo(&self, arguments: &[&str]) -> Call {
        let call = Call::cargo(arguments).within(&self.workspace.root);
        match self.profile {
            Profile::Default | Profile::Nightly => call,
            // Written once and thrown away, incremental data only costs time and disk; and a
            // snapshot that differs is a failure, never a new file.
            Profile::Ci => call.env("CARGO_INCREMENTAL", "0").env("INSTA_UPDATE", "no"),
        }
    }
}

/// Where the gateway's binary of this world is, when it has been built.
fn built(world: &Selection) -> anyhow::Result<String> {
    let binary = world.binary();
    ensure!(
        binary.try_exists()?,
        "{} is missing; run `cargo xtask test --from build`",
        binary.display()
    );
    Ok(binary.to_string_lossy().into_owned())
}
