//! Profiles and tasks, users in the order of their names, and an outbox with lanes.

use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, big_integer_null, boolean, timestamp_with_time_zone as time,
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
        for table in tables(backend) {
            manager.create_table(table).await?;
        }
        for (table, column) in columns(backend) {
            let alter = Table::alter().table(table).add_column(column).take();
            manager.alter_table(alter).await?;
        }
        manager.get_connection().execute_unprepared(NAMES).await?;
        manager.drop_index(Index::drop().name("outbox_due").table("outbox").to_owned()).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        for table in ["person", "task", "slice"] {
            if let Some(roomy) = backend.leave_room(table) {
                manager.get_connection().execute_unprepared(&roomy).await?;
            }
        }
        for index in BY_NAME {
            manager.get_connection().execute_unprepared(index).await?;
        }
        manager.get_connection().execute_unprepared(backend.planner_statistics()).await?;
        Ok(())
    }
}

/// What users were called before this: `User::full_name` in SQL.
const NAMES: &str = "UPDATE person SET name_folded = nullif(lower(coalesce(
    display_name,
    CASE WHEN first_name IS NULL THEN last_name WHEN last_name IS NULL THEN first_name
        ELSE first_name || ' ' || last_name END,
    username, mailbox)), '')";

/// As filters compare them. In SQL, for the builder has no such indexes for SQLite.
const BY_NAME: [&str; 2] = [
    "CREATE INDEX person_first_name ON person (tenant_id, lower(first_name))",
    "CREATE INDEX person_last_name ON person (tenant_id, lower(last_name))",
];

fn tables(backend: Backend) -> Vec<TableCreateStatement> {
    let text_null = |name: &'static str| ColumnDef::new_with_type(name, backend.text_type());
    let text = |name: &'static str| text_null(name).not_null().take();
    vec![
        table(
            "profile",
            &["tenant_id", "id"],
            [
                uuid("tenant_id"),
                text("id"),
                text("address"),
                big_integer_null("lifetime"),
                text_null("template"),
                text_null("locale"),
                time_null("automatic_since"),
                boolean("new_only"),
                boolean("repeat"),
                time("created_at"),
                time("updated_at"),
                big_integer("version"),
            ],
        ),
        table(
            "task",
            &["id"],
            [
                uuid("id"),
                uuid("tenant_id"),
                text("creator"),
                text("authority"),
                text_null("launcher"),
                text_null("organization_id"),
                text("kind"),
                boolean("rehearsal"),
                boolean("submitted"),
                big_integer("rows"),
                big_integer("slices"),
                big_integer("next"),
                big_integer("invited"),
                big_integer("skipped"),
                big_integer("failed"),
                text_null("problems"),
                time("created_at"),
                time("updated_at"),
                time_null("submitted_at"),
                time_null("completed_at"),
                text_null("completion"),
                big_integer("version"),
            ],
        ),
        table(
            "slice",
            &["tenant_id", "task_id", "number"],
            [
                uuid("tenant_id"),
                uuid("task_id"),
                big_integer("number"),
                big_integer("version"),
                // What is asked for alone comes before what is long.
                text_null("problems"),
                text("rows"),
                text_null("outcomes"),
            ],
        ),
    ]
}

fn columns(backend: Backend) -> Vec<(&'static str, ColumnDef)> {
    let text = |name: &'static str| ColumnDef::new_with_type(name, backend.text_type());
    vec![
        ("person", text("invitation_profile")),
        ("person", time_null("reset_at")),
        ("person", text("name_folded")),
        ("invitation", text("template")),
        ("audit", text("detail")),
        // What is there already, and what a node that knows no lanes adds.
        ("outbox", text("lane").not_null().default("letters").take()),
    ]
}

fn indexes() -> Vec<IndexCreateStatement> {
    let partial = |name, table, columns, condition: &'static str| {
        index(name, table, columns).and_where(Expr::cust(condition)).take()
    };
    vec![
        index("person_name", "person", &["tenant_id", "name_folded", "id"]),
        partial(
            "invitation_invitee",
            "invitation",
            &["tenant_id", "user_id"],
            // Of no use to who asks for a mailbox, though a planner without statistics takes it.
            "status = 'pending' AND user_id IS NOT NULL",
        ),
        partial("outbox_turn", "outbox", &["lane", "tenant_id", "due_at", "id"], "dead IS NULL"),
        // Of no use to a claim, which a planner without statistics would make of it.
        partial("outbox_next", "outbox", &["lane", "due_at"], "dead IS NULL AND attempts >= 0"),
        index("task_page", "task", &["tenant_id", "created_at", "id"]),
        index("task_age", "task", &["created_at", "id"]),
        partial("task_open", "task", &["tenant_id", "created_at", "id"], "completion IS NULL"),
    ]
}
