//! A started binary: what it prints, how it ends, and that it does not outlive its test.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test code")]

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::Notify;

/// How long anything may take on a busy machine.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// Which of the two builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Build {
    /// The one that ships.
    Default,
    /// The one with the simulator.
    Sandbox,
}

impl Build {
    #[expect(clippy::disallowed_methods, reason = "`cargo xtask test` says where the binaries are")]
    pub(crate) fn path(self) -> PathBuf {
        let name = match self {
            Self::Default => "DEFAULT_WAYGATE",
            Self::Sandbox => "SANDBOX_WAYGATE",
        };
        let path = std::env::var(name);
        path.unwrap_or_else(|_| panic!("{name} is not set: run these by `cargo xtask test`")).into()
    }
}

/// How a process ended and all that it printed.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

#[derive(Debug, Default)]
struct Printed {
    text: Mutex<String>,
    more: Notify,
}

/// A running binary.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    stdout: Arc<Printed>,
    stderr: Arc<Printed>,
    readers: Vec<tokio::task::JoinHandle<()>>,
}

/// Starts a build with these arguments and settings, in an empty directory's stead if none is
/// named; nothing of the surrounding environment's settings reaches it.
pub(crate) fn start(build: Build, arguments: &[&str], settings: &[(&str, String)]) -> Running {
    let mut command = Command::new(build.path());
    command.args(arguments).stdin(Stdio::null());
    spawn(command, settings)
}

/// The same on a terminal of a hundred columns and fifty lines, which `script` makes; it prints on
/// standard output what the terminal is sent, and ends as the build does.
pub(crate) fn start_on_terminal(
    build: Build,
    arguments: &[&str],
    settings: &[(&str, String)],
) -> Running {
    start_on_terminal_of((100, 50), build, arguments, settings)
}

/// The same on one of so many columns and lines.
pub(crate) fn start_on_terminal_of(
    (columns, lines): (u16, u16),
    build: Build,
    arguments: &[&str],
    settings: &[(&str, String)],
) -> Running {
    let quoted: Vec<String> = arguments.iter().map(|argument| format!("'{argument}'")).collect();
    let line = format!(
        "stty rows {lines} cols {columns}; exec '{}' {}",
        argument(&build.path()),
        quoted.join(" ")
    );
    let mut command = Command::new("script");
    command.args(["--quiet", "--return", "--command", &line, "/dev/null"]).stdin(Stdio::null());
    spawn(command, settings)
}

fn spawn(mut command: Command, settings: &[(&str, String)]) -> Running {
    // Tests run side by side; where a test needs an address, it says so after this.
    command.env("WAYGATE_LISTEN", "127.0.0.1:0");
    command.envs(settings.iter().map(|(name, value)| (name, value)));
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().expect("the binary starts");
    let (stdout, stderr) = (Arc::<Printed>::default(), Arc::<Printed>::default());
    let readers = vec![
        read(child.stdout.take().unwrap(), Arc::clone(&stdout)),
        read(child.stderr.take().unwrap(), Arc::clone(&stderr)),
    ];
    Running { child, stdout, stderr, readers }
}

#[expect(clippy::disallowed_methods, reason = "test code")]
fn read(
    from: impl AsyncRead + Unpin + Send + 'static,
    to: Arc<Printed>,
) -> tokio::task::JoinHandle<()> {
    tokio::task::spawn(async move {
        let mut lines = BufReader::new(from).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            let mut text = to.text.lock().unwrap();
            text.push_str(&line);
            text.push('\n');
            drop(text);
            to.more.notify_waiters();
        }
    })
}

impl Running {
    /// Waits until standard output holds this, and gives all of it.
    pub(crate) async fn says(&self, words: &str) -> String {
        self.says_after(0, words).await
    }

    /// The same, behind the first so many bytes.
    pub(crate) async fn says_after(&self, bytes: usize, words: &str) -> String {
        let found = tokio::time::timeout(LIMIT, async {
            loop {
                let more = self.stdout.more.notified();
                let text = self.stdout.text.lock().unwrap().clone();
                if text.get(bytes..).is_some_and(|fresh| fresh.contains(words)) {
                    return text;
                }
                more.await;
            }
        });
        let Ok(text) = found.await else {
            panic!("never said {words:?}; it said {:?}", self.printed());
        };
        text
    }

    /// Everything printed so far, on both streams.
    pub(crate) fn printed(&self) -> (String, String) {
        (self.stdout.text.lock().unwrap().clone(), self.stderr.text.lock().unwrap().clone())
    }

    /// Gives the terminal that [`start_on_terminal`] made another size, as a person does who pulls
    /// at the window.
    pub(crate) async fn resize(&self, columns: u16, lines: u16) {
        let terminal = format!("/proc/{}/fd/1", self.id_on_terminal());
        let terminal = std::fs::read_link(terminal).unwrap();
        let (columns, lines) = (columns.to_string(), lines.to_string());
        let size = ["rows", &lines, "cols", &columns];
        let sized = Command::new("stty").arg("-F").arg(terminal).args(size).status().await.unwrap();
        assert!(sized.success());
    }

    /// The number of what runs on the terminal.
    pub(crate) fn id_on_terminal(&self) -> String {
        let children = format!("/proc/{0}/task/{0}/children", self.id());
        std::fs::read_to_string(children).unwrap().trim().to_owned()
    }

    /// Its number among the system's processes.
    pub(crate) fn id(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// Waits for the end.
    pub(crate) async fn ends(mut self) -> Ended {
        let waited = tokio::time::timeout(LIMIT, self.child.wait()).await;
        let Ok(status) = waited else { panic!("it does not end; it said {:?}", self.printed()) };
        let code = status.unwrap().code();
        for reader in self.readers.drain(..) {
            reader.await.unwrap();
        }
        let (stdout, stderr) = self.printed();
        Ended { code, stdout, stderr }
    }

    /// Ends it as Ctrl-C does.
    pub(crate) async fn interrupt(self) -> Ended {
        self.signal("-INT").await
    }

    /// Ends it as a service manager does.
    pub(crate) async fn terminate(self) -> Ended {
        self.signal("-TERM").await
    }

    async fn signal(self, name: &str) -> Ended {
        let id = self.id().to_string();
        let sent = Command::new("kill").args([name, &id]).status().await.unwrap();
        assert!(sent.success());
        self.ends().await
    }

    /// Ends it like a power cut.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// The same, so long from now; it must live until then.
    pub(crate) async fn kill_after(&self, moment: Duration) {
        tokio::time::sleep(moment).await; // allowed: power fails at a time, not at an event
        let id = self.id().to_string();
        let sent = Command::new("kill").args(["-KILL", &id]).status().await.unwrap();
        assert!(sent.success(), "it ended by itself: {:?}", self.printed());
    }
}

/// Sends a process a signal, as `kill` names it.
pub(crate) async fn send_signal(signal: &str, id: &str) {
    let sent = Command::new("kill").args([signal, id]).status().await.unwrap();
    assert!(sent.success());
}

/// Starts a build and waits for its end.
pub(crate) async fn run(build: Build, arguments: &[&str], settings: &[(&str, String)]) -> Ended {
    start(build, arguments, settings).ends().await
}

/// The same, with something to read on standard input.
pub(crate) async fn run_with_input(
    build: Build,
    arguments: &[&str],
    settings: &[(&str, String)],
    input: &str,
) -> Ended {
    let mut command = Command::new(build.path());
    command.args(arguments).stdin(Stdio::piped());
    let mut running = spawn(command, settings);
    let mut pipe = running.child.stdin.take().unwrap();
    pipe.write_all(input.as_bytes()).await.unwrap();
    drop(pipe);
    running.ends().await
}

/// Runs a line of the shell in which `"$0"` is a build, and waits for its end.
pub(crate) async fn run_in_shell(build: Build, line: &str, settings: &[(&str, String)]) -> Ended {
    let mut command = Command::new("sh");
    command.args(["-c", line, argument(&build.path())]).stdin(Stdio::null());
    spawn(command, settings).ends().await
}

/// A path as an argument.
pub(crate) fn argument(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}
