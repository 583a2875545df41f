//! The two statements that write to a table, whatever the number of rows.

use sea_orm::{
    ColumnTrait as _, DbErr, EntityTrait, IdenStatic as _, Iterable as _, PrimaryKeyToColumn as _,
    QueryResult,
};
use usher_application::Conflict;
use uuid::Uuid;

use crate::backend::{Backend, Field};

/// What a row is known by: its tenant, and what it is called when it is lost.
pub(crate) type Key = (Uuid, Conflict);

/// A table whose rows have versions.
pub(crate) struct Table {
    pub insert: String,
    pub update: String,
    pub key: fn(&QueryResult) -> Result<Key, DbErr>,
}

impl Table {
    pub(crate) fn of<E: EntityTrait>(
        backend: Backend,
        key: fn(&QueryResult) -> Result<Key, DbErr>,
    ) -> Self {
        let table = E::default().as_str();
        let keys = keys::<E>();
        let returned = keys.iter().map(|it| format!("\"{table}\".\"{it}\" AS \"{it}\""));
        let returned = returned.collect::<Vec<_>>().join(", ");
        let insert = insert::<E>(backend);
        let rows = backend.json_rows(1, &fields::<E>());
        let sets = E::Column::iter().map(|it| it.as_str()).filter(|it| !keys.contains(it));
        let sets = sets.map(|it| format!("\"{it}\" = r.\"{it}\"")).collect::<Vec<_>>().join(", ");
        let same = keys.iter().map(|it| format!("\"{table}\".\"{it}\" = r.\"{it}\""));
        let same = same.collect::<Vec<_>>().join(" AND ");
        Self {
            insert: format!("{insert} ON CONFLICT DO NOTHING RETURNING {returned}"),
            update: format!(
                "UPDATE \"{table}\" SET {sets} FROM {rows} AS r \
                 WHERE {same} AND \"{table}\".version = r.version - 1 RETURNING {returned}"
            ),
            key,
        }
    }
}

/// Inserts the rows of the first bind.
pub(crate) fn insert<E: EntityTrait>(backend: Backend) -> String {
    let table = E::default().as_str();
    let columns = E::Column::iter().map(|it| format!("\"{}\"", it.as_str())).collect::<Vec<_>>();
    let (columns, rows) = (columns.join(", "), backend.json_rows(1, &fields::<E>()));
    // SQLite takes the ON of a later ON CONFLICT for a join's without a WHERE.
    format!("INSERT INTO \"{table}\" ({columns}) SELECT {columns} FROM {rows} AS r WHERE true")
}

fn fields<E: EntityTrait>() -> Vec<Field> {
    let field =
        |it: E::Column| Field { name: it.as_str(), kind: it.def().get_column_type().clone() };
    E::Column::iter().map(field).collect()
}

/// What never changes: the tenant, the primary key, and the id, which tells what was removed from
/// what took its place.
fn keys<E: EntityTrait>() -> Vec<&'static str> {
    let primary: Vec<_> = E::PrimaryKey::iter().map(|it| it.into_column().as_str()).collect();
    let is_key = |it: &&str| primary.contains(it) || ["tenant_id", "id"].contains(it);
    E::Column::iter().map(|it| it.as_str()).filter(is_key).collect()
}
