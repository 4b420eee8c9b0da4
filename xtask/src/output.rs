//! The one place that prints.

use std::fmt::Arguments;

/// Prints one line on standard output.
#[expect(clippy::print_stdout, reason = "a command line tool talks to its terminal")]
pub(crate) fn line(text: Arguments<'_>) {
    println!("{text}");
}
