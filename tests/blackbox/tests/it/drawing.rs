//! Reading the code that a terminal shows, with a reader that is not our writer.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test code")]

use std::io::Write as _;
use std::process::Command;

/// Pixels per module.
const SCALE: usize = 4;

/// The text of the last code that was drawn, as `zbarimg` reads it.
pub(crate) fn last_code(printed: &str) -> String {
    let rows: Vec<&str> = printed.lines().collect();
    let is_drawn = |row: &&str| row.chars().count() > 20 && row.chars().all(is_half);
    let end = rows.iter().rposition(is_drawn).expect("a drawing") + 1;
    let begin = rows[..end].iter().rposition(|row| !is_drawn(row)).map_or(0, |above| above + 1);
    read(&rows[begin..end])
}

fn is_half(character: char) -> bool {
    matches!(character, '\u{2588}' | '\u{2580}' | '\u{2584}' | ' ')
}

/// Each character is two modules, one above the other; a filled half is light.
fn read(rows: &[&str]) -> String {
    let width = rows[0].chars().count();
    let mut modules = vec![];
    for row in rows {
        let halves: Vec<char> = row.chars().collect();
        assert_eq!(halves.len(), width, "a ragged drawing");
        let light = |filled: [char; 2]| halves.iter().map(move |half| filled.contains(half));
        modules.push(light(['\u{2588}', '\u{2580}']).collect::<Vec<bool>>());
        modules.push(light(['\u{2588}', '\u{2584}']).collect());
    }
    let mut image = format!("P5\n{} {}\n255\n", width * SCALE, modules.len() * SCALE).into_bytes();
    for row in &modules {
        let line: Vec<u8> =
            row.iter().flat_map(|light| [if *light { 255 } else { 0 }; SCALE]).collect();
        (0..SCALE).for_each(|_| image.extend_from_slice(&line));
    }
    let mut file = tempfile::Builder::new().suffix(".pgm").tempfile().unwrap();
    file.write_all(&image).unwrap();
    let reader = Command::new("zbarimg").args(["--raw", "--quiet"]).arg(file.path()).output();
    let output = reader.expect("zbarimg is installed by `cargo xtask setup`");
    assert!(output.status.success(), "zbarimg sees no code");
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

/// The code to type that was shown last: eight characters in two groups, alone on their line.
pub(crate) fn typed_code(printed: &str) -> String {
    let grouped = |line: &&str| {
        line.len() == 9 && line.split('-').map(str::len).eq([4, 4]) && !line.contains(' ')
    };
    let code = printed.lines().map(str::trim).rfind(grouped).expect("a code to type");
    code.replace('-', "")
}

/// A terminal as far as our drawings use one: two screens, of which one is shown.
#[derive(Debug, Default)]
pub(crate) struct Terminal {
    normal: Page,
    alternate: Page,
    is_alternate: bool,
}

/// Lines, and the one in which the cursor is.
#[derive(Debug, Default)]
struct Page {
    lines: Vec<String>,
    row: usize,
}

impl Page {
    fn line(&mut self) -> &mut String {
        let lines = self.lines.len().max(self.row + 1);
        self.lines.resize(lines, String::new());
        &mut self.lines[self.row]
    }
}

impl Terminal {
    /// What a terminal shows that was sent this. On the normal screen, from which lines can be
    /// scrolled back to, no code may be at any time.
    pub(crate) fn after(sent: &str) -> Self {
        let mut terminal = Self::default();
        let mut rest = sent.chars();
        while let Some(character) = rest.next() {
            match character {
                '\u{1b}' => {
                    let is_letter = |c: &char| c.is_ascii_alphabetic();
                    let before = |c: &char| !is_letter(c);
                    let numbers: String =
                        rest.as_str().chars().skip(1).take_while(before).collect();
                    // What is still under way.
                    let Some(letter) = rest.find(is_letter) else { break };
                    terminal.obey(&numbers, letter);
                }
                '\n' => terminal.shown().row += 1,
                '\r' => {}
                other => {
                    assert!(terminal.is_alternate || other != '\u{2588}', "a code that stays");
                    terminal.shown().line().push(other);
                }
            }
        }
        terminal
    }

    /// Everything in sight.
    pub(crate) fn text(&self) -> String {
        let page = if self.is_alternate { &self.alternate } else { &self.normal };
        page.lines.join("\n")
    }

    fn shown(&mut self) -> &mut Page {
        if self.is_alternate { &mut self.alternate } else { &mut self.normal }
    }

    /// The other screen, another line, clear from here on; colours change nothing here.
    fn obey(&mut self, numbers: &str, letter: char) {
        match letter {
            'h' | 'l' => {
                assert_eq!(numbers, "?1049", "it was sent {numbers} {letter}");
                // Some terminals keep what is left there.
                let left = self.alternate.lines.concat();
                assert!(!left.contains('\u{2588}'), "a code that may stay");
                (self.is_alternate, self.alternate) = (letter == 'h', Page::default());
            }
            'H' => self.shown().row = numbers.parse::<usize>().unwrap_or(1) - 1,
            'J' => {
                let page = self.shown();
                page.lines.truncate(page.row);
            }
            'm' => {}
            other => panic!("it was sent {numbers} {other}"),
        }
    }
}
