//! The seats that must be there for all who come.

use sea_orm::{DbErr, QueryResult, sea_query::ColumnType};
use serde_json::json as object;
use usher_application::{Conflict, Seated};

use super::{
    table::Key,
    writer::{Row, organization_key},
};
use crate::backend::{Backend, Field};

/// How many seats of the organization of a row `r` are taken. The version is what the index asks for.
pub(crate) const TAKEN: &str = "((SELECT count(*) FROM membership AS m \
     WHERE m.tenant_id = r.tenant_id AND m.organization_id = r.organization_id AND m.version > 0) \
     + (SELECT count(*) FROM invitation AS i WHERE i.tenant_id = r.tenant_id \
     AND i.organization_id = r.organization_id AND i.status = 'pending' AND i.expires_at > r.now))";

/// The columns of a row whose seats are counted.
pub(crate) fn seated() -> [Field; 3] {
    let now = Field { name: "now", kind: ColumnType::TimestampWithTimeZone };
    [Field::id("tenant_id"), Field::text("organization_id"), now]
}

/// Counts seats.
pub(super) struct Seats {
    /// Holds the organizations fast before anybody is written.
    pub hold: Option<String>,
    /// Those that have not enough.
    pub exceeded: String,
}

impl Seats {
    pub(super) fn new(backend: Backend) -> Self {
        let rows = backend.json_rows(1, &seated());
        Self {
            hold: backend.lock_organizations(&rows),
            exceeded: format!(
                "SELECT o.tenant_id, o.id FROM {rows} AS r JOIN organization AS o \
                 ON o.tenant_id = r.tenant_id AND o.id = r.organization_id \
                 WHERE o.seats IS NOT NULL AND {TAKEN} > o.seats"
            ),
        }
    }
}

pub(super) fn seat(it: &Seated) -> Row {
    let json = object!({
        "tenant_id": it.tenant.0,
        "organization_id": it.organization.as_str(),
        "now": it.now,
    });
    let key = (it.tenant.0, Conflict::Seat(it.organization.clone()));
    Row { key, first: false, json: json.to_string() }
}

/// An organization that has not enough seats.
pub(super) fn seat_key(row: &QueryResult) -> Result<Key, DbErr> {
    let (tenant, loss) = organization_key(row)?;
    match loss {
        Conflict::Organization(id) => Ok((tenant, Conflict::Seat(id))),
        other => Ok((tenant, other)),
    }
}
