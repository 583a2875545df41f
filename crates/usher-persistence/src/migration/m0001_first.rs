//! The first schema. What is a tenant's has the tenant in each of its keys, so that it can be split by that.
//!
//! It has no foreign keys: they would be looked up with every row of every batch, and what they
//! could forbid cannot be said through the ports.

use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, big_integer_null, boolean, json_binary, timestamp_with_time_zone as time,
        timestamp_with_time_zone_null as time_null, uuid, uuid_null,
    },
};

use crate::{backend::Backend, migration::indexes::more_indexes};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let is_postgres = manager.get_database_backend() == sea_orm::DbBackend::Postgres;
        let backend = if is_postgres { Backend::Postgres } else { Backend::Sqlite };
        let schema = Schema(backend);
        let groups = [
            schema.organizations(),
            schema.users(),
            schema.invitations(),
            schema.background(),
            schema.counts(),
        ];
        for table in groups.into_iter().flatten() {
            manager.create_table(table).await?;
        }
        let connection = manager.get_connection();
        for index in INDEXES.into_iter().chain(more_indexes(backend)) {
            connection.execute_unprepared(index).await?;
        }
        let open = format!(
            "CREATE INDEX organization_joined ON organization (tenant_id, id) WHERE {}",
            backend.is_open_to_domains()
        );
        connection.execute_unprepared(&open).await?;
        // Their rows change often, in columns without an index.
        for table in ["person", "membership", "task", "slice", "quota_count"] {
            if let Some(leave_room) = backend.leave_room(table) {
                connection.execute_unprepared(&leave_room).await?;
            }
        }
        connection.execute_unprepared(backend.planner_statistics()).await?;
        Ok(())
    }
}

/// The indexes. Where two of a table serve a query equally well, SQLite's planner goes by their
/// order.
const INDEXES: [&str; 30] = [
    "CREATE INDEX quota_count_end ON quota_count (ends_at)",
    "CREATE INDEX attempt_expiry ON attempt (expires_at)",
    "CREATE UNIQUE INDEX tenant_name ON tenant (name)",
    "CREATE UNIQUE INDEX organization_code ON organization (tenant_id, code)",
    "CREATE INDEX organization_code_folded ON organization (tenant_id, code_folded)",
    "CREATE INDEX organization_name ON organization (tenant_id, name)",
    "CREATE INDEX organization_parent ON organization (tenant_id, parent_id)
        WHERE parent_id IS NOT NULL",
    "CREATE UNIQUE INDEX role_name
        ON role (tenant_id, coalesce(organization_id, ''), name_folded)",
    "CREATE UNIQUE INDEX person_username ON person (tenant_id, username_folded)",
    "CREATE UNIQUE INDEX person_mailbox ON person (tenant_id, mailbox_folded)",
    "CREATE UNIQUE INDEX person_letters ON person (tenant_id, letters_id)
        WHERE letters_id IS NOT NULL",
    "CREATE INDEX session_person ON session (tenant_id, user_id, created_at)",
    "CREATE INDEX person_name ON person (tenant_id, name_folded, id)",
    // As filters compare them.
    "CREATE INDEX person_last_name ON person (tenant_id, lower(last_name))",
    "CREATE INDEX person_home ON person (tenant_id, home_id) WHERE home_id IS NOT NULL",
    // As filters compare them, and users are sorted by them.
    "CREATE INDEX person_first_name ON person (tenant_id, lower(first_name), id)",
    "CREATE UNIQUE INDEX membership_id ON membership (tenant_id, id)",
    "CREATE UNIQUE INDEX membership_pin ON membership (tenant_id, organization_id, pin)
        WHERE pin IS NOT NULL",
    // Of no use to a query for a pin, though a planner without statistics would take it.
    "CREATE INDEX membership_place ON membership (tenant_id, organization_id, user_id)
        WHERE version > 0",
    "CREATE INDEX invitation_page ON invitation (tenant_id, issued_at, id)",
    "CREATE INDEX invitation_mailbox ON invitation (tenant_id, mailbox_folded, issued_at, id)",
    // A mailbox has one pending invitation to an organization, or to none.
    "CREATE UNIQUE INDEX invitation_place
        ON invitation (tenant_id, mailbox_folded, coalesce(organization_id, ''))
        WHERE status = 'pending'",
    "CREATE INDEX invitation_seat ON invitation (tenant_id, organization_id, expires_at)
        WHERE status = 'pending' AND organization_id IS NOT NULL",
    "CREATE INDEX credential_page ON credential (tenant_id, created_at, id)",
    "CREATE INDEX credential_person ON credential (tenant_id, user_id)
        WHERE user_id IS NOT NULL AND revoked_at IS NULL",
    "CREATE INDEX outbox_turn ON outbox (lane, tenant_id, due_at, id) WHERE dead IS NULL",
    // Of no use to a claim, for which a planner without statistics would take it.
    "CREATE INDEX outbox_next ON outbox (lane, due_at) WHERE dead IS NULL AND attempts >= 0",
    "CREATE INDEX task_page ON task (tenant_id, created_at, id)",
    "CREATE INDEX task_age ON task (created_at, id)",
    "CREATE INDEX task_open ON task (tenant_id, created_at, id) WHERE completion IS NULL",
];

/// The tables, in groups.
struct Schema(Backend);

impl Schema {
    fn organizations(&self) -> Vec<TableCreateStatement> {
        vec![
            table(
                "tenant",
                &["id"],
                [
                    uuid("id"),
                    self.text("name"),
                    self.text("display_name"),
                    self.text("locale"),
                    time("created_at"),
                    json("redirects", "[]"),
                    big_integer("version").default(1).take(),
                ],
            ),
            table(
                "organization",
                &["tenant_id", "id"],
                [
                    uuid("tenant_id"),
                    self.text("id"),
                    self.text_null("code"),
                    self.text_null("code_folded"),
                    self.text("name"),
                    self.text_null("parent_id"),
                    time("created_at"),
                    big_integer("version"),
                    self.text_null("display_name"),
                    self.text_null("logo_url"),
                    json("domains", "[]"),
                    json("policies", "{}"),
                    self.text("metadata").default("{}").take(),
                    boolean("active").default(true).take(),
                    big_integer_null("seats"),
                    self.given(time_null("updated_at"), "now()"),
                ],
            ),
            table(
                "role",
                &["tenant_id", "id"],
                [
                    uuid("tenant_id"),
                    self.text("id"),
                    self.text_null("organization_id"),
                    self.text("name"),
                    self.text("name_folded"),
                    self.text_null("description"),
                    json_binary("permissions"),
                    self.text("given_by"),
                    time("created_at"),
                    time("updated_at"),
                    big_integer("version"),
                ],
            ),
        ]
    }

    fn users(&self) -> Vec<TableCreateStatement> {
        vec![
            table(
                "person",
                &["tenant_id", "id"],
                [
                    uuid("tenant_id"),
                    self.text("id"),
                    self.text("status"),
                    self.text_null("username"),
                    self.text_null("username_folded"),
                    self.text_null("mailbox"),
                    self.text_null("mailbox_folded"),
                    self.text_null("personal_mailbox"),
                    self.text_null("phone"),
                    self.text_null("first_name"),
                    self.text_null("last_name"),
                    self.text_null("display_name"),
                    self.text_null("locale"),
                    self.text_null("password"),
                    self.text_null("authority"),
                    json_binary("roles"),
                    self.text_null("home_id"),
                    self.text("profile"),
                    self.text("attributes"),
                    time("created_at"),
                    time("updated_at"),
                    big_integer("version"),
                    self.text_null("invitation_profile"),
                    time_null("mailbox_proven_at"),
                    time_null("void_before"),
                    uuid_null("letters_id"),
                    json("letters", "{}"),
                    json("gifts", "[]"),
                    self.text_null("name_folded"),
                ],
            ),
            table(
                "membership",
                &["tenant_id", "user_id", "organization_id"],
                [
                    uuid("tenant_id"),
                    self.text("user_id"),
                    self.text("organization_id"),
                    json_binary("roles"),
                    self.text_null("pin"),
                    boolean("pin_allowed"),
                    time("joined_at"),
                    json("gifts", "[]"),
                    big_integer("version"),
                    self.given(uuid_null("id"), "gen_random_uuid()"),
                    uuid_null("pin_seed"),
                    big_integer_null("pin_step"),
                    none("letters"),
                    self.given(time_null("mailed_at"), "now()"),
                ],
            ),
            table(
                "credential",
                &["tenant_id", "id"],
                [
                    uuid("tenant_id"),
                    uuid("id"),
                    self.text("secret_digest"),
                    self.text("authority"),
                    self.text_null("user_id"),
                    self.text_null("organization_id"),
                    self.text("made_by"),
                    time("created_at"),
                    time_null("revoked_at"),
                    time_null("expires_at"),
                    big_integer("version"),
                ],
            ),
            table(
                "session",
                &["tenant_id", "id"],
                [
                    uuid("tenant_id"),
                    uuid("id"),
                    self.text("user_id"),
                    time("created_at"),
                    time("expires_at"),
                    big_integer("version"),
                    self.text_null("organization_id"),
                    self.text_null("browser_family"),
                    self.text_null("browser_system"),
                ],
            ),
        ]
    }

    fn invitations(&self) -> Vec<TableCreateStatement> {
        vec![
            self.numbered(
                "invitation",
                [
                    uuid("tenant_id"),
                    uuid("id"),
                    self.text("mailbox"),
                    self.text("mailbox_folded"),
                    self.text_null("user_id"),
                    self.text_null("name"),
                    self.text_null("organization_id"),
                    json_binary("roles"),
                    self.text_null("authority"),
                    json_binary("labels"),
                    self.text_null("redirect"),
                    self.text_null("message"),
                    self.text_null("locale"),
                    self.text_null("inviter_id"),
                    self.text_null("inviter"),
                    big_integer("lifetime"),
                    boolean("quiet"),
                    self.text("creator"),
                    time("creator_at"),
                    self.text_null("taken_over_by"),
                    self.text("updater"),
                    self.text_null("roles_by"),
                    time_null("roles_at"),
                    time("issued_at"),
                    time("updated_at"),
                    time("expires_at"),
                    big_integer("letters"),
                    time("mailed_at"),
                    big_integer("generation"),
                    time_null("previous_until"),
                    self.text("status"),
                    big_integer("version"),
                    self.text_null("template"),
                ],
            ),
            table(
                "profile",
                &["tenant_id", "id"],
                [
                    uuid("tenant_id"),
                    self.text("id"),
                    self.text("address"),
                    big_integer_null("lifetime"),
                    self.text_null("template"),
                    self.text_null("locale"),
                    time_null("automatic_since"),
                    boolean("new_only"),
                    boolean("repeat"),
                    time("created_at"),
                    time("updated_at"),
                    big_integer("version"),
                ],
            ),
        ]
    }

    /// Jobs and what becomes of them, and tasks.
    fn background(&self) -> Vec<TableCreateStatement> {
        vec![
            table(
                "outbox",
                &["tenant_id", "id"],
                [
                    uuid("tenant_id"),
                    uuid("id"),
                    self.text("kind"),
                    uuid("subject_id"),
                    big_integer("letter"),
                    time("due_at"),
                    time_null("waited_from"),
                    big_integer("attempts"),
                    self.text_null("dead"),
                    self.text("lane").default("letters").take(),
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
                    self.text("outcome"),
                    self.text("answer"),
                    self.text("about").default("invitation").take(),
                ],
            ),
            table(
                "task",
                &["tenant_id", "id"],
                [
                    uuid("tenant_id"),
                    uuid("id"),
                    self.text("creator"),
                    self.text("authority"),
                    self.text_null("launcher"),
                    self.text_null("organization_id"),
                    self.text_null("means"),
                    self.text("kind"),
                    boolean("rehearsal"),
                    boolean("submitted"),
                    big_integer("rows"),
                    big_integer("slices"),
                    big_integer("next"),
                    big_integer("invited"),
                    big_integer("skipped"),
                    big_integer("failed"),
                    self.text_null("problems"),
                    time("created_at"),
                    time("updated_at"),
                    time_null("started_at"),
                    time_null("completed_at"),
                    self.text_null("completion"),
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
                    // What is read alone comes before the long columns.
                    self.text_null("problems"),
                    self.text("rows"),
                    self.text_null("outcomes"),
                ],
            ),
            table(
                "audit",
                &["tenant_id", "id"],
                [
                    uuid("tenant_id"),
                    uuid("id"),
                    time("at"),
                    self.text("actor"),
                    self.text("action"),
                    self.text("subject"),
                    self.text_null("detail"),
                    self.text_null("source"),
                    big_integer("count"),
                ],
            ),
        ]
    }

    /// What is counted until it is over.
    fn counts(&self) -> Vec<TableCreateStatement> {
        vec![
            table(
                "attempt",
                &["tenant_id", "key"],
                [
                    uuid("tenant_id"),
                    self.text("key"),
                    big_integer("failures"),
                    time("not_before"),
                    time("expires_at"),
                ],
            ),
            table(
                "quota_count",
                &["tenant_id", "key"],
                [
                    uuid("tenant_id"),
                    uuid("key"),
                    big_integer("spent"),
                    time("started_at"),
                    time("ends_at"),
                ],
            ),
        ]
    }

    /// A table with an `id` in its tenant. SQLite's index of texts finds its rows by a number: without a
    /// column for it, VACUUM could give them others.
    fn numbered<const N: usize>(
        &self,
        name: &'static str,
        of: [ColumnDef; N],
    ) -> TableCreateStatement {
        if self.0 == Backend::Postgres {
            return table(name, &["tenant_id", "id"], of);
        }
        let number = ColumnDef::new("number").integer().not_null().take();
        let mut table = table(name, &["number"], [number].into_iter().chain(of));
        table.index(Index::create().unique().col("tenant_id").col("id")).take()
    }

    fn text(&self, name: &'static str) -> ColumnDef {
        self.text_null(name).not_null().take()
    }

    fn text_null(&self, name: &'static str) -> ColumnDef {
        ColumnDef::new_with_type(name, self.0.text_type())
    }

    /// A column that no insert leaves null. PostgreSQL holds that itself, and has a default.
    fn given(&self, mut column: ColumnDef, default: &'static str) -> ColumnDef {
        match self.0 {
            Backend::Postgres => column.not_null().default(Expr::cust(default)).take(),
            Backend::Sqlite => column,
        }
    }
}

/// A count that begins with none.
fn none(name: &'static str) -> ColumnDef {
    big_integer(name).default(0).take()
}

fn json(name: &'static str, default: &'static str) -> ColumnDef {
    json_binary(name).default(default).take()
}

fn table(
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
