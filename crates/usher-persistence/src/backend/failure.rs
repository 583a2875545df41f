//! What an error says about the statement that met it.

use sea_orm::{DbErr, RuntimeErr, sqlx::error::ErrorKind};

use crate::backend::Backend;

/// The kinds of errors that a writer treats differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Another transaction was in the way: the same again may succeed.
    Interference,
    /// A unique index refused a row.
    Unique,
    /// The database cannot keep these values; others it could.
    Content,
    /// The database itself cannot do its work.
    Database,
}

impl Failure {
    pub(crate) fn of(backend: Backend, error: &DbErr) -> Self {
        let (DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error))) = error
        else {
            return Self::Database;
        };
        let Some(error) = error.as_database_error() else { return Self::Database };
        let code = error.code().unwrap_or_default();
        match (backend, error.kind()) {
            (_, ErrorKind::UniqueViolation) => Self::Unique,
            (Backend::Postgres, _) => match code.get(..2) {
                Some("40") => Self::Interference,
                Some("22" | "23" | "54") => Self::Content,
                _ => Self::Database,
            },
            (Backend::Sqlite, ErrorKind::Other) => match &*code {
                // An error in the statement, here in its JSON; too big; of a wrong type.
                "1" | "18" | "20" => Self::Content,
                _ => Self::Database,
            },
            (Backend::Sqlite, _) => Self::Content,
        }
    }
}
