//! The screen of a command that shows a code and its countdown, redrawn in place.

use std::collections::VecDeque;
use std::io::{ErrorKind, IsTerminal as _, Write};

use terminal_size::{Height, Width};

use crate::logging::{self, Held};

/// Switches a terminal to its alternate screen, and back. What was shown there is gone afterwards,
/// also from what can be scrolled back to, whatever happened to the window meanwhile.
const ENTER: &str = "\u{1b}[?1049h";
/// Emptied first: of a window that has grown, tmux 3.3 keeps some of the alternate screen's lines.
const LEAVE: &str = "\u{1b}[H\u{1b}[J\u{1b}[?1049l";

/// Lines that are told again above a drawing.
const SAID_MAX: usize = 16;

/// Standard output. On a terminal drawings are shown on the alternate screen and redrawn in place:
/// an old code must not stay in sight. Into a file or a pipe everything is written once, in order.
pub(crate) struct Screen {
    out: Box<dyn Write + Send>,
    in_place: bool,
    /// What stays on the normal screen, the newest last.
    said: VecDeque<String>,
    drawn: Option<Drawn>,
    /// Whether nobody reads any more. What runs goes on without.
    is_closed: bool,
    /// Tells columns and lines as they are now.
    measure: fn() -> Option<Size>,
}

/// Columns and lines.
pub(crate) type Size = (usize, usize);

/// A drawing that is on the alternate screen.
#[derive(Debug)]
struct Drawn {
    /// Of the terminal, when it was drawn.
    size: Option<Size>,
    /// The line that can be renewed, counted from 1.
    row: usize,
    /// Whether the cursor has room below it.
    has_room_below: bool,
    /// The log waits: it would tear the drawing apart, and be gone with it.
    log: Held,
}

/// Lines that are drawn together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Drawing<'a> {
    pub(crate) lines: &'a [String],
    /// Columns each line takes.
    pub(crate) width: usize,
    /// A line below, which can be renewed.
    pub(crate) below: &'a str,
}

impl Drawing<'_> {
    /// Lines of a terminal with so many columns.
    fn rows(&self, columns: usize) -> usize {
        self.lines.len() * self.width.max(1).div_ceil(columns) + rows(self.below, columns)
    }

    /// Whether a terminal of this size shows it whole.
    pub(crate) fn fits(&self, (columns, lines): Size) -> bool {
        self.width <= columns && self.rows(columns.max(1)) <= lines
    }
}

/// Lines that a text takes on a terminal.
fn rows(line: &str, columns: usize) -> usize {
    line.lines().map(|line| line.chars().count().max(1).div_ceil(columns.max(1))).sum()
}

impl Screen {
    pub(crate) fn standard() -> Self {
        let out = std::io::stdout();
        // A dumb terminal knows no sequences, so it is a printer.
        let in_place = out.is_terminal() && !waygate_config::terminal_is_dumb();
        Self::new(Box::new(out), in_place, size)
    }

    /// A terminal of a test's own.
    #[cfg(test)]
    pub(crate) fn terminal(
        out: impl Write + Send + 'static,
        measure: fn() -> Option<Size>,
    ) -> Self {
        Self::new(Box::new(out), true, measure)
    }

    fn new(out: Box<dyn Write + Send>, in_place: bool, measure: fn() -> Option<Size>) -> Self {
        Self { out, in_place, said: VecDeque::new(), drawn: None, is_closed: false, measure }
    }

    /// Whether drawings are seen by a person, and can be replaced.
    pub(crate) fn is_terminal(&self) -> bool {
        self.in_place
    }

    /// How large a drawing may be; any size when nothing is known, or nothing is redrawn.
    pub(crate) fn room(&self) -> Option<Size> {
        if self.in_place { (self.measure)() } else { None }
    }

    /// A line that stays.
    pub(crate) fn say(&mut self, line: &str) -> std::io::Result<()> {
        self.leave()?;
        if self.in_place {
            self.said.push_back(line.to_owned());
            if self.said.len() > SAID_MAX {
                self.said.pop_front();
            }
        }
        self.write(&format!("{line}\n"))
    }

    /// A drawing; replaces the one before on a terminal, below as much of what was said as fits.
    pub(crate) fn draw(&mut self, drawing: Drawing<'_>) -> std::io::Result<()> {
        let mut text = String::new();
        if self.in_place {
            text.push_str(if self.drawn.is_none() { ENTER } else { "" });
            text.push_str("\u{1b}[H\u{1b}[J");
            let size = (self.measure)();
            let (columns, lines) = size.unwrap_or((usize::MAX, usize::MAX));
            let taken = drawing.rows(columns);
            let above = self.above(columns, lines.saturating_sub(taken + 1));
            for line in self.said.range(above..) {
                text.push_str(line);
                text.push('\n');
            }
            let before: usize = self.said.range(above..).map(|line| rows(line, columns)).sum();
            let row = before + taken - rows(drawing.below, columns) + 1;
            let has_room_below = before + taken < lines;
            let log = self.drawn.take().map_or_else(logging::hold, |drawn| drawn.log);
            self.drawn = Some(Drawn { size, row, has_room_below, log });
        }
        for line in drawing.lines {
            text.push_str(line);
            text.push('\n');
        }
        text.push_str(drawing.below);
        if self.drawn.as_ref().is_none_or(|drawn| drawn.has_room_below) {
            text.push('\n');
        }
        self.write(&text)
    }

    /// The first of the lines that were said last and fit in so many rows.
    fn above(&self, columns: usize, rows_max: usize) -> usize {
        let mut left = rows_max;
        let fits = |line: &&String| {
            let rest = left.checked_sub(rows(line, columns));
            left = rest.unwrap_or(0);
            rest.is_some()
        };
        self.said.len() - self.said.iter().rev().take_while(fits).count()
    }

    /// Whether the window has another size than at the last drawing, which is there still.
    pub(crate) fn is_resized(&self) -> bool {
        self.drawn.as_ref().is_some_and(|drawn| drawn.size != (self.measure)())
    }

    /// Renews the line below the drawing, on a terminal only.
    pub(crate) fn renew_line(&mut self, below: &str) -> std::io::Result<()> {
        let Some(Drawn { row, has_room_below, .. }) = self.drawn else { return Ok(()) };
        let end = if has_room_below { "\n" } else { "" };
        self.write(&format!("\u{1b}[{row}H\u{1b}[J{below}{end}"))
    }

    /// Takes the drawing off a terminal.
    fn leave(&mut self) -> std::io::Result<()> {
        match self.drawn.take() {
            // The log goes on once its place is in sight again.
            Some(_drawn) => self.write(LEAVE),
            None => Ok(()),
        }
    }

    fn write(&mut self, text: &str) -> std::io::Result<()> {
        if self.is_closed {
            return Ok(());
        }
        let written = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush());
        match written {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.is_closed = true;
                Ok(())
            }
            written => written,
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // A terminal that is gone shows nothing.
        drop(self.leave());
    }
}

/// The columns of standard output, when it is a terminal.
pub(crate) fn columns() -> Option<usize> {
    if std::io::stdout().is_terminal() { size().map(|(columns, _lines)| columns) } else { None }
}

fn size() -> Option<Size> {
    let (Width(columns), Height(rows)) = terminal_size::terminal_size()?;
    Some((usize::from(columns), usize::from(rows)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pipe that nobody reads.
    struct Closed;

    impl Write for Closed {
        fn write(&mut self, _bytes: &[u8]) -> std::io::Result<usize> {
            Err(ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_runs_goes_on_when_nobody_reads_any_more() {
        let mut screen = Screen::new(Box::new(Closed), false, || None);
        screen.say("a line").unwrap();
        screen.draw(Drawing { lines: &["drawn".into()], width: 5, below: "below" }).unwrap();
    }

    #[test]
    fn long_lines_take_several_rows() {
        assert_eq!(["", "x", "twelve chars"].map(|line| rows(line, 6)), [0, 1, 2]);
        assert_eq!(rows("two\nlines", 80), 2);
        let drawing = Drawing { lines: &["x".repeat(12)], width: 12, below: "below" };
        assert!(drawing.fits((12, 2)) && !drawing.fits((12, 1)) && !drawing.fits((11, 9)));
    }
}
