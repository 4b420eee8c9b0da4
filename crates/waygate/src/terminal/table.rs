//! Aligned columns for people.

/// A table; its first row is the head. Without trailing spaces, each row on a line of its own.
pub(crate) fn aligned(rows: &[Vec<String>]) -> String {
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| printable(cell)).collect()).collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max()
    };
    let widths: Vec<usize> = (0..columns).filter_map(width).collect();
    let line = |row: &Vec<String>| {
        let padded = row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}"));
        let cells: Vec<String> = padded.collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

/// A name comes from whoever created the instance, and must not steer somebody's terminal.
fn printable(cell: &str) -> String {
    match cell {
        "" => "-".to_owned(),
        cell => cell.chars().map(|c| if c.is_control() { '?' } else { c }).collect(),
    }
}

/// A time to the second; more is for programs.
pub(crate) fn time(text: &str) -> String {
    let time: Result<jiff::Timestamp, _> = text.parse();
    time.map_or_else(|_odd| text.to_owned(), |it| it.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// A time to the minute, in a sentence.
pub(crate) fn minute(text: &str) -> String {
    let time: Result<jiff::Timestamp, _> = text.parse();
    time.map_or_else(|_odd| text.to_owned(), |it| it.strftime("%Y-%m-%d %H:%M UTC").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|&cell| cell.to_owned()).collect()
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [row(&["id", "name", "state"]), row(&["1105600123", "", "online"])];
        assert_eq!(aligned(&rows), "id          name  state\n1105600123  -     online\n");
        assert_eq!(aligned(&[]), "");
    }

    #[test]
    fn a_name_cannot_steer_the_terminal() {
        assert_eq!(aligned(&[row(&["\u{1b}[2Jshop\n", "x"])]), "?[2Jshop?  x\n");
    }

    #[test]
    fn a_time_is_told_to_the_second() {
        assert_eq!(time("2026-11-22T04:20:29.123Z"), "2026-11-22T04:20:29Z");
        assert_eq!(time("some day"), "some day");
        assert_eq!(minute("2026-11-22T04:20:29.123Z"), "2026-11-22 04:20 UTC");
        assert_eq!(minute("some day"), "some day");
    }
}
