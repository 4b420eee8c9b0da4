//! `waygate instance link`: shows in the terminal what a linking attempt of the API comes to.

use std::pin::pin;
use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, Interval, interval};

use crate::commands::cli::InstanceLink;
use crate::commands::deadline::reached;
use crate::control::{Api, Attempt, Instance, LinkTicket, Step, in_words};
use crate::exit::{Exit, Failure};
use crate::signals::{End, Signals};
use crate::terminal::linking::{Code, LinkingScreen};
use crate::terminal::table;

/// How long one call waits for news: well within the time for which a look lasts.
const POLL: Duration = Duration::from_secs(25);

/// The state of an instance that is banned for a time.
const SUSPENDED: &str = "suspended";

/// What somebody can do whose window is too small for a code to scan.
const BY_PHONE: &str = "say `--phone NUMBER` for a code to type on the phone instead";

pub(super) async fn run(api: &Api, command: &InstanceLink) -> Result<(), Failure> {
    let begun_at = Instant::now();
    let deadline = command.within.map(|within| begun_at + Duration::from_secs(within));
    let signals = Signals::listen()?;
    let named = format!("/instances/{}", command.which.id);
    let instance: Instance = api.get(&named).await?;
    api.run_instance(instance.id()?).await?;
    let wish = match &command.phone {
        Some(phone) => json!({ "method": "code", "phone": phone.digits() }),
        None => json!({ "method": "qr" }),
    };
    let attempts = format!("/instances/{}/linking-attempts", instance.id()?);
    let mut screen = LinkingScreen::standard(BY_PHONE.to_owned());
    let attempt: Attempt = match api.post(&attempts, &wish).await {
        Ok(attempt) => attempt,
        Err(refused) => {
            let now: Instance = api.get(&named).await?;
            if now.state.linked == Some(true) {
                return Ok(screen.say(&format!("instance {} is linked already", now.number))?);
            }
            return Err(refused);
        }
    };
    let path = format!("{attempts}/{}", attempt.id);
    let second = interval(Duration::from_secs(1));
    let has_page = false;
    Show { api, named, path, deadline, second, signals, screen, has_page }.run(attempt).await
}

/// What the terminal shows, and what it waits for.
struct Show<'a> {
    api: &'a Api,
    /// The path of the instance.
    named: String,
    /// Of the attempt.
    path: String,
    deadline: Option<Instant>,
    second: Interval,
    signals: Signals,
    screen: LinkingScreen,
    /// Whether the person was sent to a page.
    has_page: bool,
}

/// What ends a wait.
enum Woken {
    /// The attempt as it is now; it may be as it was.
    Answered(Attempt),
    TooLate,
    Told(End),
}

impl Show<'_> {
    async fn run(mut self, mut attempt: Attempt) -> Result<(), Failure> {
        let mut shown = 0;
        loop {
            if attempt.version > shown {
                shown = attempt.version;
                if attempt.step == Step::Failed {
                    return Err(self.failed(&attempt).await);
                }
                if self.react(&attempt)? {
                    return Ok(());
                }
            }
            if attempt.step == Step::PasskeyChallenge
                && !self.has_page
                && let Err(failure) = self.send_to_page().await
            {
                return self.give_up(failure).await;
            }
            match self.wait(shown).await? {
                Woken::Answered(news) => attempt = news,
                Woken::TooLate => {
                    let sentence = "the account was not linked in time";
                    return self.give_up(Failure::new(Exit::TimedOut, sentence)).await;
                }
                Woken::Told(signal) => {
                    let (exit, word) = match signal {
                        End::Interrupt => (Exit::Interrupted, "interrupted"),
                        End::Terminate => (Exit::Terminated, "terminated"),
                    };
                    let sentence = format!("{word}; the attempt was given up");
                    return self.give_up(Failure::new(exit, sentence)).await;
                }
            }
        }
    }

    /// Counts down until there is something new, or the wait is over.
    async fn wait(&mut self, version: u64) -> Result<Woken, Failure> {
        let path = format!("{}?wait={}&after={version}", self.path, POLL.as_secs());
        let mut answer = pin!(self.api.wait::<Attempt>(&path, POLL));
        loop {
            // The call goes on until it is answered; the others can be dropped at any time.
            tokio::select! {
                attempt = &mut answer => return Ok(Woken::Answered(attempt?)),
                () = reached(self.deadline) => return Ok(Woken::TooLate),
                signal = self.signals.next() => return Ok(Woken::Told(signal)),
                _ = self.second.tick() => self.screen.tick()?,
            }
        }
    }

    /// Shows what changed; `true` when the account is linked.
    fn react(&mut self, attempt: &Attempt) -> Result<bool, Failure> {
        match attempt.step {
            Step::Preparing | Step::Unknown => self.screen.take_off()?,
            Step::Waiting => {
                let why = attempt.reason.as_deref().unwrap_or("there is no code yet");
                let wait = Duration::from_millis(attempt.not_before_in_ms.unwrap_or(0));
                self.screen.say(&format!("{why}; next try in {}", in_words(wait)))?;
            }
            Step::QrCode => {
                if let Some((text, round, lives_ms)) = attempt.qr_code() {
                    self.screen.show(Code::Scanned { text, round }, in_ms(lives_ms))?;
                } else {
                    self.screen.take_off()?;
                }
            }
            Step::PairingCode => {
                if let Some((text, lives_ms)) = attempt.pairing_code() {
                    self.screen.show(Code::Typed(text), in_ms(lives_ms))?;
                }
            }
            Step::PasskeyChallenge if self.has_page => {
                self.screen.say("the passkey was used; WhatsApp and the phone check it")?;
            }
            Step::PasskeyChallenge => self.screen.take_off()?,
            Step::PasskeyConfirmation => self
                .screen
                .say("compare the code on that page with the one on the phone, and confirm it")?,
            Step::PairingCodeTyped => self.screen.say("the code was typed; WhatsApp checks it")?,
            Step::Finishing => self.screen.say("a phone accepted the code; logging in")?,
            Step::Linked => {
                self.screen.say(&linked(attempt))?;
                return Ok(true);
            }
            // It ends the command.
            Step::Failed => {}
        }
        Ok(false)
    }

    /// Tells where the account's passkey can be used: only a browser can ask it, on a page of
    /// WhatsApp's, and the link page says how.
    async fn send_to_page(&mut self) -> Result<(), Failure> {
        let why = "WhatsApp asks for a passkey before it links this account";
        let Some(site) = self.api.site() else {
            let sentence = format!(
                "{why}, which takes a browser: start the server with `waygate serve`, and try again"
            );
            return Err(Failure::new(Exit::Refused, sentence));
        };
        let tickets = format!("{}/link-tickets", self.named);
        let ticket: LinkTicket = self.api.post(&tickets, &json!({})).await?;
        let page = format!("{site}{}", ticket.path);
        self.screen
            .say(&format!("{why}; open this page in a browser, and go on there:\n  {page}"))?;
        self.has_page = true;
        Ok(())
    }

    /// Why the attempt failed, and until when there is no use in another one.
    async fn failed(&self, attempt: &Attempt) -> Failure {
        let why = attempt.reason.as_deref().unwrap_or("the attempt failed");
        // The attempt has failed, whether or not this can be told as well.
        let now = self.api.get::<Instance>(&self.named).await.ok();
        let ban = now.map(|instance| instance.state).filter(|state| state.name == SUSPENDED);
        let end = ban.and_then(|state| state.next_try_at);
        let until = end.map(|at| format!(", until {}", table::minute(&at)));
        Failure::new(Exit::Refused, format!("not linked: {why}{}", until.unwrap_or_default()))
    }

    /// Ends the attempt with this failure, unless a phone was quicker.
    async fn give_up(mut self, failure: Failure) -> Result<(), Failure> {
        match self.api.delete::<Attempt>(&self.path).await {
            Ok(attempt) if attempt.step == Step::Linked => {
                Ok(self.screen.say(&linked(&attempt))?)
            }
            Ok(_) | Err(_) => Err(failure),
        }
    }
}

fn in_ms(lives_ms: u64) -> Instant {
    Instant::now() + Duration::from_millis(lives_ms)
}

fn linked(attempt: &Attempt) -> String {
    match &attempt.whatsapp {
        Some(account) => format!(
            "linked: number ending in {}, device {}",
            account.phone_ending(),
            account.device
        ),
        None => "linked".to_owned(),
    }
}
