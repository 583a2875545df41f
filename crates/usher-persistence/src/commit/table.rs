//! The two statements that write to a table, whatever the number of rows.

use sea_orm::{
    ColumnTrait as _, DbErr, EntityTrait, IdenStatic as _, Iterable as _, ModelTrait,
    PrimaryKeyToColumn as _, QueryResult,
};

use crate::{
    backend::{Backend, Field},
    entity::versioned::{Key, Versioned},
};

/// A table whose rows have versions. Its statements have one bind: the rows.
pub(super) struct Table {
    pub name: &'static str,
    pub insert: String,
    pub update: String,
    /// What to put behind them, for rows that tell which were written.
    returning: String,
    pub key: fn(&QueryResult) -> Result<Key, DbErr>,
}

impl Table {
    pub(super) fn of<T: Versioned>(backend: Backend) -> Self {
        Self::with_key::<<T::Row as ModelTrait>::Entity>(backend, T::stored_key)
    }

    fn with_key<E: EntityTrait>(
        backend: Backend,
        key: fn(&QueryResult) -> Result<Key, DbErr>,
    ) -> Self {
        let name = E::default().as_str();
        let keys = keys::<E>();
        let insert = insert::<E>(backend);
        let rows = backend.json_rows(1, &fields::<E>());
        let sets = E::Column::iter().map(|it| it.as_str()).filter(|it| !keys.contains(it));
        let sets = sets.map(|it| format!("\"{it}\" = r.\"{it}\"")).collect::<Vec<_>>().join(", ");
        let same = keys.iter().map(|it| format!("\"{name}\".\"{it}\" = r.\"{it}\""));
        let same = same.collect::<Vec<_>>().join(" AND ");
        Self {
            name,
            insert: format!("{insert} ON CONFLICT DO NOTHING"),
            update: format!(
                "UPDATE \"{name}\" SET {sets} FROM {rows} AS r \
                 WHERE {same} AND \"{name}\".version = r.version - 1"
            ),
            returning: format!(" RETURNING {}", returned::<E>()),
            key,
        }
    }

    /// The statement that inserts rows, or replaces them, and returns the keys of those written.
    pub(super) fn writing(&self, is_new: bool) -> String {
        (if is_new { &self.insert } else { &self.update }).clone() + &self.returning
    }
}

/// The statement that inserts the rows of the first bind.
pub(crate) fn insert<E: EntityTrait>(backend: Backend) -> String {
    let table = E::default().as_str();
    let columns = E::Column::iter().map(|it| format!("\"{}\"", it.as_str())).collect::<Vec<_>>();
    let (columns, rows) = (columns.join(", "), backend.json_rows(1, &fields::<E>()));
    // Without a WHERE, SQLite takes the ON of a later ON CONFLICT for that of a join.
    format!("INSERT INTO \"{table}\" ({columns}) SELECT {columns} FROM {rows} AS r WHERE true")
}

/// The columns of a table.
pub(super) fn fields<E: EntityTrait>() -> Vec<Field> {
    let field =
        |it: E::Column| Field { name: it.as_str(), kind: it.def().get_column_type().clone() };
    E::Column::iter().map(field).collect()
}

/// The columns by which the rows that a statement returns are told apart.
pub(super) fn returned<E: EntityTrait>() -> String {
    let table = E::default().as_str();
    let columns = keys::<E>().into_iter().map(|it| format!("\"{table}\".\"{it}\" AS \"{it}\""));
    columns.collect::<Vec<_>>().join(", ")
}

/// What never changes: the tenant, the primary key, and the id, which tells a removed row from
/// the one that took its place.
fn keys<E: EntityTrait>() -> Vec<&'static str> {
    let primary: Vec<_> = E::PrimaryKey::iter().map(|it| it.into_column().as_str()).collect();
    let is_key = |it: &&str| primary.contains(it) || ["tenant_id", "id"].contains(it);
    E::Column::iter().map(|it| it.as_str()).filter(is_key).collect()
}
