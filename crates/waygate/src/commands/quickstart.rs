//! `waygate quickstart`: links an account in the terminal.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::{Instant, interval};
use waygate_config::LogLevel;
use waygate_core::id::InstanceId;
use waygate_core::instance::machine::Machine;
use waygate_core::instance::state::{QrCode, StateName};
use waygate_core::secret::TokenText;
use waygate_core::token::TokenKind;
use waygate_engine::instances::InstanceWithToken;

use crate::commands::cli::{Common, Quickstart};
use crate::commands::config;
use crate::commands::deadline::reached;
use crate::commands::progress::{Progress, progress};
use crate::commands::sandbox::Sandbox;
use crate::commands::serve;
use crate::data_directory::World;
use crate::exit::{Exit, Failure};
use crate::logging;
use crate::setup::{self, Listening, Running};
use crate::signals::Signals;
use crate::terminal::linking::{Code, LinkingScreen};

/// How often a look is repeated: well within the time for which one look lasts.
const LOOK_EVERY: Duration = Duration::from_secs(30);

pub(crate) async fn run(mut common: Common, command: Quickstart) -> Result<(), Failure> {
    let sandbox = if command.sandbox { Some(Sandbox::start().await?) } else { None };
    // A simulator remembers nothing, so neither does its gateway, unless it is told where.
    let temporary = match &sandbox {
        Some(_) if common.data_dir.is_none() => Some(tempfile::tempdir()?),
        Some(_) | None => None,
    };
    if let Some(directory) = &temporary {
        // Others may look into the one, and not into the other, which is made as all data is.
        common.data_dir = Some(directory.path().join("data"));
    }
    let mut overrides = sandbox.as_ref().map(Sandbox::overrides).unwrap_or_default();
    overrides.extend(command.listen.overrides());
    let mut settings = config::load(&common, overrides)?;
    if !common.asks_for_a_log_level() {
        // Standard output tells the same in words; the log would tear the drawing apart.
        settings.log.level = LogLevel::Warn;
    }
    logging::start(settings.log)?;
    // Before the directory is made and stamped: a mistake must not leave a trace.
    let link = setup::link_settings(&settings)?;
    let (directory, listener) = serve::take(&settings).await?;
    let running = Running::open(&settings, link, directory).await?;
    let ended = async {
        running.start_instances().await?;
        let listening = running.serve(listener, &settings)?;
        let first = running.first_instance().await?;
        let kind = TokenKind::Hypersender;
        let bearer = running.gateway.instance_token_or_new(&first.record, kind).await?;
        let screen = greeted(&first, &bearer, listening, common.data_dir.as_deref())?;
        let show = Show::open(&running, first.record.id, screen, sandbox.as_ref(), &command)?;
        show.run().await
    };
    let ended = ended.await;
    running.stop().await;
    if let Some(sandbox) = sandbox {
        sandbox.stop().await;
    }
    ended
}

/// A screen that has told how the instance is reached.
fn greeted(
    first: &InstanceWithToken,
    bearer: &TokenText,
    listening: Listening,
    data_dir: Option<&Path>,
) -> std::io::Result<LinkingScreen> {
    let (address, number) = (listening.address, first.record.number);
    let data_dir = data_dir.map(|path| format!(" --data-dir {}", path.display()));
    let by_phone = format!(
        "type a code instead, by `waygate instance link {number} --phone NUMBER{}`",
        data_dir.unwrap_or_default()
    );
    let page = first.token.as_ref().map(|token| {
        let token = token.expose();
        format!("http://{address}/waInstance{number}/{token}")
    });
    let otherwise = match &page {
        Some(page) => format!("open {page} in a browser, or {by_phone}"),
        None => by_phone,
    };
    let mut screen = LinkingScreen::standard(otherwise);
    if World::OF_THIS_BUILD == World::Sandbox {
        screen.say("SANDBOX: a simulated WhatsApp; nothing leaves this machine")?;
    }
    screen.say(&format!("instance {}", first.record.id))?;
    screen.say(&format!("GREEN-API apiUrl: http://{address}"))?;
    screen.say(&format!("GREEN-API idInstance: {number}"))?;
    if let (Some(token), Some(page)) = (&first.token, page) {
        screen.say(&format!("GREEN-API apiTokenInstance: {}", token.expose()))?;
        screen.say(&format!("page with the code: {page}"))?;
    }
    screen.say(&format!("Hypersender base URL: http://{address}/api/whatsapp/v2"))?;
    screen.say(&format!("Hypersender instance: {}", first.record.id))?;
    screen.say(&format!("Hypersender access token: {}", bearer.expose()))?;
    Ok(screen)
}

/// What the terminal shows, and what it waits for.
struct Show<'a> {
    running: &'a Running,
    sandbox: Option<&'a Sandbox>,
    command: &'a Quickstart,
    instance: InstanceId,
    shown: watch::Receiver<Machine>,
    screen: LinkingScreen,
    /// The code that can be scanned.
    code: Option<QrCode>,
    /// The last thing said, which is not said twice.
    said: Option<Progress>,
    /// When the simulated phone scans.
    scan_at: Option<Instant>,
    signals: Signals,
}

/// What the loop woke for.
enum Woken {
    Changed,
    LookAgain,
    Second,
    Scan,
    TooLate,
    Interrupted,
}

impl<'a> Show<'a> {
    fn open(
        running: &'a Running,
        instance: InstanceId,
        screen: LinkingScreen,
        sandbox: Option<&'a Sandbox>,
        command: &'a Quickstart,
    ) -> Result<Self, Failure> {
        let shown = running.gateway.watch_instance(instance)?;
        let (code, said, scan_at) = (None, None, None);
        let signals = Signals::listen()?;
        Ok(Self {
            running,
            sandbox,
            command,
            instance,
            shown,
            screen,
            code,
            said,
            scan_at,
            signals,
        })
    }

    async fn run(mut self) -> Result<(), Failure> {
        let (mut look, mut second) = (interval(LOOK_EVERY), interval(Duration::from_secs(1)));
        let deadline =
            self.command.within.map(|within| Instant::now() + Duration::from_secs(within));
        loop {
            // Every branch can be dropped: what changed is seen again through the watch.
            let woken = tokio::select! {
                changed = self.shown.changed() => {
                    changed?;
                    Woken::Changed
                }
                _ = look.tick() => Woken::LookAgain,
                () = reached(self.scan_at) => Woken::Scan,
                () = reached(deadline) => Woken::TooLate,
                _signal = self.signals.next() => Woken::Interrupted,
                _ = second.tick() => Woken::Second,
            };
            match woken {
                Woken::Changed => {
                    if self.react()? {
                        return Ok(());
                    }
                    if self.shown.borrow().state().name() == StateName::Unlinked {
                        // Unlinked on the phone, say: whoever sits here wants the next code.
                        look.reset_immediately();
                    }
                }
                Woken::LookAgain => self.running.gateway.keep_looking(self.instance).await?,
                Woken::Second => self.screen.tick()?,
                Woken::Scan => self.scan().await?,
                Woken::TooLate => {
                    return Err(Failure::new(Exit::TimedOut, "the account was not linked in time"));
                }
                Woken::Interrupted => return Ok(()),
            }
        }
    }

    fn now(&self) -> Timestamp {
        self.running.clock.now()
    }

    /// Shows what changed; `true` when the command has reached its goal.
    fn react(&mut self) -> Result<bool, Failure> {
        let now = self.now();
        let progress = progress(&self.shown.borrow_and_update(), now);
        if self.said.as_ref() == Some(&progress) {
            return Ok(false);
        }
        match &progress {
            Progress::Quiet => return Ok(false),
            Progress::Code(code) => {
                let (text, round) = (code.text.clone(), code.round);
                // Never negative: what has expired expires now.
                let left = Duration::try_from(code.expires_at.duration_since(now));
                let expires = Instant::now() + left.unwrap_or_default();
                self.screen.show(Code::Scanned { text, round }, expires)?;
                self.code = Some(code.clone());
                if self.sandbox.is_some() && self.scan_at.is_none() {
                    let wait = Duration::try_from_secs_f64(self.command.scan_after);
                    let wait = wait.map_err(|error| Failure::new(Exit::Usage, error))?;
                    self.scan_at = Some(Instant::now() + wait);
                }
            }
            Progress::Note(words) => {
                self.code = None;
                self.screen.say(words)?;
            }
            Progress::Linked(words) => {
                self.code = None;
                self.screen.say(words)?;
                if self.command.exit_when_linked {
                    return Ok(true);
                }
                self.screen.say("it stays linked while this runs; Ctrl-C ends it")?;
            }
            Progress::Stuck(words) => {
                self.code = None;
                self.screen.say(words)?;
                if self.command.exit_when_linked {
                    return Err(Failure::new(Exit::Refused, words.clone()));
                }
            }
        }
        self.said = Some(progress);
        Ok(false)
    }

    async fn scan(&mut self) -> Result<(), Failure> {
        self.scan_at = None;
        if let (Some(sandbox), Some(code)) = (self.sandbox, self.code.clone()) {
            self.screen.say("the simulated phone scans the code")?;
            sandbox.scan(&code.text).await?;
        }
        Ok(())
    }
}
