#!/bin/sh
# Moves a tenant from one PostgreSQL database of usher to another: docs/scaling.md says what to do before and after.
#
#   move-tenant.sh FROM_URL TO_URL NAME
#
# In one transaction on either side: the new database has all rows before they are gone from the old one, and if anything
# goes wrong, the old one keeps them. Run it as the owner of the tables, from a machine with psql 15 or later, and a
# folder for temporary files (TMPDIR) with room for the tenant. The URLs are those of psql, which, unlike usher, does not check
# certificates unless they say so. Exit status: 0, or 1 with what is wrong.
set -eu

fail() {
    echo "move-tenant: $*" >&2
    exit 1
}

[ $# -eq 3 ] || fail "usage: move-tenant.sh FROM_URL TO_URL NAME"
from=$1 to=$2 name=$3

ask() { # URL QUERY, in which :'name' is the tenant's
    printf '%s;\n' "$2" | psql "$1" -v ON_ERROR_STOP=1 -v "name=$name" -qtAX || fail "the query of ${1%%:*}://… failed, see above"
}

identity="SELECT system_identifier || ' ' || current_database() || ' ' || current_schema() FROM pg_control_system()"
# A table that is split into partitions is one table here, so that a tenant can move to where they are split.
is_partition="EXISTS (SELECT 1 FROM pg_inherits AS i
    WHERE i.inhrelid = (quote_ident(c.table_schema) || '.' || quote_ident(c.table_name))::regclass)"
schema="SELECT string_agg(c.table_name || '.' || c.column_name, ',' ORDER BY c.table_name, c.column_name)
    FROM information_schema.columns AS c WHERE c.table_schema = current_schema() AND NOT $is_partition"
owned="SELECT count(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')
    AND NOT pg_has_role(relowner, 'USAGE')"
for url in "$from" "$to"; do
    foreign=$(ask "$url" "$owned")
    [ "$foreign" = 0 ] || fail "$foreign tables belong to another role: move as the owner of the tables"
done
from_identity=$(ask "$from" "$identity") to_identity=$(ask "$to" "$identity")
[ "$from_identity" != "$to_identity" ] || fail "both URLs lead to the same database"
from_schema=$(ask "$from" "$schema") to_schema=$(ask "$to" "$schema")
[ -n "$from_schema" ] || fail "the first database has no tables: is its URL right?"
[ -n "$to_schema" ] || fail "the second database has no tables: run \`usher migrate\` there first"
[ "$from_schema" = "$to_schema" ] ||
    fail "the databases have different schemas: bring both to the same version of usher first"
tenant=$(ask "$from" "SELECT id FROM tenant WHERE name = :'name'")
[ -n "$tenant" ] || fail "there is no tenant $name in the first database"
there=$(ask "$to" "SELECT id FROM tenant WHERE name = :'name' OR id = '$tenant'")
[ -z "$there" ] || fail "the second database has a tenant $name already"

# `TABLE KEY COLUMNS` a line, for every table that has rows of tenants; the tenant itself first, so that
# whoever changes it meanwhile is waited for.
tables=$(ask "$from" "SELECT c.table_name || ' ' || CASE c.table_name WHEN 'tenant' THEN 'id' ELSE 'tenant_id' END
        || ' ' || string_agg(quote_ident(c.column_name), ',' ORDER BY c.column_name)
    FROM information_schema.columns AS c JOIN information_schema.tables AS t USING (table_schema, table_name)
    WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE' AND c.is_identity = 'NO'
    AND c.is_generated = 'NEVER' AND NOT $is_partition
    GROUP BY c.table_name
    HAVING c.table_name = 'tenant' OR bool_or(c.column_name = 'tenant_id')
    ORDER BY c.table_name <> 'tenant', 1")

umask 077
rows=$(mktemp -d)
trap 'rm -rf "$rows"' EXIT
{
    echo "BEGIN;"
    printf '%s\n' "$tables" | while read -r table _ columns; do
        printf '%s\n' "\\copy $table ($columns) FROM '$rows/$table'"
    done
    echo "COMMIT;"
} >"$rows/load.sql"
{
    echo "BEGIN;"
    printf '%s\n' "$tables" | while read -r table key columns; do
        printf '%s\n' "\\copy (DELETE FROM $table WHERE $key = '$tenant' RETURNING $columns) TO '$rows/$table'"
    done
    # The rows are gone from the old database once the new one has them.
    # shellcheck disable=SC2016
    printf '%s\n' '\set is_there `psql "$to" -v ON_ERROR_STOP=1 -qX -f "$rows/load.sql" >&2 && echo true || echo false`' \
        '\if :is_there' 'COMMIT;' '\else' 'ROLLBACK;' '\endif'
} >"$rows/move.sql"
export to rows
psql "$from" -v ON_ERROR_STOP=1 -qX -f "$rows/move.sql" || fail "nothing was moved, see above"
[ -z "$(ask "$from" "SELECT id FROM tenant WHERE id = '$tenant'")" ] ||
    fail "nothing was moved: the second database did not take the rows, see above"

wc -l "$rows"/* | sed -n "s|^ *\([0-9]*\) $rows/\([a-z_]*\)$|\2 \1|p"
left=$(printf '%s\n' "$tables" | while read -r table key _; do
    ask "$from" "SELECT '$table ' || count(*) FROM $table WHERE $key = '$tenant' HAVING count(*) > 0"
done)
[ -z "$left" ] || fail "it was moved, but these rows were written in the first database meanwhile, and are still there:" "$left"
