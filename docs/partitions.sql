-- Splits the tables that grow by tenant, into eight hash partitions each.
--
-- Run it once, while usher is stopped, in a database in which `usher migrate` has made the tables and
-- nothing is written yet:
--
--   usher migrate
--   psql "$URL" --single-transaction --set ON_ERROR_STOP=1 --file partitions.sql
--
-- docs/scaling.md says what that buys and what it costs. The numbers of partitions and the list of tables
-- below may be changed before it is run: usher looks up what is a tenant's by its tenant, and does not
-- depend on either.
DO $$
DECLARE
    parts CONSTANT integer := 8;
    tables CONSTANT text[] := ARRAY['person', 'membership', 'credential', 'session', 'invitation',
        'outbox', 'delivery', 'task', 'slice', 'audit'];
    plain regclass;
    kind "char";
    owner text;
    is_used boolean;
    key text;
    indexes text[];
    storage text;
    grants text[];
    statement text;
    it text;
BEGIN
    FOREACH it IN ARRAY tables LOOP
        plain := to_regclass(it);
        SELECT c.relkind, quote_ident(pg_get_userbyid(c.relowner)),
                coalesce('WITH (' || array_to_string(c.reloptions, ', ') || ')', '')
            INTO kind, owner, storage FROM pg_class AS c WHERE c.oid = plain;
        IF plain IS NULL THEN
            RAISE EXCEPTION 'there is no table %: run `usher migrate` in this database first', it;
        ELSIF kind <> 'r' THEN
            RAISE EXCEPTION 'the table % is partitioned already: there is nothing left to do', it;
        END IF;
        EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', plain);
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', plain) INTO is_used;
        IF is_used THEN
            RAISE EXCEPTION 'the table % has rows, and is split only while it has none: begin with an empty database', it;
        END IF;
        -- The new tables belong to whoever the old ones belong to, and are open to the same roles.
        EXECUTE format('SET LOCAL ROLE %s', owner);
        SELECT pg_get_constraintdef(c.oid) INTO STRICT key
            FROM pg_constraint AS c WHERE c.conrelid = plain AND c.contype = 'p';
        SELECT coalesce(array_agg(pg_get_indexdef(i.indexrelid) ORDER BY i.indexrelid), '{}')
            INTO indexes FROM pg_index AS i WHERE i.indrelid = plain AND NOT i.indisprimary;
        SELECT coalesce(array_agg(format('GRANT %s ON %s TO %s', acl.privilege_type, plain,
                CASE acl.grantee WHEN 0 THEN 'PUBLIC' ELSE acl.grantee::regrole::text END)), '{}')
            INTO grants FROM pg_class AS c, aclexplode(c.relacl) AS acl
            WHERE c.oid = plain AND acl.grantee <> c.relowner;

        EXECUTE format('ALTER TABLE %s RENAME TO %I', plain, it || '_plain');
        EXECUTE format('CREATE TABLE %I (LIKE %s INCLUDING ALL EXCLUDING INDEXES) PARTITION BY HASH (tenant_id)',
            it, plain);
        -- Its indexes go with it, so that those of the new table can have their names.
        EXECUTE format('DROP TABLE %s', plain);
        FOR n IN 0 .. parts - 1 LOOP
            EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES WITH (MODULUS %s, REMAINDER %s) %s',
                it || '_' || n, it, parts, n, storage);
        END LOOP;
        EXECUTE format('ALTER TABLE %I ADD CONSTRAINT %I %s', it, it || '_pkey', key);
        FOREACH statement IN ARRAY indexes || grants LOOP
            EXECUTE statement;
        END LOOP;
        RESET ROLE;
    END LOOP;
END $$;
