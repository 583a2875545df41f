//! What an error says about the statement that met it.

use sea_orm::{
    ConnAcquireErr, DbErr, RuntimeErr,
    sqlx::{
        error::{DatabaseError, ErrorKind},
        postgres::{PgDatabaseError, PgSeverity},
    },
};

use crate::backend::Backend;

/// The kinds of errors that a writer treats differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Another transaction was in the way. Trying again may succeed.
    Interference,
    /// The write lock of SQLite was not free in time, because another process holds it, or the only
    /// connection that writes was waiting for it. Trying again may succeed.
    Busy,
    /// A unique index refused a row.
    Unique,
    /// The database cannot store these values, but could store others.
    Content,
    /// The database cannot be reached, or does not work.
    Database,
}

impl Failure {
    pub(crate) fn of(backend: Backend, error: &DbErr) -> Self {
        // Another call has the only connection that writes, and waits for the lock.
        if let (Backend::Sqlite, DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)) =
            (backend, error)
        {
            return Self::Busy;
        }
        let Some(error) = said(error) else { return Self::Database };
        let code = error.code().unwrap_or_default();
        match (backend, error.kind()) {
            (_, ErrorKind::UniqueViolation) => Self::Unique,
            (Backend::Postgres, _) => match code.get(..2) {
                Some("40") => Self::Interference,
                Some("22" | "23" | "54") => Self::Content,
                _ => Self::Database,
            },
            (Backend::Sqlite, ErrorKind::Other) => match primary(&code) {
                // SQLITE_ERROR, here for the JSON in a statement; SQLITE_TOOBIG; SQLITE_MISMATCH.
                Some(1 | 18 | 20) => Self::Content,
                // SQLITE_BUSY.
                Some(5) => Self::Busy,
                _ => Self::Database,
            },
            (Backend::Sqlite, _) => Self::Content,
        }
    }
}

/// Whether a server refused to write because it is a standby, or read-only for another reason.
pub(crate) fn is_read_only(error: &DbErr) -> bool {
    said(error).is_some_and(|it| it.code().as_deref() == Some("25006"))
}

/// Whether what was sent last may have been done although this was the answer: the connection was lost, or
/// whoever said it ended the session, which may be a pooler that has lost its server.
pub(crate) fn leaves_open(backend: Backend, error: &DbErr) -> bool {
    if let DbErr::ConnectionAcquire(_) | DbErr::Conn(_) = error {
        // There was no connection to send anything over.
        return false;
    }
    let Some(error) = said(error) else { return true };
    match backend {
        Backend::Postgres => error
            .try_downcast_ref::<PgDatabaseError>()
            .is_none_or(|it| matches!(it.severity(), PgSeverity::Fatal | PgSeverity::Panic)),
        // SQLITE_IOERR_FSYNC: what was written may be found whole at the next start.
        Backend::Sqlite => error.code().as_deref() == Some("1034"),
    }
}

/// Whether the database ended a statement because it took too long.
pub(crate) fn was_too_long(backend: Backend, error: &DbErr) -> bool {
    let code = said(error).and_then(DatabaseError::code).unwrap_or_default();
    match backend {
        Backend::Postgres => code == "57014",
        // SQLITE_INTERRUPT.
        Backend::Sqlite => primary(&code) == Some(9),
    }
}

/// What the database itself said.
fn said(error: &DbErr) -> Option<&dyn DatabaseError> {
    let (DbErr::Conn(RuntimeErr::SqlxError(error))
    | DbErr::Exec(RuntimeErr::SqlxError(error))
    | DbErr::Query(RuntimeErr::SqlxError(error))) = error
    else {
        return None;
    };
    error.as_database_error()
}

/// The primary result code of an extended one (<https://www.sqlite.org/rescode.html>).
fn primary(code: &str) -> Option<u32> {
    code.parse::<u32>().ok().map(|it| it & 0xff)
}
