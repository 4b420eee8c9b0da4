//! Asking before something is gone for good.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use crate::commands::cli::InstanceDelete;
use crate::exit::{Exit, Failure};

/// Asks for a yes where somebody can give one; a script has to bring its own.
pub(super) fn deletion(command: &InstanceDelete) -> Result<(), Failure> {
    if command.yes {
        return Ok(());
    }
    let (input, id) = (std::io::stdin(), command.which.id);
    if !input.is_terminal() {
        let sentence = "the instance would be gone for good; say --yes to delete it";
        return Err(Failure::new(Exit::Usage, sentence));
    }
    // Not on standard output, which may be somebody's file.
    let mut screen = std::io::stderr();
    write!(
        screen,
        "instance {id} will be unlinked, and its keys and credentials destroyed for good.\n\
         Type yes to delete it: "
    )?;
    screen.flush()?;
    let mut answer = String::new();
    input.lock().read_line(&mut answer)?;
    if answer.trim().eq_ignore_ascii_case("yes") {
        Ok(())
    } else {
        Err(Failure::new(Exit::Usage, "nothing was deleted"))
    }
}
