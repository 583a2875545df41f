-- As many invitations as there are to be ({rows}), with an entry and a person for each, one a minute: four of five
-- were accepted, one inviter and one organization have twenty, and the names are of a thousand people.
INSERT INTO invitation (id, tenant_id, mailbox, mailbox_folded, user_id, organization_id, roles, labels, inviter_id,
    inviter, lifetime, quiet, creator, creator_at, updater, issued_at, updated_at, expires_at, letters, mailed_at, generation, status,
    version)
WITH numbers (n) AS (SELECT generate_series(1, {rows})),
    timed AS (SELECT n, timestamptz '2025-01-01' + n * interval '1 minute' AS at FROM numbers)
SELECT CAST(lpad(to_hex(n), 32, '0') AS uuid), CAST('{tenant}' AS uuid), 'p' || n || '@d' || (n % 300) || '.example.org',
    'p' || n || '@d' || (n % 300) || '.example.org', CASE WHEN n % 4 = 0 THEN 'v' || n END,
    CASE WHEN n % ({rows} / 20) = 3 THEN 'few' WHEN n % 2 = 0 THEN 'o' || (n % 100) END, '[]',
    CASE WHEN n % 10 = 8 THEN jsonb_build_object('team', 't' || (n % 500)) ELSE '{}' END,
    'v' || (n % 1000), 'Person ' || (n % 1000), 604800000000, false,
    CASE WHEN n % ({rows} / 20) = 3 THEN 'ufew' ELSE 'c01900000000070008000000000000001' END, at, 'c01900000000070008000000000000001', at, at,
    at + interval '3650 days', 1, at, 0,
    CASE WHEN n % 10 < 8 THEN 'accepted' WHEN n % 10 = 8 THEN 'pending' ELSE 'lapsed' END, 1
FROM timed;
INSERT INTO audit (tenant_id, id, at, actor, action, subject, count)
SELECT tenant_id, id, issued_at, 'c01900000000070008000000000000001', CASE WHEN status = 'accepted' THEN status ELSE 'invited' END, 'i' || replace(CAST(id AS text), '-', ''), 1 FROM invitation;
INSERT INTO person (tenant_id, id, status, mailbox, mailbox_folded, first_name, last_name, name_folded, roles, profile,
    attributes, created_at, updated_at, version)
SELECT tenant_id, 'v' || n, CASE WHEN n % 1000 = 0 THEN 'pending' ELSE 'active' END,
    'v' || n || '@example.org', 'v' || n || '@example.org', 'First' || (n % 1000), 'Last' || n,
    'first' || (n % 1000) || ' last' || n, '[]', '{}', '{}', issued_at, issued_at, 1
FROM (SELECT *, row_number() OVER (ORDER BY id) AS n FROM invitation) AS numbered;
SELECT gin_clean_pending_list('invitation_text');
ANALYZE;
