-- After the rows of the tests of many rows: the newest twentieth is closed, whatever it was, and ten letters are due
-- for each of the oldest invitations.
UPDATE invitation SET status = 'accepted'
WHERE id BETWEEN CAST(lpad(to_hex({closed}), 32, '0') AS uuid) AND CAST(lpad(to_hex({rows}), 32, '0') AS uuid)
    AND status <> 'accepted';
INSERT INTO outbox (id, tenant_id, lane, kind, subject_id, letter, due_at, attempts)
SELECT gen_random_uuid(), tenant_id, 'letters', 'mail_invitation', id, 1, timestamptz '2025-01-01', 0
FROM invitation, generate_series(1, 10)
WHERE id <= CAST(lpad(to_hex({mailed}), 32, '0') AS uuid);
