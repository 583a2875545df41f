-- What m0001 to m0003 made of an empty database, and rows as they were written then.
CREATE TABLE audit (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    actor text NOT NULL COLLATE pg_catalog."C",
    action text NOT NULL COLLATE pg_catalog."C",
    subject text NOT NULL COLLATE pg_catalog."C",
    detail text COLLATE pg_catalog."C"
);
CREATE TABLE credential (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    secret text NOT NULL COLLATE pg_catalog."C",
    authority text NOT NULL COLLATE pg_catalog."C",
    user_id text COLLATE pg_catalog."C",
    organization_id text COLLATE pg_catalog."C",
    created_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    version bigint NOT NULL
);
CREATE TABLE delivery (
    tenant_id uuid NOT NULL,
    invitation_id uuid NOT NULL,
    id uuid NOT NULL,
    letter bigint NOT NULL,
    attempt bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    outcome text NOT NULL COLLATE pg_catalog."C",
    answer text NOT NULL COLLATE pg_catalog."C",
    about text DEFAULT 'invitation'::text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE invitation (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    mailbox text NOT NULL COLLATE pg_catalog."C",
    mailbox_folded text NOT NULL COLLATE pg_catalog."C",
    user_id text COLLATE pg_catalog."C",
    name text COLLATE pg_catalog."C",
    organization_id text COLLATE pg_catalog."C",
    roles jsonb NOT NULL,
    authority text COLLATE pg_catalog."C",
    labels jsonb NOT NULL,
    redirect text COLLATE pg_catalog."C",
    message text COLLATE pg_catalog."C",
    locale text COLLATE pg_catalog."C",
    inviter_id text COLLATE pg_catalog."C",
    inviter text COLLATE pg_catalog."C",
    lifetime bigint NOT NULL,
    quiet boolean NOT NULL,
    creator text NOT NULL COLLATE pg_catalog."C",
    updater text NOT NULL COLLATE pg_catalog."C",
    issued_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    letters bigint NOT NULL,
    mailed_at timestamp with time zone NOT NULL,
    generation bigint NOT NULL,
    previous_until timestamp with time zone,
    status text NOT NULL COLLATE pg_catalog."C",
    version bigint NOT NULL,
    template text COLLATE pg_catalog."C"
);
CREATE TABLE membership (
    tenant_id uuid NOT NULL,
    user_id text NOT NULL COLLATE pg_catalog."C",
    organization_id text NOT NULL COLLATE pg_catalog."C",
    roles jsonb NOT NULL,
    pin text COLLATE pg_catalog."C",
    pin_allowed boolean NOT NULL,
    joined_at timestamp with time zone NOT NULL,
    version bigint NOT NULL,
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    pin_seed uuid,
    pin_step bigint,
    failures bigint DEFAULT 0 NOT NULL,
    not_before timestamp with time zone,
    letters bigint DEFAULT 0 NOT NULL,
    mailed_at timestamp with time zone DEFAULT now() NOT NULL
)
WITH (fillfactor='70');
CREATE TABLE organization (
    tenant_id uuid NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    code text COLLATE pg_catalog."C",
    name text NOT NULL COLLATE pg_catalog."C",
    parent_id text COLLATE pg_catalog."C",
    created_at timestamp with time zone NOT NULL,
    version bigint NOT NULL,
    failures bigint DEFAULT 0 NOT NULL,
    not_before timestamp with time zone
);
CREATE TABLE outbox (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    errand text NOT NULL COLLATE pg_catalog."C",
    subject_id uuid NOT NULL,
    letter bigint NOT NULL,
    due_at timestamp with time zone NOT NULL,
    waited_from timestamp with time zone,
    attempts bigint NOT NULL,
    dead text COLLATE pg_catalog."C",
    lane text DEFAULT 'letters'::text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE person (
    tenant_id uuid NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    status text NOT NULL COLLATE pg_catalog."C",
    username text COLLATE pg_catalog."C",
    username_folded text COLLATE pg_catalog."C",
    mailbox text COLLATE pg_catalog."C",
    mailbox_folded text COLLATE pg_catalog."C",
    personal_mailbox text COLLATE pg_catalog."C",
    phone text COLLATE pg_catalog."C",
    first_name text COLLATE pg_catalog."C",
    last_name text COLLATE pg_catalog."C",
    display_name text COLLATE pg_catalog."C",
    locale text COLLATE pg_catalog."C",
    password text COLLATE pg_catalog."C",
    authority text COLLATE pg_catalog."C",
    roles jsonb NOT NULL,
    home_id text COLLATE pg_catalog."C",
    profile text NOT NULL COLLATE pg_catalog."C",
    attributes text NOT NULL COLLATE pg_catalog."C",
    failures bigint NOT NULL,
    not_before timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    version bigint NOT NULL,
    invitation_profile text COLLATE pg_catalog."C",
    reset_at timestamp with time zone,
    name_folded text COLLATE pg_catalog."C"
)
WITH (fillfactor='70');
CREATE TABLE profile (
    tenant_id uuid NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    address text NOT NULL COLLATE pg_catalog."C",
    lifetime bigint,
    template text COLLATE pg_catalog."C",
    locale text COLLATE pg_catalog."C",
    automatic_since timestamp with time zone,
    new_only boolean NOT NULL,
    repeat boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    version bigint NOT NULL
);
CREATE TABLE seaql_migrations (
    version character varying NOT NULL,
    applied_at bigint NOT NULL
);
CREATE TABLE session (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    user_id text NOT NULL COLLATE pg_catalog."C",
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    version bigint NOT NULL,
    organization_id text COLLATE pg_catalog."C"
);
CREATE TABLE slice (
    tenant_id uuid NOT NULL,
    task_id uuid NOT NULL,
    number bigint NOT NULL,
    version bigint NOT NULL,
    problems text COLLATE pg_catalog."C",
    rows text NOT NULL COLLATE pg_catalog."C",
    outcomes text COLLATE pg_catalog."C"
)
WITH (fillfactor='70');
CREATE TABLE task (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    creator text NOT NULL COLLATE pg_catalog."C",
    authority text NOT NULL COLLATE pg_catalog."C",
    launcher text COLLATE pg_catalog."C",
    organization_id text COLLATE pg_catalog."C",
    kind text NOT NULL COLLATE pg_catalog."C",
    rehearsal boolean NOT NULL,
    submitted boolean NOT NULL,
    rows bigint NOT NULL,
    slices bigint NOT NULL,
    next bigint NOT NULL,
    invited bigint NOT NULL,
    skipped bigint NOT NULL,
    failed bigint NOT NULL,
    problems text COLLATE pg_catalog."C",
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    launched_at timestamp with time zone,
    completed_at timestamp with time zone,
    completion text COLLATE pg_catalog."C",
    version bigint NOT NULL
)
WITH (fillfactor='70');
CREATE TABLE tenant (
    id uuid NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C",
    display_name text NOT NULL COLLATE pg_catalog."C",
    locale text NOT NULL COLLATE pg_catalog."C",
    created_at timestamp with time zone NOT NULL
);
INSERT INTO delivery VALUES ('00000000-0000-0000-0000-00000000007e', '00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000001', 1, 1, '2026-01-02 12:00:00+00', 'deferred', 'ok', 'invitation');
INSERT INTO delivery VALUES ('00000000-0000-0000-0000-00000000007e', '00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000002', 1, 2, '2026-01-02 12:00:05+00', 'sent', 'ok', 'invitation');
INSERT INTO membership VALUES ('00000000-0000-0000-0000-00000000007e', 'cyd', 'team', '["reader"]', '0b0b', false, '2026-01-02 12:00:02.000003+00', 1, '0f00aa79-79e0-4c29-9632-337f2f1236e3', NULL, NULL, 0, NULL, 0, '2026-01-02 12:00:02.000003+00');
INSERT INTO membership VALUES ('00000000-0000-0000-0000-00000000007e', 'ada', 'branch', '["reader"]', '0a0a', false, '2026-01-02 12:00:03+00', 1, 'ba1abb7a-59d4-463e-acc2-fb2f849253f4', NULL, NULL, 0, NULL, 0, '2026-01-02 12:00:03+00');
INSERT INTO membership VALUES ('00000000-0000-0000-0000-00000000007e', 'bob', 'branch', '["reader"]', NULL, false, '2026-01-02 12:00:04+00', 1, 'f260fde5-fad7-4981-be07-f8c6d6065732', NULL, NULL, 0, NULL, 0, '2026-01-02 12:00:04+00');
INSERT INTO membership VALUES ('00000000-0000-0000-0000-0000000007e4', 'ada', 'team', '["reader"]', '0a0a', false, '2026-01-02 12:00:05+00', 1, '82255e48-f851-491e-b128-ffb9f8a25ad8', NULL, NULL, 0, NULL, 0, '2026-01-02 12:00:05+00');
INSERT INTO membership VALUES ('00000000-0000-0000-0000-00000000007e', 'ada', 'team', '["reader"]', NULL, true, '2026-01-02 12:00:00+00', 1, '41be85c7-6b69-4de5-a52b-933743e9b8d8', NULL, NULL, 0, NULL, 0, '2026-01-02 12:00:00+00');
INSERT INTO membership VALUES ('00000000-0000-0000-0000-00000000007e', 'bob', 'team', '["reader"]', NULL, false, '2026-01-02 12:00:01+00', 2, '3cbdabe4-e01d-4d44-9c93-7710c8020076', NULL, NULL, 0, NULL, 0, '2026-01-02 12:00:01+00');
INSERT INTO organization VALUES ('00000000-0000-0000-0000-00000000007e', 'team', 'TEAM', 'The team team', NULL, '2026-01-02 12:00:00+00', 1, 0, NULL);
INSERT INTO organization VALUES ('00000000-0000-0000-0000-00000000007e', 'branch', 'BRANCH', 'The branch team', 'team', '2026-01-02 12:00:01.000003+00', 3, 4, '2026-01-02 12:05:00+00');
INSERT INTO organization VALUES ('00000000-0000-0000-0000-0000000007e4', 'team', 'TEAM', 'The team team', NULL, '2026-01-02 12:00:00+00', 1, 0, NULL);
INSERT INTO person VALUES ('00000000-0000-0000-0000-00000000007e', 'ada', 'active', 'ada', 'ada', 'ada@example.org', 'ada@example.org', NULL, NULL, 'Ada', NULL, NULL, NULL, NULL, NULL, '[]', 'team', '{}', '{}', 0, NULL, '2026-01-02 12:00:00+00', '2026-01-02 12:00:00+00', 1, NULL, NULL, 'ada');
INSERT INTO person VALUES ('00000000-0000-0000-0000-00000000007e', 'bob', 'active', 'bob', 'bob', 'bob@example.org', 'bob@example.org', NULL, NULL, 'BOB', NULL, NULL, NULL, NULL, NULL, '[]', 'branch', '{}', '{}', 0, NULL, '2026-01-02 12:00:00+00', '2026-01-02 12:00:00+00', 1, NULL, NULL, 'bob');
INSERT INTO person VALUES ('00000000-0000-0000-0000-00000000007e', 'cyd', 'active', 'cyd', 'cyd', 'cyd@example.org', 'cyd@example.org', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '[]', NULL, '{}', '{}', 0, NULL, '2026-01-02 12:00:00+00', '2026-01-02 12:00:00+00', 1, NULL, NULL, 'cyd');
INSERT INTO person VALUES ('00000000-0000-0000-0000-0000000007e4', 'ada', 'active', 'ada', 'ada', 'ada@example.org', 'ada@example.org', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '[]', NULL, '{}', '{}', 0, NULL, '2026-01-02 12:00:00+00', '2026-01-02 12:00:00+00', 1, NULL, NULL, 'ada');
INSERT INTO seaql_migrations VALUES ('m0001_first', 1795623635);
INSERT INTO seaql_migrations VALUES ('m0002_tasks', 1795623635);
INSERT INTO seaql_migrations VALUES ('m0003_members', 1795627107);
INSERT INTO session VALUES ('00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-00000000007e', 'ada', '2026-01-02 12:00:00+00', '2026-01-02 20:00:00+00', 1, NULL);
INSERT INTO tenant VALUES ('00000000-0000-0000-0000-00000000007e', 'default', 'Acme', 'en', '2026-01-02 12:00:00+00');
INSERT INTO tenant VALUES ('00000000-0000-0000-0000-0000000007e4', 'other', 'Other', 'en', '2026-01-02 12:00:00+00');
ALTER TABLE audit ADD CONSTRAINT audit_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE credential ADD CONSTRAINT credential_pkey PRIMARY KEY (id);
ALTER TABLE delivery ADD CONSTRAINT delivery_pkey PRIMARY KEY (tenant_id, invitation_id, id);
ALTER TABLE invitation ADD CONSTRAINT invitation_pkey PRIMARY KEY (id);
ALTER TABLE membership ADD CONSTRAINT membership_pkey PRIMARY KEY (tenant_id, user_id, organization_id);
ALTER TABLE organization ADD CONSTRAINT organization_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE outbox ADD CONSTRAINT outbox_pkey PRIMARY KEY (id);
ALTER TABLE person ADD CONSTRAINT person_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE profile ADD CONSTRAINT profile_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE seaql_migrations ADD CONSTRAINT seaql_migrations_pkey PRIMARY KEY (version);
ALTER TABLE session ADD CONSTRAINT session_pkey PRIMARY KEY (id);
ALTER TABLE slice ADD CONSTRAINT slice_pkey PRIMARY KEY (tenant_id, task_id, number);
ALTER TABLE task ADD CONSTRAINT task_pkey PRIMARY KEY (id);
ALTER TABLE tenant ADD CONSTRAINT tenant_pkey PRIMARY KEY (id);
CREATE INDEX credential_page ON credential (tenant_id, created_at, id);
CREATE INDEX invitation_invitee ON invitation (tenant_id, user_id) WHERE ((status = 'pending'::text) AND (user_id IS NOT NULL));
CREATE INDEX invitation_mailbox ON invitation (tenant_id, mailbox_folded, issued_at, id);
CREATE INDEX invitation_page ON invitation (tenant_id, issued_at, id);
CREATE UNIQUE INDEX invitation_place ON invitation (tenant_id, mailbox_folded, COALESCE(organization_id, ''::text)) WHERE (status = 'pending'::text);
CREATE UNIQUE INDEX membership_id ON membership (id);
CREATE UNIQUE INDEX membership_pin ON membership (tenant_id, organization_id, pin) WHERE (pin IS NOT NULL);
CREATE INDEX membership_place ON membership (tenant_id, organization_id, user_id) WHERE (version > 0);
CREATE UNIQUE INDEX organization_code ON organization (tenant_id, code);
CREATE INDEX organization_name ON organization (tenant_id, name);
CREATE INDEX organization_parent ON organization (tenant_id, parent_id) WHERE (parent_id IS NOT NULL);
CREATE INDEX outbox_next ON outbox (lane, due_at) WHERE ((dead IS NULL) AND (attempts >= 0));
CREATE INDEX outbox_turn ON outbox (lane, tenant_id, due_at, id) WHERE (dead IS NULL);
CREATE INDEX person_first_name ON person (tenant_id, lower(first_name), id);
CREATE INDEX person_home ON person (tenant_id, home_id) WHERE (home_id IS NOT NULL);
CREATE INDEX person_last_name ON person (tenant_id, lower(last_name));
CREATE UNIQUE INDEX person_mailbox ON person (tenant_id, mailbox_folded);
CREATE INDEX person_name ON person (tenant_id, name_folded, id);
CREATE UNIQUE INDEX person_username ON person (tenant_id, username_folded);
CREATE INDEX task_age ON task (created_at, id);
CREATE INDEX task_open ON task (tenant_id, created_at, id) WHERE (completion IS NULL);
CREATE INDEX task_page ON task (tenant_id, created_at, id);
CREATE UNIQUE INDEX tenant_name ON tenant (name);
