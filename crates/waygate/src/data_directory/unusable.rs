//! Why something in the data directory cannot be used, in words for whoever can mend it.

use std::io::{Error, ErrorKind};
use std::path::Path;

use crate::exit::{Exit, Failure};

/// How a command ends that needs to do this to a place and cannot.
pub(crate) fn unusable(what: &str, place: &Path, deed: &str, error: &Error) -> Failure {
    unusable_by(place, what, place, deed, error)
}

/// The same where it is this, inside of it or beside it, that does not let us.
pub(crate) fn unusable_by(
    culprit: &Path,
    what: &str,
    place: &Path,
    deed: &str,
    error: &Error,
) -> Failure {
    let denied = error.kind() == ErrorKind::PermissionDenied;
    let why = if denied { why_denied(culprit, place) } else { None };
    let why = why.unwrap_or_else(|| error.to_string());
    Failure::new(Exit::Usage, format!("{what} {} cannot be {deed}: {why}", place.display()))
}

#[cfg(unix)]
fn why_denied(culprit: &Path, place: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    let (culprit, place) = (std::path::absolute(culprit).ok()?, std::path::absolute(place).ok()?);
    // What cannot be looked at lies in something that can.
    let (found, metadata) =
        culprit.ancestors().find_map(|place| Some((place, std::fs::metadata(place).ok()?)))?;
    let name = if found == place { "it".to_owned() } else { found.display().to_string() };
    Some(whose(&name, metadata.uid(), metadata.mode(), running_as()))
}

#[cfg(not(unix))]
fn why_denied(_culprit: &Path, _place: &Path) -> Option<String> {
    None
}

/// Says whose it is where that is the trouble, and else how it is protected.
#[cfg(unix)]
fn whose(name: &str, owner: u32, mode: u32, us: Option<u32>) -> String {
    match us {
        Some(us) if us != owner => {
            format!("{name} belongs to user {}, and this runs as user {}", user(owner), user(us))
        }
        Some(_) | None => format!("{name} has mode {:04o}", mode & 0o7777),
    }
}

/// The number of the user as whom this runs, where the system shows it as the owner of a file.
#[cfg(unix)]
fn running_as() -> Option<u32> {
    let ourselves = std::fs::metadata("/proc/self").ok()?;
    Some(std::os::unix::fs::MetadataExt::uid(&ourselves))
}

/// The name of a user, where the system has it in its list; else the number.
#[cfg(unix)]
fn user(number: u32) -> String {
    let listed = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = listed.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, _password) = (fields.next()?, fields.next()?);
        (fields.next()?.parse() == Ok(number)).then(|| name.to_owned())
    });
    name.unwrap_or_else(|| number.to_string())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_is_named_where_that_is_the_trouble_and_else_the_mode() {
        let sentence = whose("it", 0, 0o040_755, Some(4_000_000_001));
        assert_eq!(sentence, "it belongs to user root, and this runs as user 4000000001");
        assert_eq!(whose("/srv", 7, 0o040_555, Some(7)), "/srv has mode 0555");
    }

    #[test]
    fn what_is_no_matter_of_permissions_is_told_by_the_system() {
        let full = Error::from(ErrorKind::StorageFull);
        let failure = unusable("the data directory", Path::new("/srv"), "written", &full);
        assert_eq!(failure.exit(), Exit::Usage);
        let told = format!("{failure:?}");
        assert!(told.contains("the data directory /srv cannot be written: no storage"), "{told}");
    }
}
