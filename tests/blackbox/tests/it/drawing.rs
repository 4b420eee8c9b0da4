//! Reading the code that a terminal shows, with a reader that is not our writer.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "test code")]

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
