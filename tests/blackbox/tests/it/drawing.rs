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

/// A terminal as far as our drawings use one.
#[derive(Debug, Default)]
pub(crate) struct Terminal {
    lines: Vec<String>,
    row: usize,
}

impl Terminal {
    /// What a terminal shows that was sent this.
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
                    terminal.obey(&numbers, rest.find(is_letter).expect("a letter"));
                }
                '\n' => terminal.row += 1,
                '\r' => {}
                other => terminal.line().push(other),
            }
        }
        terminal
    }

    /// Everything in sight.
    pub(crate) fn text(&self) -> String {
        self.lines.join("\n")
    }

    fn line(&mut self) -> &mut String {
        let lines = self.lines.len().max(self.row + 1);
        self.lines.resize(lines, String::new());
        &mut self.lines[self.row]
    }

    /// Up so many lines, clear the line, clear from here on; colours change nothing here.
    fn obey(&mut self, numbers: &str, letter: char) {
        match letter {
            'A' => self.row = self.row.saturating_sub(numbers.parse().unwrap()),
            'K' => self.line().clear(),
            'J' => self.lines.truncate(self.row),
            'm' => {}
            other => panic!("it was sent {numbers} {other}"),
        }
    }
}
