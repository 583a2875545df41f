//! The indexes that lists of people and removals go by, beside those that lookups need.

use crate::backend::Backend;

pub(super) fn more_indexes(backend: Backend) -> impl Iterator<Item = &'static str> {
    AGES.into_iter().chain(LISTS).chain([text_search(backend)])
}

/// For what is removed by its age. No query but that one can use them: they begin with no tenant.
const AGES: [&str; 5] = [
    "CREATE INDEX session_age ON session (expires_at)",
    "CREATE INDEX invitation_age ON invitation
        ((CASE WHEN status = 'pending' THEN expires_at ELSE updated_at END))",
    "CREATE INDEX delivery_age ON delivery (at)",
    "CREATE INDEX outbox_dead ON outbox (due_at) WHERE dead IS NOT NULL",
    "CREATE INDEX audit_age ON audit (at)",
];

/// Most have the invitations that are not closed alone, in the words that filters have for them: one
/// that is closed leaves them, and costs them nothing.
const LISTS: [&str; 14] = [
    "CREATE INDEX invitation_open ON invitation (tenant_id, issued_at, id)
        WHERE status IN ('pending', 'lapsed')",
    // As filters compare them.
    "CREATE INDEX invitation_answered
        ON invitation (tenant_id, (coalesce(taken_over_by, creator)), issued_at, id)",
    "CREATE INDEX invitation_answered_open
        ON invitation (tenant_id, (coalesce(taken_over_by, creator)), issued_at, id)
        WHERE status IN ('pending', 'lapsed')",
    "CREATE INDEX invitation_creator ON invitation (tenant_id, lower(creator), issued_at, id)
        WHERE status IN ('pending', 'lapsed')",
    "CREATE INDEX invitation_organization
        ON invitation (tenant_id, organization_id, issued_at, id)
        WHERE organization_id IS NOT NULL",
    "CREATE INDEX invitation_organization_open
        ON invitation (tenant_id, organization_id, issued_at, id)
        WHERE organization_id IS NOT NULL AND status IN ('pending', 'lapsed')",
    "CREATE INDEX invitation_inviter ON invitation (tenant_id, inviter_id, issued_at, id)
        WHERE inviter_id IS NOT NULL AND status IN ('pending', 'lapsed')",
    "CREATE INDEX invitation_roles_by ON invitation (tenant_id, roles_by, issued_at, id)
        WHERE roles_by IS NOT NULL AND status IN ('pending', 'lapsed')",
    "CREATE INDEX invitation_quiet ON invitation (tenant_id, issued_at, id)
        WHERE quiet AND status IN ('pending', 'lapsed')",
    // Of no use to a query for a mailbox, though a planner without statistics would take it.
    "CREATE INDEX invitation_invitee ON invitation (tenant_id, user_id, issued_at, id)
        WHERE user_id IS NOT NULL",
    "CREATE INDEX audit_action ON audit (tenant_id, action, id)",
    "CREATE INDEX audit_subject ON audit (tenant_id, subject, id)",
    // Users begin with a `u`, the last of the letters; what keys do is read by its action.
    "CREATE INDEX audit_user ON audit (tenant_id, actor, id) WHERE actor >= 'u'",
    // As filters compare it, and users are sorted by it.
    "CREATE INDEX person_standing ON person
        (tenant_id, (CASE WHEN status IN ('active', 'disabled') THEN status ELSE 'outside' END), id)",
];

/// What finds invitations that are not closed by pieces of three characters and more: of the address,
/// of the inviter's name and of labels, in lower case as filters compare them.
fn text_search(backend: Backend) -> &'static str {
    match backend {
        // Nodes empty its list of what is new before it is as long as that: see `Upkeep`.
        // The extension is in another schema where a second usher shares the database. Whoever may
        // not create it has everything but this index.
        Backend::Postgres => {
            "DO $$
            DECLARE place text;
            BEGIN
                BEGIN
                    CREATE EXTENSION IF NOT EXISTS pg_trgm;
                EXCEPTION WHEN OTHERS THEN
                    RAISE WARNING 'no index for searches of text: %', SQLERRM;
                END;
                SELECT n.nspname INTO place FROM pg_extension AS e
                    JOIN pg_namespace AS n ON n.oid = e.extnamespace WHERE e.extname = 'pg_trgm';
                IF place IS NOT NULL THEN
                    EXECUTE format(
                        'CREATE INDEX invitation_text ON invitation USING gin (
                            mailbox_folded %1$I.gin_trgm_ops,
                            lower(inviter) %1$I.gin_trgm_ops,
                            lower(CAST(labels AS text) COLLATE \"C\") %1$I.gin_trgm_ops
                        ) WITH (gin_pending_list_limit = 16384)
                        WHERE status IN (''pending'', ''lapsed'')', place);
                END IF;
            END $$"
        }
        // It has the numbers of the rows, and no texts of its own. Each commit adds a segment to it; to merge
        // them less often than every four makes commits cheaper, and a search looks at a few more.
        Backend::Sqlite => {
            "CREATE VIRTUAL TABLE invitation_text USING fts5(
                mailbox, inviter, labels,
                content = '', contentless_delete = 1, detail = column,
                tokenize = 'trigram case_sensitive 1'
            );
            INSERT INTO invitation_text (invitation_text, rank) VALUES ('automerge', 8);
            CREATE TRIGGER invitation_text_added AFTER INSERT ON invitation
            WHEN new.status IN ('pending', 'lapsed')
            BEGIN
                INSERT INTO invitation_text (rowid, mailbox, inviter, labels) VALUES
                    (new.number, new.mailbox_folded, lower(new.inviter), lower(new.labels));
            END;
            CREATE TRIGGER invitation_text_changed AFTER UPDATE ON invitation
            WHEN (old.status IN ('pending', 'lapsed')) <> (new.status IN ('pending', 'lapsed'))
                OR (new.status IN ('pending', 'lapsed')
                    AND (old.mailbox_folded <> new.mailbox_folded
                        OR old.inviter IS NOT new.inviter OR old.labels <> new.labels))
            BEGIN
                DELETE FROM invitation_text WHERE rowid = old.number;
                INSERT INTO invitation_text (rowid, mailbox, inviter, labels)
                    SELECT new.number, new.mailbox_folded, lower(new.inviter), lower(new.labels)
                    WHERE new.status IN ('pending', 'lapsed');
            END;
            CREATE TRIGGER invitation_text_removed AFTER DELETE ON invitation
            WHEN old.status IN ('pending', 'lapsed')
            BEGIN
                DELETE FROM invitation_text WHERE rowid = old.number;
            END"
        }
    }
}
