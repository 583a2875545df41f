//! The tasks of a tenant that are not completed: whether there are too many for a commit.

use sea_orm::{DbErr, QueryResult, sea_query::ColumnType};
use serde_json::json as object;
use usher_application::{Conflict, Queued};
use usher_domain::TenantId;

use crate::{
    backend::{Backend, Field},
    commit::row::Row,
    entity::versioned::Key,
};

/// The statements that count the tasks of tenants. Those that usher submits by itself do not count.
pub(super) struct TaskQueue {
    /// Locks the tenants before any row is written.
    pub lock: Option<String>,
    /// Finds those that have more than they may.
    pub exceeded: String,
}

impl TaskQueue {
    pub(super) fn new(backend: Backend) -> Self {
        let most = Field { name: "most", kind: ColumnType::BigInteger };
        let rows = backend.json_rows(1, &[Field::id("tenant_id"), most]);
        Self {
            lock: backend.lock_tenants(&rows),
            exceeded: format!(
                "SELECT r.tenant_id FROM {rows} AS r WHERE r.most < (SELECT count(*) FROM task AS t \
                 WHERE t.tenant_id = r.tenant_id AND t.completion IS NULL AND t.kind = 'invite')"
            ),
        }
    }
}

pub(super) fn row(it: &Queued) -> Row {
    let json = object!({ "tenant_id": it.tenant.0, "most": it.most });
    let key = (it.tenant.0, Conflict::Queue(it.tenant));
    Row { key, is_new: false, json: json.to_string() }
}

/// The key of a tenant that has too many tasks.
pub(super) fn key(row: &QueryResult) -> Result<Key, DbErr> {
    let id = row.try_get("", "tenant_id")?;
    Ok((id, Conflict::Queue(TenantId(id))))
}
