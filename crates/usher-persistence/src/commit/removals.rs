//! What goes with a commit.

use sea_orm::{DbErr, QueryResult, sea_query::ColumnType};
use serde_json::{Value, json as object};
use usher_application::{Changes, Conflict};
use usher_domain::TenantId;

use super::writer::{Row, membership_key, organization_key, role_key};
use crate::{
    backend::{Backend, Field},
    commit::table::Key,
};

/// From how many tables rows go.
pub(super) const GOING: usize = 3;

/// The statement that takes rows out of a table, and how it tells which were there.
pub(super) struct Removal {
    pub sql: String,
    pub key: fn(&QueryResult) -> Result<Key, DbErr>,
    /// What goes with them.
    pub cascade: Vec<String>,
}

/// What goes with organizations, and what becomes of what is left of them.
const WITH_AN_ORGANIZATION: [&str; 4] = [
    "DELETE FROM membership WHERE version > 0 AND (tenant_id, organization_id) IN GONE",
    "DELETE FROM role WHERE (tenant_id, organization_id) IN GONE",
    "UPDATE organization SET parent_id = NULL, version = version + 1 \
     WHERE parent_id IS NOT NULL AND (tenant_id, parent_id) IN GONE",
    "UPDATE person SET home_id = NULL, version = version + 1 \
     WHERE home_id IS NOT NULL AND (tenant_id, home_id) IN GONE",
];

/// In the order of [`rows`].
pub(super) fn removals(backend: Backend) -> [Removal; GOING] {
    let removal = |table: &str, id: Field, keys: &str, key, cascade: &[&str]| {
        let version = Field { name: "version", kind: ColumnType::BigInteger };
        let fields = [Field::id("tenant_id"), id, version];
        let names = fields.iter().map(|it| it.name).collect::<Vec<_>>().join(", ");
        let rows = backend.json_rows(1, &fields);
        let of =
            |what: &&str| what.replace("GONE", &format!("(SELECT tenant_id, id FROM {rows} AS r)"));
        Removal {
            sql: format!(
                "DELETE FROM {table} WHERE ({names}) IN (SELECT {names} FROM {rows} AS r) \
                 RETURNING tenant_id, {keys}"
            ),
            key,
            cascade: cascade.iter().map(of).collect(),
        }
    };
    [
        removal("membership", Field::id("id"), "user_id, organization_id", membership_key, &[]),
        removal("role", Field::text("id"), "id", role_key, &[]),
        removal("organization", Field::text("id"), "id", organization_key, &WITH_AN_ORGANIZATION),
    ]
}

/// The rows as they must be found to go.
pub(super) fn rows(changes: &Changes) -> [Vec<Row>; GOING] {
    let row = |tenant: TenantId, loss, mut json: Value, version: u32| {
        json["tenant_id"] = tenant.0.to_string().into();
        json["version"] = version.into();
        Row { key: (tenant.0, loss), first: false, json: json.to_string() }
    };
    let Changes { removed, removed_roles, removed_organizations, .. } = changes;
    let memberships = removed.iter().map(|it| {
        let json = object!({ "id": it.id.0 });
        let loss = Conflict::Membership(it.user.clone(), it.organization.clone());
        row(it.tenant, loss, json, it.version)
    });
    let roles = removed_roles.iter().map(|it| {
        let json = object!({ "id": it.id.as_str() });
        row(it.tenant, Conflict::Role(it.id.clone()), json, it.version)
    });
    let organizations = removed_organizations.iter().map(|it| {
        let json = object!({ "id": it.id.as_str() });
        row(it.tenant, Conflict::Organization(it.id.clone()), json, it.version)
    });
    [memberships.collect(), roles.collect(), organizations.collect()]
}
