//! What the terminal shows to somebody who links an account: one code with its countdown, or words.

use std::time::Duration;

use tokio::time::Instant;
use waygate_core::secret::{PairingText, QrText};

use super::qr::{self, Ink, Quiet, TooLong};
use super::screen::{Drawing, Screen, Size};

/// What to do with a code that is scanned.
const HOW_TO_SCAN: &str = "scan with WhatsApp: Settings > Linked devices > Link a device";

/// What to do with a code that is typed.
const HOW_TO_TYPE: &str = "on the phone with this number:
  1. open WhatsApp > Settings > Linked devices > Link a device
  2. choose \"Link with phone number instead\"
  3. type this code:";

/// What stands in for a code that has expired, until the next one comes.
const EXPIRED: &str = "the code has expired";

/// Behind this is what WhatsApp itself reads; before it, an address for a phone's own camera.
const BEHIND_THE_LINK: char = '#';

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
    /// What else a person can do whose window is too small for a code.
    otherwise: String,
}

impl LinkingScreen {
    /// One on standard output; `otherwise` tells what else to do where a window is too small for a
    /// code, as in "make it larger, or ...".
    pub(crate) fn standard(otherwise: String) -> Self {
        Self::on(Screen::standard(), otherwise)
    }

    fn on(screen: Screen, otherwise: String) -> Self {
        Self { screen, shown: None, explained: false, otherwise }
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
            self.screen.draw(Drawing { lines: &[], width: EXPIRED.len(), below: EXPIRED })?;
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
                let room = self.screen.room();
                let Ok(fitting) = fitting(text.expose(), ink, &below, room) else {
                    return self.screen.say("this code cannot be drawn: it is too long");
                };
                match fitting {
                    Fitting::Drawn(qr::Drawing { lines, width }) => {
                        self.screen.draw(Drawing { lines: &lines, width, below: &below })
                    }
                    Fitting::TooSmall { needed, found } => {
                        let line = too_small(needed, found, &self.otherwise);
                        let width = line.chars().count();
                        self.screen.draw(Drawing { lines: &[line], width, below: &below })
                    }
                }
            }
            Code::Typed(text) => {
                let code = format!("    {}", grouped(text));
                let (width, lines) = (code.chars().count(), [String::new(), code, String::new()]);
                self.screen.draw(Drawing { lines: &lines, width, below: &below })
            }
        }
    }
}

/// A code for a window.
#[derive(Debug)]
enum Fitting {
    Drawn(qr::Drawing),
    /// Not even the smallest drawing has room.
    TooSmall {
        needed: Size,
        found: Size,
    },
}

/// The code as well as the window has room for it: with all that readers want, with a narrower
/// margin, or without the address that only a phone's own camera needs.
fn fitting(text: &str, ink: Ink, below: &str, room: Option<Size>) -> Result<Fitting, TooLong> {
    let short = text.split_once(BEHIND_THE_LINK).map_or(text, |(_link, short)| short);
    let mut needed = Size::default();
    for (text, quiet) in [(text, Quiet::Four), (text, Quiet::Two), (short, Quiet::Two)] {
        let drawn = qr::draw(text, ink, quiet)?;
        let (lines, width) = (&drawn.lines, drawn.width);
        if room.is_none_or(|room| Drawing { lines, width, below }.fits(room)) {
            return Ok(Fitting::Drawn(drawn));
        }
        needed = (width, lines.len() + 1);
    }
    Ok(Fitting::TooSmall { needed, found: room.unwrap_or_default() })
}

fn too_small(needed: Size, found: Size, otherwise: &str) -> String {
    let ((columns, lines), (has_columns, has_lines)) = (needed, found);
    format!(
        "the code needs a window of {columns} columns and {lines} lines, and this one has \
         {has_columns} and {has_lines}: make it larger, or {otherwise}"
    )
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
