//! The statements that remove rows from a table, and what they take along.

use sea_orm::{DbErr, EntityTrait, ModelTrait, QueryResult};

use crate::{
    backend::{Backend, Field},
    commit::table::{fields, returned},
    entity::versioned::{Key, Removable},
};

/// The statement that removes rows from a table, and how it tells which were there.
pub(super) struct Removal {
    pub table: &'static str,
    pub delete: String,
    pub key: fn(&QueryResult) -> Result<Key, DbErr>,
    /// What is deleted or changed along with them.
    pub cascade: Vec<String>,
}

impl Removal {
    pub(super) fn of<T: Removable>(backend: Backend) -> Self {
        Self::with_key::<<T::Row as ModelTrait>::Entity>(backend, T::stored_key, T::CASCADE)
    }

    fn with_key<E: EntityTrait>(
        backend: Backend,
        key: fn(&QueryResult) -> Result<Key, DbErr>,
        cascade: &[&str],
    ) -> Self {
        let table = E::default().as_str();
        let found_by = ["tenant_id", "id", "version"];
        let is_found_by = |it: &Field| found_by.contains(&it.name);
        let fields: Vec<_> = fields::<E>().into_iter().filter(is_found_by).collect();
        let (rows, names) = (backend.json_rows(1, &fields), found_by.join(", "));
        let removed = format!("(SELECT tenant_id, id FROM {rows} AS r)");
        Self {
            table,
            delete: format!(
                "DELETE FROM {table} WHERE ({names}) IN (SELECT {names} FROM {rows} AS r) \
                 RETURNING {}",
                returned::<E>()
            ),
            key,
            cascade: cascade.iter().map(|it| it.replace("REMOVED", &removed)).collect(),
        }
    }
}
