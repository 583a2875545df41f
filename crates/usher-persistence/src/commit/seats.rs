//! The seats of organizations: how many are used, and whether there are enough for a commit.

use sea_orm::{DbErr, QueryResult, sea_query::ColumnType};
use serde_json::json as object;
use usher_application::{Conflict, Seated};
use usher_domain::OrganizationId;

use crate::{
    backend::{Backend, Field},
    commit::row::Row,
    entity::versioned::{Key, parsed},
};

/// How many seats of the organization of a row `r` are used. An invitation for a user who is a member
/// takes none beside theirs. The version is there because the partial index asks for it.
pub(crate) const SEATS_USED: &str = "((SELECT count(*) FROM membership AS m \
     WHERE m.tenant_id = r.tenant_id AND m.organization_id = r.organization_id AND m.version > 0) \
     + (SELECT count(*) FROM invitation AS i WHERE i.tenant_id = r.tenant_id \
     AND i.organization_id = r.organization_id AND i.status = 'pending' AND i.expires_at > r.now \
     AND NOT EXISTS (SELECT 1 FROM membership AS h WHERE h.tenant_id = i.tenant_id \
     AND h.organization_id = i.organization_id AND h.user_id = i.user_id)))";

/// The columns of a row whose seats are counted.
pub(crate) fn fields() -> [Field; 3] {
    let now = Field { name: "now", kind: ColumnType::TimestampWithTimeZone };
    [Field::id("tenant_id"), Field::text("organization_id"), now]
}

/// The statements that count seats.
pub(super) struct Seats {
    /// Locks the organizations before any row is written.
    pub lock: Option<String>,
    /// Finds those that have fewer seats than are used.
    pub exceeded: String,
}

impl Seats {
    pub(super) fn new(backend: Backend) -> Self {
        let rows = backend.json_rows(1, &fields());
        Self {
            lock: backend.lock_organizations(&rows),
            exceeded: format!(
                "SELECT o.tenant_id, o.id FROM {rows} AS r JOIN organization AS o \
                 ON o.tenant_id = r.tenant_id AND o.id = r.organization_id \
                 WHERE o.seats IS NOT NULL AND {SEATS_USED} > o.seats"
            ),
        }
    }
}

pub(super) fn row(it: &Seated) -> Row {
    let json = object!({
        "tenant_id": it.tenant.0,
        "organization_id": it.organization.as_str(),
        "now": it.now,
    });
    let key = (it.tenant.0, Conflict::Seat(it.organization.clone()));
    Row { key, is_new: false, json: json.to_string() }
}

/// The key of an organization that has not enough seats.
pub(super) fn key(row: &QueryResult) -> Result<Key, DbErr> {
    let id = parsed(row, "id", OrganizationId::parse)?;
    Ok((row.try_get("", "tenant_id")?, Conflict::Seat(id)))
}
