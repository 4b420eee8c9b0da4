//! A QR code as text.

use fast_qr::{ECL, QRBuilder};

/// Empty modules around a code; readers want four.
const QUIET: usize = 4;

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
pub(crate) fn draw(text: &str, ink: Ink) -> Result<Drawing, TooLong> {
    // The lowest level of correction: a screen has no dirt, and the code fits in 80 columns.
    let code = QRBuilder::new(text).ecl(ECL::L).build().map_err(|_source| TooLong)?;
    let size = code.size;
    let width = size + 2 * QUIET;
    let dark = |row: usize, column: usize| -> bool {
        let inside =
            (QUIET..QUIET + size).contains(&row) && (QUIET..QUIET + size).contains(&column);
        inside && code[row - QUIET].get(column - QUIET).is_some_and(|module| module.value())
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
        let drawing = draw(&linking_text(), Ink::Plain).unwrap();
        assert!(drawing.width <= 80, "{} columns", drawing.width);
        assert!(drawing.lines.iter().all(|line| line.chars().count() == drawing.width));
        assert_eq!(drawing.lines.len(), drawing.width.div_ceil(2));
    }

    #[test]
    fn the_quiet_zone_is_four_modules_of_light() {
        let drawing = draw("x", Ink::Plain).unwrap();
        for line in &drawing.lines[..QUIET / 2] {
            assert!(line.chars().all(|half| half == '\u{2588}'));
        }
        for line in &drawing.lines {
            assert!(line.starts_with(&"\u{2588}".repeat(QUIET)), "{line}");
        }
    }

    #[test]
    fn a_text_that_no_code_holds_is_refused() {
        assert_eq!(draw(&"x".repeat(4000), Ink::Plain), Err(TooLong));
    }
}
