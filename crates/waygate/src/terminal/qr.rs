//! A QR code as text.

use fast_qr::{ECL, QRBuilder};

/// The empty modules around a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quiet {
    /// Four, which the standard asks for.
    Four,
    /// Two, which readers still find; for a window that has no room for more.
    Two,
}

impl Quiet {
    fn modules(self) -> usize {
        match self {
            Self::Four => 4,
            Self::Two => 2,
        }
    }
}

/// How the halves of a character become dark and light.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ink {
    /// Black on white by colour: right on every terminal.
    Colour,
    /// Without colour, for files and pipes: a filled half is a light module.
    Plain,
}

/// A code ready to be printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Drawing {
    /// One string per line, without line ends.
    pub(crate) lines: Vec<String>,
    /// Columns each line takes.
    pub(crate) width: usize,
}

/// The text is too long for a QR code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooLong;

/// Draws the text with half blocks: two modules one above the other in each character.
pub(crate) fn draw(text: &str, ink: Ink, quiet: Quiet) -> Result<Drawing, TooLong> {
    // The lowest level of correction: a screen has no dirt, and the code fits in 80 columns.
    let code = QRBuilder::new(text).ecl(ECL::L).build().map_err(|_source| TooLong)?;
    let size = code.size;
    let quiet = quiet.modules();
    let width = size + 2 * quiet;
    let dark = |row: usize, column: usize| -> bool {
        let inside =
            (quiet..quiet + size).contains(&row) && (quiet..quiet + size).contains(&column);
        inside && code[row - quiet].get(column - quiet).is_some_and(|module| module.value())
    };
    let line = |top: usize| -> String {
        let body = (0..width).map(|column| match (dark(top, column), dark(top + 1, column)) {
            (false, false) => '\u{2588}',
            (false, true) => '\u{2580}',
            (true, false) => '\u{2584}',
            (true, true) => ' ',
        });
        match ink {
            // Filled halves are the foreground, so white on black makes light modules white.
            Ink::Colour => {
                let body: String = body.collect();
                format!("\u{1b}[38;2;255;255;255;48;2;0;0;0m{body}\u{1b}[0m")
            }
            Ink::Plain => body.collect(),
        }
    };
    Ok(Drawing { lines: (0..width).step_by(2).map(line).collect(), width })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As long as the longest text that WhatsApp's protocol makes.
    fn linking_text() -> String {
        format!("https://wa.me/settings/linked_devices#2@{},1", "aB3/".repeat(66))
    }

    #[test]
    fn a_linking_code_fits_in_eighty_columns() {
        let drawing = draw(&linking_text(), Ink::Plain, Quiet::Four).unwrap();
        assert!(drawing.width <= 80, "{} columns", drawing.width);
        assert!(drawing.lines.iter().all(|line| line.chars().count() == drawing.width));
        assert_eq!(drawing.lines.len(), drawing.width.div_ceil(2));
    }

    #[test]
    fn the_quiet_zone_is_light_and_as_wide_as_it_was_asked_for() {
        for (quiet, modules) in [(Quiet::Four, 4), (Quiet::Two, 2)] {
            let drawing = draw("x", Ink::Plain, quiet).unwrap();
            assert_eq!(drawing.width, 21 + 2 * modules);
            for line in &drawing.lines[..modules / 2] {
                assert!(line.chars().all(|half| half == '\u{2588}'));
            }
            for line in &drawing.lines {
                let margin = "\u{2588}".repeat(modules);
                assert!(line.starts_with(&margin) && line.ends_with(&margin), "{line}");
            }
        }
    }

    /// What a reader that is not our writer makes of a drawing, at four pixels a module.
    fn read(drawing: &Drawing) -> String {
        let lines: Vec<Vec<char>> =
            drawing.lines.iter().map(|line| line.chars().collect()).collect();
        let (width, height) = (drawing.width * 4, lines.len() * 8);
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
            let half = if y / 4 % 2 == 0 { '\u{2580}' } else { '\u{2584}' };
            let is_light = ['\u{2588}', half].contains(&lines[y / 8][x / 4]);
            if is_light { u8::MAX } else { 0 }
        });
        let codes = image.detect_grids();
        codes.first().expect("a code").decode().expect("a code that can be read").1
    }

    #[test]
    fn a_code_is_read_with_either_quiet_zone() {
        for quiet in [Quiet::Four, Quiet::Two] {
            for text in [linking_text(), "2@short".to_owned()] {
                assert_eq!(read(&draw(&text, Ink::Plain, quiet).unwrap()), text, "{quiet:?}");
            }
        }
    }

    #[test]
    fn a_text_that_no_code_holds_is_refused() {
        assert_eq!(draw(&"x".repeat(4000), Ink::Plain, Quiet::Four), Err(TooLong));
    }
}
