//! The screen of a command that shows a code and its countdown, redrawn in place.

use std::io::{IsTerminal as _, Stdout, Write as _};

use crate::terminal::qr::{self, Ink};

/// Standard output. On a terminal a code and the line below it are redrawn in place; into a file
/// or a pipe everything is written once, in order.
#[derive(Debug)]
pub(crate) struct Screen {
    out: Stdout,
    in_place: bool,
    /// Lines of the drawing that the cursor stands below.
    drawn: usize,
    /// Columns, when known.
    columns: Option<usize>,
}

impl Screen {
    pub(crate) fn standard() -> Self {
        let out = std::io::stdout();
        let in_place = out.is_terminal();
        let columns = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        Self { out, in_place, drawn: 0, columns }
    }

    /// A line that stays.
    pub(crate) fn say(&mut self, line: &str) -> std::io::Result<()> {
        self.wipe()?;
        writeln!(self.out, "{line}")?;
        self.out.flush()
    }

    /// A code with a line below it; replaces the one before on a terminal.
    pub(crate) fn show_code(&mut self, text: &str, below: &str) -> std::io::Result<()> {
        self.wipe()?;
        let ink = if self.in_place { Ink::Colour } else { Ink::Plain };
        let Ok(drawing) = qr::draw(text, ink) else {
            return self.say("this code cannot be drawn: it is too long");
        };
        if self.in_place && self.columns.is_some_and(|columns| columns < drawing.width) {
            let sentence =
                format!("the code needs {} columns: make the window wider", drawing.width);
            writeln!(self.out, "{sentence}")?;
            self.drawn = 1;
            return self.out.flush();
        }
        for line in &drawing.lines {
            writeln!(self.out, "{line}")?;
        }
        writeln!(self.out, "{below}")?;
        self.drawn = drawing.lines.len() + 1;
        self.out.flush()
    }

    /// Renews the line below the code, on a terminal only.
    pub(crate) fn renew_line(&mut self, below: &str) -> std::io::Result<()> {
        if self.in_place && self.drawn > 1 {
            write!(self.out, "\u{1b}[1A\r\u{1b}[2K{below}\n")?;
            self.out.flush()?;
        }
        Ok(())
    }

    /// Takes the code off a terminal: an old code must not stay in sight.
    fn wipe(&mut self) -> std::io::Result<()> {
        let lines = std::mem::take(&mut self.drawn);
        if self.in_place && lines > 0 {
            write!(self.out, "\u{1b}[{lines}A\r\u{1b}[J")?;
        }
        Ok(())
    }
}
