//! How many files the process may have open, and how many connections that leaves room for.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::settings::{
    Settings,
    rules::{BadSettings, bad},
};

/// How many connections there may be unless the setting says otherwise.
const DEFAULT_CONNECTIONS: u64 = 10_000;

/// What usher opens besides connections: its log, its libraries, timers, look-ups of names.
const BESIDES: u64 = 128;

/// Files that one connection to the database holds: with SQLite the database and two beside it.
const PER_DATABASE_CONNECTION: u64 = 3;

/// Raises the limit of open files as far as the process may, and says how high it is; none: there is
/// no limit.
pub(crate) fn raise_limit() -> Option<u64> {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    if limit.current != limit.maximum
        && let Err(error) = setrlimit(Resource::Nofile, raised)
    {
        tracing::warn!(%error, "the limit of open files cannot be raised");
    }
    getrlimit(Resource::Nofile).current
}

/// How many connections `http.max_connections` allows, with so many open files in all.
pub(crate) fn connections(
    settings: &Settings,
    open_files: Option<u64>,
) -> Result<usize, BadSettings> {
    let database = u64::from(settings.database.max_connections) * PER_DATABASE_CONNECTION;
    let reserved = BESIDES + database + settings.mail_connections() * 2;
    let possible = open_files.unwrap_or(u64::MAX).saturating_sub(reserved);
    let wanted = match settings.http.max_connections {
        0 => possible.min(DEFAULT_CONNECTIONS),
        given => given.into(),
    };
    if wanted == 0 || wanted > possible {
        let limit = open_files.unwrap_or(u64::MAX);
        return Err(bad(
            "http.max_connections",
            format!(
                "with {limit} open files there is room for {possible} connections, since usher needs \
                 {reserved} files for the database, mails and itself; raise the limit of open files \
                 (ulimit -n, LimitNOFILE), or set a smaller number"
            ),
        ));
    }
    Ok(usize::try_from(wanted).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connections_with(setting: &str, open_files: Option<u64>) -> Result<usize, String> {
        let variable = ("USHER_HTTP__MAX_CONNECTIONS".to_owned(), setting.to_owned());
        let settings = Settings::load(None, [variable]).unwrap();
        connections(&settings, open_files).map_err(|it| it.0)
    }

    #[test]
    fn there_are_as_many_connections_as_open_files_leave_room_for() {
        assert_eq!(connections_with("0", None), Ok(10_000));
        assert_eq!(connections_with("0", Some(1_000_000)), Ok(10_000));
        assert_eq!(connections_with("0", Some(1024)), Ok(1024 - 128 - 16 * 3 - 8 * 2));
        assert_eq!(connections_with("64", Some(1024)), Ok(64));
        for (setting, open_files) in [("1000", 1024), ("0", 100)] {
            let error = connections_with(setting, Some(open_files)).unwrap_err();
            assert!(
                error.starts_with(&format!("http.max_connections: with {open_files} open files"))
                    && error.contains("ulimit -n"),
                "{error}"
            );
        }
    }

    #[test]
    fn the_limit_is_raised_as_far_as_it_may() {
        assert_eq!(raise_limit(), getrlimit(Resource::Nofile).maximum);
    }
}
