//! The screen of a command that shows a code and its countdown, redrawn in place.

use std::io::{IsTerminal as _, Write};

use terminal_size::{Height, Width};

/// Standard output. On a terminal a drawing and the line below it are redrawn in place, and taken
/// off in the end: an old code must not stay in sight. Into a file or a pipe everything is written
/// once, in order.
pub(crate) struct Screen {
    out: Box<dyn Write + Send>,
    in_place: bool,
    /// Lines of the drawing that the cursor stands below.
    drawn: usize,
    /// Whether the last of them is the drawing's line below.
    is_whole: bool,
    /// Columns and lines at the last drawing, when known.
    size: Option<(usize, usize)>,
    /// Tells them as they are now.
    measure: fn() -> Option<(usize, usize)>,
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

impl Screen {
    pub(crate) fn standard() -> Self {
        let out = std::io::stdout();
        let in_place = out.is_terminal();
        Self::new(Box::new(out), in_place, size)
    }

    /// A terminal of a test's own.
    #[cfg(test)]
    pub(crate) fn terminal(out: impl Write + Send + 'static) -> Self {
        Self::new(Box::new(out), true, || Some((80, 50)))
    }

    fn new(
        out: Box<dyn Write + Send>,
        in_place: bool,
        measure: fn() -> Option<(usize, usize)>,
    ) -> Self {
        Self { out, in_place, drawn: 0, is_whole: false, size: None, measure }
    }

    /// Whether drawings are seen by a person, and can be replaced.
    pub(crate) fn is_terminal(&self) -> bool {
        self.in_place
    }

    /// A line that stays.
    pub(crate) fn say(&mut self, line: &str) -> std::io::Result<()> {
        self.wipe()?;
        writeln!(self.out, "{line}")?;
        self.out.flush()
    }

    /// A drawing; replaces the one before on a terminal.
    pub(crate) fn draw(&mut self, drawing: Drawing<'_>) -> std::io::Result<()> {
        self.wipe()?;
        self.size = (self.measure)();
        let lines = drawing.lines.len() + 1;
        if let (true, Some((columns, rows))) = (self.in_place, self.size)
            // The cursor takes a line too.
            && (columns < drawing.width || rows <= lines)
        {
            let (width, rows) = (drawing.width, lines + 1);
            let sentence = format!("make the window larger: {width} columns, {rows} lines");
            writeln!(self.out, "{sentence}")?;
            self.is_whole = false;
            self.drawn = sentence.len().div_ceil(columns.max(1));
            return self.out.flush();
        }
        for line in drawing.lines {
            writeln!(self.out, "{line}")?;
        }
        writeln!(self.out, "{}", drawing.below)?;
        (self.drawn, self.is_whole) = (lines, true);
        self.out.flush()
    }

    /// Whether the window has another size than at the last drawing, which is there still.
    pub(crate) fn is_resized(&self) -> bool {
        self.in_place && self.drawn > 0 && self.size != (self.measure)()
    }

    /// Renews the line below the drawing, on a terminal only.
    pub(crate) fn renew_line(&mut self, below: &str) -> std::io::Result<()> {
        if self.in_place && self.drawn > 0 && self.is_whole {
            write!(self.out, "\u{1b}[1A\r\u{1b}[2K{below}\n")?;
            self.out.flush()?;
        }
        Ok(())
    }

    /// Takes the drawing off a terminal.
    fn wipe(&mut self) -> std::io::Result<()> {
        let lines = std::mem::take(&mut self.drawn);
        if self.in_place && lines > 0 {
            write!(self.out, "\u{1b}[{lines}A\r\u{1b}[J")?;
            self.out.flush()?;
        }
        Ok(())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // A terminal that is gone shows nothing.
        drop(self.wipe());
    }
}

fn size() -> Option<(usize, usize)> {
    let (Width(columns), Height(rows)) = terminal_size::terminal_size()?;
    Some((usize::from(columns), usize::from(rows)))
}
