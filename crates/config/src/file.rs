//! Reads the configuration file: from its name to keys, values and lines.
//!
//! A file that is not TOML says nothing about keys: it may mean anything, so only its mistakes of
//! grammar are told.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue, Error};

use crate::input::{Input, Raw};
use crate::problem::{Origin, Problem};

/// Settings are small; a larger file is the wrong file.
const FILE_LEN_MAX: usize = 1024 * 1024;

/// Mistakes of grammar that are told: the later ones tend to follow from the first.
const GRAMMAR_PROBLEMS_MAX: usize = 10;

/// Tables within tables that are looked into. Keys have a section and a name.
const LEVELS_MAX: usize = 2;

/// Longer names of unknown keys are cut when they are told.
const NAME_LEN_MAX: usize = 64;

/// What the file says, or what is wrong with it as a whole.
pub(crate) fn read(path: &Path, named_by: Origin) -> (Vec<Input>, Vec<Problem>) {
    let problem = |origin, sentence| (vec![], vec![Problem { key: None, origin, sentence }]);
    if path.as_os_str().is_empty() {
        return problem(named_by, "is empty; give the path of a file, or remove it".to_owned());
    }
    let shown = path.display();
    let bytes = match read_bytes(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            return problem(named_by, format!("cannot read the file `{shown}`: {}", why(&error)));
        }
    };
    if bytes.len() > FILE_LEN_MAX {
        let sentence = format!("the file `{shown}` is larger than {FILE_LEN_MAX} bytes");
        return problem(named_by, sentence);
    }
    let lines = Lines::of(&bytes);
    match std::str::from_utf8(&bytes) {
        Ok(text) => parse(path, text, &lines),
        Err(error) => {
            let origin = lines.place(path, error.valid_up_to());
            problem(origin, "is not UTF-8; save the file as UTF-8".to_owned())
        }
    }
}

/// Reads one byte more than allowed, so that too much shows.
fn read_bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = vec![];
    File::open(path)?.take(FILE_LEN_MAX as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn why(error: &io::Error) -> String {
    let known = [
        (io::ErrorKind::NotFound, "there is no such file"),
        (io::ErrorKind::PermissionDenied, "this user is not allowed to"),
        (io::ErrorKind::IsADirectory, "it is a directory"),
    ];
    let words = known.iter().find(|(kind, _)| *kind == error.kind()).map(|(_, words)| *words);
    words.map_or_else(|| error.to_string(), str::to_owned)
}

fn parse(path: &Path, text: &str, lines: &Lines<'_>) -> (Vec<Input>, Vec<Problem>) {
    let (table, errors) = DeTable::parse_recoverable(text);
    let problem = |error: &Error| Problem {
        key: None,
        origin: lines.place(path, error.span().map_or(0, |span| span.start)),
        sentence: format!("is not TOML: {}", error.message()),
    };
    let problems: Vec<Problem> = errors.iter().take(GRAMMAR_PROBLEMS_MAX).map(problem).collect();
    let mut found = Found { path, lines, inputs: vec![] };
    if problems.is_empty() {
        found.add_table("", 1, table.get_ref());
    }
    (found.inputs, problems)
}

/// The values of a file, laid flat.
struct Found<'a> {
    path: &'a Path,
    lines: &'a Lines<'a>,
    inputs: Vec<Input>,
}

impl Found<'_> {
    fn add_table(&mut self, section: &str, level: usize, table: &DeTable<'_>) {
        for (name, value) in table {
            let part = shown(name.get_ref());
            let key = if section.is_empty() { part } else { format!("{section}.{part}") };
            let value = value.get_ref();
            match value.as_table() {
                Some(inner) if level < LEVELS_MAX && !inner.is_empty() => {
                    self.add_table(&key, level + 1, inner);
                }
                Some(_) | None => self.add(key, name, raw(value)),
            }
        }
    }

    fn add(&mut self, key: String, name: &Spanned<DeString<'_>>, raw: Raw) {
        let line = self.lines.line(name.span().start);
        let origin = Origin::File { path: self.path.to_owned(), line, column: None };
        self.inputs.push(Input { key, raw, origin });
    }
}

/// A part of a key. What TOML must quote stays in quotes, so that `"log.format"` in one part is
/// not taken for two.
fn shown(part: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if part.chars().count() > NAME_LEN_MAX {
        let start: String = part.chars().take(NAME_LEN_MAX).collect();
        format!("{start:?}...")
    } else if !part.is_empty() && part.chars().all(bare) {
        part.to_owned()
    } else {
        format!("{part:?}")
    }
}

fn raw(value: &DeValue<'_>) -> Raw {
    match value {
        DeValue::String(text) => Raw::Text(text.clone().into_owned()),
        DeValue::Boolean(on) => Raw::Switch(*on),
        DeValue::Integer(_) | DeValue::Float(_) => Raw::Other("a number"),
        DeValue::Datetime(_) => Raw::Other("a date"),
        DeValue::Array(_) => Raw::Other("a list"),
        DeValue::Table(table) if table.is_empty() => Raw::EmptyTable,
        DeValue::Table(_) => Raw::Other("a table"),
    }
}

/// Where lines begin, so that a place is found without counting anew.
struct Lines<'a> {
    bytes: &'a [u8],
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        let starts = std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect();
        Self { bytes, starts }
    }

    fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset)
    }

    fn place(&self, path: &Path, offset: usize) -> Origin {
        let line = self.line(offset);
        let start = self.starts.get(line - 1).copied().unwrap_or(0);
        let before = self.bytes.get(start..offset).unwrap_or_default();
        let is_first_of_character = |byte: &&u8| **byte & 0b1100_0000 != 0b1000_0000;
        let column = before.iter().filter(is_first_of_character).count() + 1;
        Origin::File { path: path.to_owned(), line, column: Some(column) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<String> {
        let (inputs, problems) = parse(Path::new("a.toml"), text, &Lines::of(text.as_bytes()));
        assert_eq!(problems, [], "{text}");
        inputs.iter().map(|input| format!("{}: {}", input.origin, input.key)).collect()
    }

    #[test]
    fn every_spelling_of_a_key_is_laid_flat_with_its_line() {
        for (text, wanted) in [
            ("\n\na = 1", vec!["a.toml, line 3: a"]),
            ("[a]\nb = 1", vec!["a.toml, line 2: a.b"]),
            ("a.b = 1", vec!["a.toml, line 1: a.b"]),
            ("\na = { b = 1 }", vec!["a.toml, line 2: a.b"]),
            ("'a' = 1", vec!["a.toml, line 1: a"]),
            ("\"a.b\" = 1", vec!["a.toml, line 1: \"a.b\""]),
            ("\"\" = 1", vec!["a.toml, line 1: \"\""]),
            ("\"\\n\" = 1", vec!["a.toml, line 1: \"\\n\""]),
            ("[a]", vec!["a.toml, line 1: a"]),
            ("[a.b.c.d]\ne = 1", vec!["a.toml, line 1: a.b"]),
            ("[[a]]\nb = 1", vec!["a.toml, line 1: a"]),
            ("\u{feff}a = 1", vec!["a.toml, line 1: a"]),
            ("# nothing", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(keys(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_very_long_name_is_cut() {
        let [key] = keys(&format!("{} = 1", "x".repeat(100_000))).try_into().unwrap();
        assert_eq!(key, format!("a.toml, line 1: \"{}\"...", "x".repeat(64)));
    }

    #[test]
    fn a_place_is_counted_in_characters() {
        let text = "\u{e9}\u{e9} = 1\r\n\u{e9}\u{e9} ~";
        let lines = Lines::of(text.as_bytes());
        let place = lines.place(Path::new("a.toml"), text.len() - 1);
        assert_eq!(place.to_string(), "a.toml, line 2, column 4");
        assert_eq!(lines.line(text.len() + 10), 2);
        assert_eq!(lines.line(0), 1);
    }
}
