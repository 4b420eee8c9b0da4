//! Version numbers as tools print them.

pub(super) fn is_at_least(found: &str, wanted: &str) -> bool {
    numbers(found) >= numbers(wanted)
}

fn numbers(version: &str) -> Vec<u64> {
    version.split('.').map_while(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(is_at_least("0.9.143", "0.9.143"));
        assert!(is_at_least("0.10.0", "0.9.143"));
        assert!(!is_at_least("0.9.99", "0.9.143"));
    }
}
