//! Memberships with letters and pins that sign in, and letters that are about them.

use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, big_integer_null, timestamp_with_time_zone_null as time_null, uuid_null,
    },
};

use super::m0001_first::index;
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
        for (table, column) in columns(backend) {
            let alter = Table::alter().table(table).add_column(column).take();
            manager.alter_table(alter).await?;
        }
        let connection = manager.get_connection();
        if let Some(roomy) = backend.leave_room("membership") {
            connection.execute_unprepared(&roomy).await?;
        }
        let id = backend.random_id();
        connection
            .execute_unprepared(&format!("UPDATE membership SET id = {id}, mailed_at = joined_at"))
            .await?;
        for (column, value) in [("id", id), ("mailed_at", "now()")] {
            if let Some(given) = backend.given("membership", column, value) {
                connection.execute_unprepared(&given).await?;
            }
        }
        connection.execute_unprepared(ONE_HOLDER).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        connection.execute_unprepared(BY_FIRST_NAME).await?;
        if let Some(assumption) = backend.assumption("person_first_name", "100000 10000 20 1") {
            connection.execute_unprepared(&assumption).await?;
        }
        Ok(())
    }
}

/// As users are sorted by it, too.
const BY_FIRST_NAME: &str = "DROP INDEX person_first_name;
    CREATE INDEX person_first_name ON person (tenant_id, lower(first_name), id)";

/// Nobody could sign in with a pin before. One that several were given tells nobody from another.
const ONE_HOLDER: &str = "UPDATE membership SET pin = NULL
    WHERE (tenant_id, organization_id, pin) IN (
        SELECT tenant_id, organization_id, pin FROM membership
        WHERE pin IS NOT NULL GROUP BY tenant_id, organization_id, pin HAVING count(*) > 1)";

fn columns(backend: Backend) -> Vec<(&'static str, ColumnDef)> {
    let text = |name: &'static str| ColumnDef::new_with_type(name, backend.text_type());
    let none = |name: &'static str| big_integer(name).default(0).take();
    vec![
        // Never null but for a moment, here, and so is when the last letter was decided on.
        ("membership", uuid_null("id")),
        ("membership", uuid_null("pin_seed")),
        ("membership", big_integer_null("pin_step")),
        ("membership", none("failures")),
        ("membership", time_null("not_before")),
        ("membership", none("letters")),
        ("membership", time_null("mailed_at")),
        ("organization", none("failures")),
        ("organization", time_null("not_before")),
        ("session", text("organization_id")),
        ("delivery", text("about").not_null().default("invitation").take()),
    ]
}

fn indexes() -> Vec<IndexCreateStatement> {
    let partial = |name, table, columns, condition: &'static str| {
        index(name, table, columns).and_where(Expr::cust(condition)).take()
    };
    let pin = ["tenant_id", "organization_id", "pin"];
    let place = ["tenant_id", "organization_id", "user_id"];
    vec![
        index("membership_id", "membership", &["id"]).unique().take(),
        partial("membership_pin", "membership", &pin, "pin IS NOT NULL").unique().take(),
        // Of no use to who asks for a pin, though a planner without statistics takes it.
        partial("membership_place", "membership", &place, "version > 0"),
        partial(
            "organization_parent",
            "organization",
            &["tenant_id", "parent_id"],
            "parent_id IS NOT NULL",
        ),
        partial("person_home", "person", &["tenant_id", "home_id"], "home_id IS NOT NULL"),
    ]
}
