//! The known name that somebody may have meant.

/// Longer names are nobody's typing error.
const NAME_LEN_MAX: usize = 64;

/// The known name nearest to this one, if any is near enough; else the one that ends alike.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if name.len() > NAME_LEN_MAX {
        return None;
    }
    let name = name.to_lowercase();
    let length = name.chars().count();
    let allowed = (length / 3).max(1);
    let known: Vec<&str> = known.collect();
    let near = known
        .iter()
        .filter(|other| length.abs_diff(other.chars().count()) <= allowed)
        .map(|&other| (distance(&name, other), other))
        .filter(|(distance, _)| *distance <= allowed)
        .min();
    let alike = || known.iter().copied().find(|other| last_part(other) == last_part(&name));
    near.map(|(_, other)| other).or_else(alike)
}

fn last_part(name: &str) -> Option<&str> {
    name.rsplit('.').next()
}

/// How many characters must be added, dropped, replaced or swapped with their neighbour.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut before_last: Vec<usize> = vec![];
    let mut last: Vec<usize> = (0..=to.len()).collect();
    let mut previous = None;
    for (row, c) in from.chars().enumerate() {
        let mut current = vec![row + 1];
        for (column, &other) in to.iter().enumerate() {
            let replaced = last[column] + usize::from(c != other);
            let mut best = replaced.min(last[column + 1] + 1).min(current[column] + 1);
            if column > 0 && previous == Some(other) && c == to[column - 1] {
                best = best.min(before_last[column - 1] + 1);
            }
            current.push(best);
        }
        before_last = std::mem::replace(&mut last, current);
        previous = Some(c);
    }
    last[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 5] =
        ["data_dir", "log.format", "log.level", "whatsapp.url", "whatsapp.version_url"];

    #[test]
    fn distances_count_single_mistakes() {
        for (from, to, wanted) in [
            ("", "", 0),
            ("abc", "", 3),
            ("", "abc", 3),
            ("abc", "abc", 0),
            ("abc", "acb", 1),
            ("abc", "ab", 1),
            ("abc", "abxc", 1),
            ("abc", "axc", 1),
            ("ab", "ba", 1),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(from, to), wanted, "{from} {to}");
        }
    }

    #[test]
    fn the_nearest_known_name_is_suggested() {
        for (name, wanted) in [
            ("data_dri", Some("data_dir")),
            ("datadir", Some("data_dir")),
            ("DATA_DIR", Some("data_dir")),
            ("whatsapp_url", Some("whatsapp.url")),
            ("wahtsapp.url", Some("whatsapp.url")),
            ("\"log.format\"", Some("log.format")),
            ("level", Some("log.level")),
            ("logging.level", Some("log.level")),
            ("colour", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, KNOWN.into_iter()), wanted, "{name}");
        }
    }

    #[test]
    fn a_very_long_name_is_not_compared() {
        assert_eq!(nearest(&"data_dir".repeat(1000), KNOWN.into_iter()), None);
    }
}
