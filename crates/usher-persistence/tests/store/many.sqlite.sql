-- As many invitations as there are to be ({rows}), with an entry and a person for each, one a minute: four of five
-- were accepted, one inviter and one organization have twenty, and the names are of a thousand people.
INSERT INTO invitation (id, tenant_id, mailbox, mailbox_folded, user_id, organization_id, roles, labels, inviter_id,
    inviter, lifetime, quiet, creator, creator_at, updater, issued_at, updated_at, expires_at, letters, mailed_at, generation, status,
    version)
WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {rows}),
    timed AS (SELECT n, strftime('%Y-%m-%dT%H:%M:%S+00:00', '2025-01-01', n || ' minutes') AS at FROM numbers)
SELECT unhex(printf('%032x', n)), unhex('{tenant}'), 'p' || n || '@d' || (n % 300) || '.example.org',
    'p' || n || '@d' || (n % 300) || '.example.org', CASE WHEN n % 4 = 0 THEN 'v' || n END,
    CASE WHEN n % ({rows} / 20) = 3 THEN 'few' WHEN n % 2 = 0 THEN 'o' || (n % 100) END, '[]',
    CASE WHEN n % 10 = 8 THEN json_object('team', 't' || (n % 500)) ELSE '{}' END,
    'v' || (n % 1000), 'Person ' || (n % 1000), 604800000000, false,
    CASE WHEN n % ({rows} / 20) = 3 THEN 'ufew' ELSE 'c01900000000070008000000000000001' END, at, 'c01900000000070008000000000000001', at, at,
    strftime('%Y-%m-%dT%H:%M:%S+00:00', at, '3650 days'), 1, at, 0,
    CASE WHEN n % 10 < 8 THEN 'accepted' WHEN n % 10 = 8 THEN 'pending' ELSE 'lapsed' END, 1
FROM timed;
INSERT INTO audit (tenant_id, id, at, actor, action, subject, count)
SELECT tenant_id, id, issued_at, 'c01900000000070008000000000000001', CASE WHEN status = 'accepted' THEN status ELSE 'invited' END, 'i' || lower(hex(id)), 1 FROM invitation;
INSERT INTO person (tenant_id, id, status, mailbox, mailbox_folded, first_name, last_name, name_folded, roles, profile,
    attributes, created_at, updated_at, version)
SELECT tenant_id, 'v' || number, CASE WHEN number % 1000 = 0 THEN 'pending' ELSE 'active' END,
    'v' || number || '@example.org', 'v' || number || '@example.org', 'First' || (number % 1000), 'Last' || number,
    'first' || (number % 1000) || ' last' || number, '[]', '{}', '{}', issued_at, issued_at, 1
FROM invitation;
