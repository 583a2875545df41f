-- What m0001 alone made of an empty database, and rows as they were written then.
CREATE TABLE audit (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    actor text NOT NULL COLLATE "C",
    action text NOT NULL COLLATE "C",
    subject text NOT NULL COLLATE "C"
);
CREATE TABLE credential (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    secret text NOT NULL COLLATE "C",
    authority text NOT NULL COLLATE "C",
    user_id text COLLATE "C",
    organization_id text COLLATE "C",
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
    outcome text NOT NULL COLLATE "C",
    answer text NOT NULL COLLATE "C"
);
CREATE TABLE invitation (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    mailbox text NOT NULL COLLATE "C",
    mailbox_folded text NOT NULL COLLATE "C",
    user_id text COLLATE "C",
    name text COLLATE "C",
    organization_id text COLLATE "C",
    roles jsonb NOT NULL,
    authority text COLLATE "C",
    labels jsonb NOT NULL,
    redirect text COLLATE "C",
    message text COLLATE "C",
    locale text COLLATE "C",
    inviter_id text COLLATE "C",
    inviter text COLLATE "C",
    lifetime bigint NOT NULL,
    quiet boolean NOT NULL,
    creator text NOT NULL COLLATE "C",
    updater text NOT NULL COLLATE "C",
    issued_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    letters bigint NOT NULL,
    mailed_at timestamp with time zone NOT NULL,
    generation bigint NOT NULL,
    previous_until timestamp with time zone,
    status text NOT NULL COLLATE "C",
    version bigint NOT NULL
);
CREATE TABLE membership (
    tenant_id uuid NOT NULL,
    user_id text NOT NULL COLLATE "C",
    organization_id text NOT NULL COLLATE "C",
    roles jsonb NOT NULL,
    pin text COLLATE "C",
    pin_allowed boolean NOT NULL,
    joined_at timestamp with time zone NOT NULL,
    version bigint NOT NULL
);
CREATE TABLE organization (
    tenant_id uuid NOT NULL,
    id text NOT NULL COLLATE "C",
    code text COLLATE "C",
    name text NOT NULL COLLATE "C",
    parent_id text COLLATE "C",
    created_at timestamp with time zone NOT NULL,
    version bigint NOT NULL
);
CREATE TABLE outbox (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    errand text NOT NULL COLLATE "C",
    subject_id uuid NOT NULL,
    letter bigint NOT NULL,
    due_at timestamp with time zone NOT NULL,
    waited_from timestamp with time zone,
    attempts bigint NOT NULL,
    dead text COLLATE "C"
);
CREATE TABLE person (
    tenant_id uuid NOT NULL,
    id text NOT NULL COLLATE "C",
    status text NOT NULL COLLATE "C",
    username text COLLATE "C",
    username_folded text COLLATE "C",
    mailbox text COLLATE "C",
    mailbox_folded text COLLATE "C",
    personal_mailbox text COLLATE "C",
    phone text COLLATE "C",
    first_name text COLLATE "C",
    last_name text COLLATE "C",
    display_name text COLLATE "C",
    locale text COLLATE "C",
    password text COLLATE "C",
    authority text COLLATE "C",
    roles jsonb NOT NULL,
    home_id text COLLATE "C",
    profile text NOT NULL COLLATE "C",
    attributes text NOT NULL COLLATE "C",
    failures bigint NOT NULL,
    not_before timestamp with time zone,
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
    user_id text NOT NULL COLLATE "C",
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    version bigint NOT NULL
);
CREATE TABLE tenant (
    id uuid NOT NULL,
    name text NOT NULL COLLATE "C",
    display_name text NOT NULL COLLATE "C",
    locale text NOT NULL COLLATE "C",
    created_at timestamp with time zone NOT NULL
);
INSERT INTO audit VALUES ('00000000-0000-0000-0000-00000000007e', '00000000-0000-0000-0000-000000000001', '2026-01-02 12:00:00+00', 's', 'invited', 'i00000000000000000000000000000001');
INSERT INTO credential VALUES ('00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-00000000007e', '0707070707070707070707070707070707070707070707070707070707070707', 'HELPDESK', NULL, NULL, '2026-01-02 12:00:00+00', NULL, 1);
INSERT INTO invitation VALUES ('00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-00000000007e', 'ada@example.org', 'ada@example.org', 'ada', NULL, NULL, '[]', NULL, '{}', NULL, NULL, NULL, NULL, NULL, 604800000000, false, 'uboss', 'uboss', '2026-01-02 12:00:00+00', '2026-01-02 12:00:00+00', '2026-01-09 12:00:00+00', 1, '2026-01-02 12:00:00+00', 1, NULL, 'pending', 1);
INSERT INTO invitation VALUES ('00000000-0000-0000-0000-000000000002', '00000000-0000-0000-0000-00000000007e', 'bob@example.org', 'bob@example.org', NULL, NULL, 'team', '[]', NULL, '{}', NULL, NULL, NULL, NULL, NULL, 604800000000, false, 'uboss', 'uboss', '2026-01-02 12:00:00+00', '2026-01-02 12:00:00+00', '2026-01-09 12:00:00+00', 1, '2026-01-02 12:00:00+00', 1, NULL, 'pending', 1);
INSERT INTO membership VALUES ('00000000-0000-0000-0000-00000000007e', 'ada', 'team', '["reader"]', NULL, true, '2026-01-02 12:00:00+00', 1);
INSERT INTO organization VALUES ('00000000-0000-0000-0000-00000000007e', 'team', 'TEAM', 'The team team', NULL, '2026-01-02 12:00:00+00', 1);
INSERT INTO outbox VALUES ('00000000-0000-0000-0000-000000000002', '00000000-0000-0000-0000-00000000007e', 'mail_invitation', '00000000-0000-0000-0000-000000000002', 1, '2026-01-02 12:00:00+00', NULL, 0, NULL);
INSERT INTO outbox VALUES ('00000000-0000-0000-0000-000000000003', '00000000-0000-0000-0000-00000000007e', 'mail_invitation', '00000000-0000-0000-0000-000000000003', 1, '2026-01-02 12:00:00+00', NULL, 0, NULL);
INSERT INTO outbox VALUES ('00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-00000000007e', 'mail_invitation', '00000000-0000-0000-0000-000000000001', 1, '2026-01-02 12:01:00+00', '2026-01-02 12:00:00+00', 1, '550 no');
INSERT INTO person VALUES ('00000000-0000-0000-0000-00000000007e', 'ada', 'unregistered', 'ada', 'ada', 'ada@example.org', 'ada@example.org', 'ada@home.example', NULL, 'Ada', 'LOVELACE', NULL, NULL, NULL, NULL, '["b", "a"]', NULL, '{}', '{}', 0, NULL, '2026-01-02 12:00:00+00', '2026-01-02 12:00:00+00', 1);
INSERT INTO person VALUES ('00000000-0000-0000-0000-00000000007e', 'displayed', 'unregistered', NULL, NULL, NULL, NULL, NULL, NULL, 'no', NULL, 'Zoë ÄRGER', NULL, NULL, NULL, '[]', NULL, '{}', '{}', 0, NULL, '2026-01-02 12:00:00+00', '2026-01-02 12:00:00+00', 1);
INSERT INTO person VALUES ('00000000-0000-0000-0000-00000000007e', 'first', 'unregistered', 'x1', 'x1', NULL, NULL, NULL, NULL, 'Only FIRST', NULL, NULL, NULL, NULL, NULL, '[]', NULL, '{}', '{}', 0, NULL, '2026-01-02 12:00:00+00', '2026-01-02 12:00:00+00', 1);
INSERT INTO person VALUES ('00000000-0000-0000-0000-00000000007e', 'last', 'unregistered', 'x2', 'x2', NULL, NULL, NULL, NULL, NULL, 'Only LAST', NULL, NULL, NULL, NULL, '[]', NULL, '{}', '{}', 0, NULL, '2026-01-02 12:00:00+00', '2026-01-02 12:00:00+00', 1);
INSERT INTO person VALUES ('00000000-0000-0000-0000-00000000007e', 'username', 'unregistered', 'Ünder.SCORE', 'ünder.score', 'x3@example.org', 'x3@example.org', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '[]', NULL, '{}', '{}', 0, NULL, '2026-01-02 12:00:00+00', '2026-01-02 12:00:00+00', 1);
INSERT INTO person VALUES ('00000000-0000-0000-0000-00000000007e', 'mailbox', 'unregistered', NULL, NULL, 'Typed.As@Example.ORG', 'typed.as@example.org', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '[]', NULL, '{}', '{}', 0, NULL, '2026-01-02 12:00:00+00', '2026-01-02 12:00:00+00', 1);
INSERT INTO person VALUES ('00000000-0000-0000-0000-00000000007e', 'nobody', 'unregistered', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '[]', NULL, '{}', '{}', 0, NULL, '2026-01-02 12:00:00+00', '2026-01-02 12:00:00+00', 1);
INSERT INTO person VALUES ('00000000-0000-0000-0000-00000000007e', 'empty', 'unregistered', NULL, NULL, NULL, NULL, NULL, NULL, 'Never', NULL, '', NULL, NULL, NULL, '[]', NULL, '{}', '{}', 0, NULL, '2026-01-02 12:00:00+00', '2026-01-02 12:00:00+00', 1);
INSERT INTO person VALUES ('00000000-0000-0000-0000-00000000007e', 'blank', 'unregistered', 'x4', 'x4', NULL, NULL, NULL, NULL, '', '', NULL, NULL, NULL, NULL, '[]', NULL, '{}', '{}', 0, NULL, '2026-01-02 12:00:00+00', '2026-01-02 12:00:00+00', 1);
INSERT INTO seaql_migrations VALUES ('m0001_first', 1795612767);
INSERT INTO session VALUES ('00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-00000000007e', 'ada', '2026-01-02 12:00:00+00', '2026-01-02 20:00:00+00', 1);
INSERT INTO tenant VALUES ('00000000-0000-0000-0000-00000000007e', 'default', 'Acme', 'en', '2026-01-02 12:00:00+00');
ALTER TABLE audit ADD CONSTRAINT audit_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE credential ADD CONSTRAINT credential_pkey PRIMARY KEY (id);
ALTER TABLE delivery ADD CONSTRAINT delivery_pkey PRIMARY KEY (tenant_id, invitation_id, id);
ALTER TABLE invitation ADD CONSTRAINT invitation_pkey PRIMARY KEY (id);
ALTER TABLE membership ADD CONSTRAINT membership_pkey PRIMARY KEY (tenant_id, user_id, organization_id);
ALTER TABLE organization ADD CONSTRAINT organization_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE outbox ADD CONSTRAINT outbox_pkey PRIMARY KEY (id);
ALTER TABLE person ADD CONSTRAINT person_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE seaql_migrations ADD CONSTRAINT seaql_migrations_pkey PRIMARY KEY (version);
ALTER TABLE session ADD CONSTRAINT session_pkey PRIMARY KEY (id);
ALTER TABLE tenant ADD CONSTRAINT tenant_pkey PRIMARY KEY (id);
CREATE INDEX credential_page ON credential (tenant_id, created_at, id);
CREATE INDEX invitation_mailbox ON invitation (tenant_id, mailbox_folded, issued_at, id);
CREATE INDEX invitation_page ON invitation (tenant_id, issued_at, id);
CREATE UNIQUE INDEX invitation_place ON invitation (tenant_id, mailbox_folded, COALESCE(organization_id, ''::text)) WHERE (status = 'pending'::text);
CREATE UNIQUE INDEX organization_code ON organization (tenant_id, code);
CREATE INDEX organization_name ON organization (tenant_id, name);
CREATE INDEX outbox_due ON outbox (due_at, id) WHERE (dead IS NULL);
CREATE UNIQUE INDEX person_mailbox ON person (tenant_id, mailbox_folded);
CREATE UNIQUE INDEX person_username ON person (tenant_id, username_folded);
CREATE UNIQUE INDEX tenant_name ON tenant (name);
