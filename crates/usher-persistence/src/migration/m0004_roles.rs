//! Roles, organizations with domains, policies and seats, and tenants that allow redirects.

use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, big_integer_null, boolean, json_binary, timestamp_with_time_zone as time,
        timestamp_with_time_zone_null as time_null, uuid,
    },
};

use super::m0001_first::{index, table};
use crate::backend::Backend;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = match manager.get_database_backend() {
            sea_orm::DbBackend::Postgres => Backend::Postgres,
            _ => Backend::Sqlite,
        };
        manager.create_table(role(backend)).await?;
        for (table, column) in columns(backend) {
            let alter = Table::alter().table(table).add_column(column).take();
            manager.alter_table(alter).await?;
        }
        let connection = manager.get_connection();
        connection.execute_unprepared("UPDATE organization SET updated_at = created_at").await?;
        if let Some(given) = backend.given("organization", "updated_at", "now()") {
            connection.execute_unprepared(&given).await?;
        }
        connection.execute_unprepared(ONE_NAME).await?;
        for index in indexes(backend) {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

/// In SQL, for the builder has no such index for SQLite.
const ONE_NAME: &str =
    "CREATE UNIQUE INDEX role_name ON role (tenant_id, coalesce(organization_id, ''), name_folded)";

fn role(backend: Backend) -> TableCreateStatement {
    let text_null = |name: &'static str| ColumnDef::new_with_type(name, backend.text_type());
    let text = |name: &'static str| text_null(name).not_null().take();
    table(
        "role",
        &["tenant_id", "id"],
        [
            uuid("tenant_id"),
            text("id"),
            text_null("organization_id"),
            text("name"),
            text("name_folded"),
            text_null("description"),
            json_binary("permissions"),
            time("created_at"),
            time("updated_at"),
            big_integer("version"),
        ],
    )
}

fn columns(backend: Backend) -> Vec<(&'static str, ColumnDef)> {
    let text = |name: &'static str| ColumnDef::new_with_type(name, backend.text_type());
    let json = |name: &'static str, default: &str| json_binary(name).default(default).take();
    vec![
        ("organization", text("display_name")),
        ("organization", text("logo_url")),
        ("organization", json("domains", "[]")),
        ("organization", json("policies", "{}")),
        ("organization", text("metadata").not_null().default("{}").take()),
        ("organization", boolean("active").default(true).take()),
        ("organization", big_integer_null("seats")),
        // Never null but for a moment, here.
        ("organization", time_null("updated_at")),
        ("tenant", json("redirects", "[]")),
        ("tenant", big_integer("version").default(1).take()),
    ]
}

fn indexes(backend: Backend) -> Vec<IndexCreateStatement> {
    vec![
        index("organization_joined", "organization", &["tenant_id", "id"])
            .and_where(Expr::cust(backend.is_open_to_domains()))
            .take(),
        index("invitation_seat", "invitation", &["tenant_id", "organization_id", "expires_at"])
            .and_where(Expr::cust("status = 'pending' AND organization_id IS NOT NULL"))
            .take(),
    ]
}
