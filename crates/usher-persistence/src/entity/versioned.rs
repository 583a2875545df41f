//! What an aggregate declares in its entity file so that commits can write and remove it.

use std::error::Error;

use sea_orm::{DbErr, ModelTrait, QueryResult};
use serde::Serialize;
use usher_application::Conflict;
use uuid::Uuid;

/// What a row is known by: its tenant, and the conflict to report when it cannot be written.
pub(crate) type Key = (Uuid, Conflict);

/// An aggregate whose rows carry a version: version 1 is inserted, version n replaces n - 1.
pub(crate) trait Versioned: Sized {
    /// The row, and with it the table.
    type Row: ModelTrait + Serialize + for<'a> From<&'a Self>;

    fn version(&self) -> u32;

    fn key(&self) -> Key;

    /// The key of a row that a statement returns: it has the columns of the primary key,
    /// `tenant_id` and `id`.
    fn stored_key(row: &QueryResult) -> Result<Key, DbErr>;
}

/// An aggregate that can be removed. Its table has the columns `tenant_id`, `id` and `version`.
pub(crate) trait Removable: Versioned {
    /// Statements to run once rows are removed. `REMOVED` stands for a list of pairs, the tenant
    /// and the id of each removed row.
    const CASCADE: &'static [&'static str] = &[];
}

/// A text column, parsed.
pub(crate) fn parsed<T, E: Error>(
    row: &QueryResult,
    column: &str,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, DbErr> {
    parse(&row.try_get::<String>("", column)?).map_err(|it| DbErr::Type(it.to_string()))
}
