//! What the terminal shows to somebody who links an account: one code with its countdown, or words.

use std::time::Duration;

use tokio::time::Instant;
use waygate_core::secret::{PairingText, QrText};

use super::qr::{self, Ink};
use super::screen::{Drawing, Screen};

/// What to do with a code that is scanned.
const HOW_TO_SCAN: &str = "scan with WhatsApp: Settings > Linked devices > Link a device";

/// What to do with a code that is typed.
const HOW_TO_TYPE: &str = "on the phone with this number:
  1. open WhatsApp > Settings > Linked devices > Link a device
  2. choose \"Link with phone number instead\"
  3. type this code:";

/// What stands in for a code that has expired, until the next one comes.
const EXPIRED: &str = "the code has expired";

/// A code that can be used for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Code {
    /// One to scan, the so-manieth of its attempt.
    Scanned { text: QrText, round: u32 },
    /// One to type.
    Typed(PairingText),
}

/// The code on the screen, if any, and when it expires.
#[derive(Debug)]
struct Shown {
    code: Code,
    expires: Instant,
}

/// The screen of a command that links an account.
pub(crate) struct LinkingScreen {
    screen: Screen,
    shown: Option<Shown>,
    /// Whether the person has been told what to do with the code.
    explained: bool,
}

impl LinkingScreen {
    pub(crate) fn standard() -> Self {
        Self::on(Screen::standard())
    }

    fn on(screen: Screen) -> Self {
        Self { screen, shown: None, explained: false }
    }

    /// A line that stays; a code is taken off.
    pub(crate) fn say(&mut self, line: &str) -> std::io::Result<()> {
        (self.shown, self.explained) = (None, false);
        self.screen.say(line)
    }

    /// Shows a code until it expires or something else is shown.
    pub(crate) fn show(&mut self, code: Code, expires: Instant) -> std::io::Result<()> {
        if !self.explained {
            self.screen.say(match &code {
                Code::Scanned { .. } => HOW_TO_SCAN,
                Code::Typed(_) => HOW_TO_TYPE,
            })?;
            self.explained = true;
        }
        // It is told again when something else about the attempt has changed.
        if self.shown.as_ref().is_none_or(|shown| shown.code != code) {
            self.shown = Some(Shown { code, expires });
            self.draw()?;
        }
        Ok(())
    }

    /// There is no code at the moment.
    pub(crate) fn take_off(&mut self) -> std::io::Result<()> {
        if self.shown.take().is_some() && self.screen.is_terminal() {
            self.screen.draw(words(EXPIRED))?;
        }
        Ok(())
    }

    /// Counts down; to be called every second.
    pub(crate) fn tick(&mut self) -> std::io::Result<()> {
        match &self.shown {
            None => Ok(()),
            Some(shown) if shown.left().is_zero() => self.take_off(),
            Some(_) if self.screen.is_resized() => self.draw(),
            Some(shown) => self.screen.renew_line(&shown.below()),
        }
    }

    fn draw(&mut self) -> std::io::Result<()> {
        let Some(shown) = &self.shown else { return Ok(()) };
        let below = shown.below();
        match &shown.code {
            Code::Scanned { text, .. } => {
                let ink = if self.screen.is_terminal() { Ink::Colour } else { Ink::Plain };
                let Ok(qr::Drawing { lines, width }) = qr::draw(text.expose(), ink) else {
                    return self.screen.say("this code cannot be drawn: it is too long");
                };
                self.screen.draw(Drawing { lines: &lines, width, below: &below })
            }
            Code::Typed(text) => {
                let lines = [String::new(), format!("    {}", grouped(text)), String::new()];
                self.screen.draw(Drawing { lines: &lines, width: below.len(), below: &below })
            }
        }
    }
}

fn words(below: &str) -> Drawing<'_> {
    Drawing { lines: &[], width: below.len(), below }
}

impl Shown {
    fn left(&self) -> Duration {
        self.expires.saturating_duration_since(Instant::now())
    }

    /// Full seconds: nobody should begin to type in the last one.
    fn below(&self) -> String {
        let left = self.left().as_secs();
        match &self.code {
            Code::Scanned { round, .. } => format!("code {round}, {left} s left"),
            Code::Typed(_) => format!("{left} s left"),
        }
    }
}

/// The code as phones show it: in two groups.
fn grouped(code: &PairingText) -> String {
    let characters: Vec<char> = code.expose().chars().collect();
    let groups: Vec<String> = characters.chunks(4).map(|group| group.iter().collect()).collect();
    groups.join("-")
}

#[cfg(test)]
mod tests;
