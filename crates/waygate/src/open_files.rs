//! How many files the process may have open. Connections count, and so do the keys of instances: a
//! flood of callers must not leave none for them.

/// Connections that may be open at once, of as many as are wanted: half of the files that the system
/// allows, whose limit is raised as far as it lets us. Many systems start a process with 1024.
#[cfg(unix)]
pub(crate) fn connections_that_fit(wanted: usize) -> usize {
    use rustix::process::{Resource, getrlimit, setrlimit};

    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::debug!(%error, "the limit of open files could not be raised");
    }
    let allowed = getrlimit(Resource::Nofile).current;
    let half = allowed.map(|files| usize::try_from(files / 2).unwrap_or(usize::MAX));
    half.map_or(wanted, |half| half.min(wanted))
}

#[cfg(not(unix))]
pub(crate) fn connections_that_fit(wanted: usize) -> usize {
    wanted
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn half_of_what_may_be_open_is_left_for_everything_else() {
        let most = connections_that_fit(usize::MAX);
        assert_eq!(connections_that_fit(1), 1);
        assert_eq!(connections_that_fit(most), most);
        assert_eq!(connections_that_fit(most.saturating_add(1)), most);
    }
}
