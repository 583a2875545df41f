//! The first tables.

use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, boolean, json_binary, timestamp_with_time_zone as time,
        timestamp_with_time_zone_null as time_null, uuid,
    },
};

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
        for index in indexes() {
            manager.create_index(index).await?;
        }
        manager.get_connection().execute_unprepared(ONE_PENDING).await?;
        Ok(())
    }
}

/// A place has one pending invitation. In SQL, for the builder has no such index for SQLite.
const ONE_PENDING: &str = "CREATE UNIQUE INDEX invitation_place ON invitation \
     (tenant_id, mailbox_folded, coalesce(organization_id, '')) WHERE status = 'pending'";

/// No foreign keys: they would be looked up with every row of every batch, and what they could
/// forbid cannot be said through the ports.
#[expect(clippy::too_many_lines, reason = "a list")]
fn tables(backend: Backend) -> Vec<TableCreateStatement> {
    let text_null = |name: &'static str| ColumnDef::new_with_type(name, backend.text_type());
    let text = |name: &'static str| text_null(name).not_null().take();
    vec![
        table(
            "tenant",
            &["id"],
            [uuid("id"), text("name"), text("display_name"), text("locale"), time("created_at")],
        ),
        table(
            "organization",
            &["tenant_id", "id"],
            [
                uuid("tenant_id"),
                text("id"),
                text_null("code"),
                text("name"),
                text_null("parent_id"),
                time("created_at"),
                big_integer("version"),
            ],
        ),
        table(
            "person",
            &["tenant_id", "id"],
            [
                uuid("tenant_id"),
                text("id"),
                text("status"),
                text_null("username"),
                text_null("username_folded"),
                text_null("mailbox"),
                text_null("mailbox_folded"),
                text_null("personal_mailbox"),
                text_null("phone"),
                text_null("first_name"),
                text_null("last_name"),
                text_null("display_name"),
                text_null("locale"),
                text_null("password"),
                text_null("authority"),
                json_binary("roles"),
                text_null("home_id"),
                text("profile"),
                text("attributes"),
                big_integer("failures"),
                time_null("not_before"),
                time("created_at"),
                time("updated_at"),
                big_integer("version"),
            ],
        ),
        table(
            "membership",
            &["tenant_id", "user_id", "organization_id"],
            [
                uuid("tenant_id"),
                text("user_id"),
                text("organization_id"),
                json_binary("roles"),
                text_null("pin"),
                boolean("pin_allowed"),
                time("joined_at"),
                big_integer("version"),
            ],
        ),
        table(
            "invitation",
            &["id"],
            [
                uuid("id"),
                uuid("tenant_id"),
                text("mailbox"),
                text("mailbox_folded"),
                text_null("user_id"),
                text_null("name"),
                text_null("organization_id"),
                json_binary("roles"),
                text_null("authority"),
                json_binary("labels"),
                text_null("redirect"),
                text_null("message"),
                text_null("locale"),
                text_null("inviter_id"),
                text_null("inviter"),
                big_integer("lifetime"),
                boolean("quiet"),
                text("creator"),
                text("updater"),
                time("issued_at"),
                time("updated_at"),
                time("expires_at"),
                big_integer("letters"),
                time("mailed_at"),
                big_integer("generation"),
                time_null("previous_until"),
                text("status"),
                big_integer("version"),
            ],
        ),
        table(
            "credential",
            &["id"],
            [
                uuid("id"),
                uuid("tenant_id"),
                text("secret"),
                text("authority"),
                text_null("user_id"),
                text_null("organization_id"),
                time("created_at"),
                time_null("revoked_at"),
                big_integer("version"),
            ],
        ),
        table(
            "session",
            &["id"],
            [
                uuid("id"),
                uuid("tenant_id"),
                text("user_id"),
                time("created_at"),
                time("expires_at"),
                big_integer("version"),
            ],
        ),
        table(
            "outbox",
            &["id"],
            [
                uuid("id"),
                uuid("tenant_id"),
                text("errand"),
                uuid("subject_id"),
                big_integer("letter"),
                time("due_at"),
                time_null("waited_from"),
                big_integer("attempts"),
                text_null("dead"),
            ],
        ),
        table(
            "delivery",
            &["tenant_id", "invitation_id", "id"],
            [
                uuid("tenant_id"),
                uuid("invitation_id"),
                uuid("id"),
                big_integer("letter"),
                big_integer("attempt"),
                time("at"),
                text("outcome"),
                text("answer"),
            ],
        ),
        table(
            "audit",
            &["tenant_id", "id"],
            [
                uuid("tenant_id"),
                uuid("id"),
                time("at"),
                text("actor"),
                text("action"),
                text("subject"),
            ],
        ),
    ]
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        index("tenant_name", "tenant", &["name"]).unique().take(),
        index("organization_code", "organization", &["tenant_id", "code"]).unique().take(),
        index("organization_name", "organization", &["tenant_id", "name"]),
        index("person_username", "person", &["tenant_id", "username_folded"]).unique().take(),
        index("person_mailbox", "person", &["tenant_id", "mailbox_folded"]).unique().take(),
        index("invitation_page", "invitation", &["tenant_id", "issued_at", "id"]),
        index(
            "invitation_mailbox",
            "invitation",
            &["tenant_id", "mailbox_folded", "issued_at", "id"],
        ),
        index("credential_page", "credential", &["tenant_id", "created_at", "id"]),
        index("outbox_due", "outbox", &["due_at", "id"])
            .and_where(Expr::cust("dead IS NULL"))
            .take(),
    ]
}

pub(super) fn table(
    name: &'static str,
    key: &[&'static str],
    columns: impl IntoIterator<Item = ColumnDef>,
) -> TableCreateStatement {
    let mut table = Table::create().table(name).take();
    for column in columns {
        table.col(column);
    }
    let mut primary = Index::create();
    for column in key {
        primary.col(*column);
    }
    table.primary_key(&mut primary).take()
}

pub(super) fn index(
    name: &'static str,
    table: &'static str,
    columns: &[&'static str],
) -> IndexCreateStatement {
    let mut index = Index::create().name(name).table(table).take();
    for column in columns {
        index.col(*column);
    }
    index
}
