//! Whether the terminal is one that only prints.

use std::ffi::OsStr;

/// What `TERM` says of a terminal that knows no sequences.
const DUMB: &str = "dumb";

/// Whether the terminal of this process takes nothing but text, as its environment says.
#[expect(clippy::disallowed_methods, reason = "beside the settings, the one place that reads it")]
pub fn terminal_is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|name| is_dumb(&name))
}

fn is_dumb(name: &OsStr) -> bool {
    name == DUMB
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_dumb_when_it_says_so() {
        assert!(is_dumb(OsStr::new("dumb")));
        assert!(!is_dumb(OsStr::new("xterm-256color")));
    }
}
