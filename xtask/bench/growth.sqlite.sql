-- After the rows of the tests of many rows: the newest twentieth is closed, whatever it was, and ten letters are due
-- for each of the oldest invitations.
UPDATE invitation SET status = 'accepted'
WHERE id BETWEEN unhex(printf('%032x', {closed})) AND unhex(printf('%032x', {rows})) AND status <> 'accepted';
INSERT INTO outbox (id, tenant_id, lane, kind, subject_id, letter, due_at, attempts)
WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 10)
SELECT randomblob(16), tenant_id, 'letters', 'mail_invitation', id, 1, '2025-01-01T00:00:00+00:00', 0
FROM invitation, numbers WHERE id <= unhex(printf('%032x', {mailed}));
