#!/bin/sh
# Moves a tenant from one PostgreSQL database of usher to another: docs/scaling.md says what to do before and after.
#
#   move-tenant.sh copy FROM_URL TO_URL NAME      all its rows, in one transaction on either side
#   move-tenant.sh remove FROM_URL TO_URL NAME    removes them from where they came, if the other has as many
#
# Needs psql 12 or later, and a folder for temporary files with room for the tenant. Both databases must have the same
# version of the schema. It exits with 0, or says what is wrong and changes nothing.
set -eu

fail() {
    echo "move-tenant: $*" >&2
    exit 1
}

[ $# -eq 4 ] || fail "usage: move-tenant.sh copy|remove FROM_URL TO_URL NAME"
step=$1 from=$2 to=$3 name=$4

ask() { # URL QUERY, in which :'name' is the tenant's
    printf '%s;\n' "$2" | psql "$1" -v ON_ERROR_STOP=1 -v "name=$name" -qtAX
}

schema="SELECT string_agg(table_name || '.' || column_name, ',' ORDER BY table_name, column_name)
    FROM information_schema.columns WHERE table_schema = current_schema()"
[ "$(ask "$from" "$schema")" = "$(ask "$to" "$schema")" ] ||
    fail "the databases have different schemas: bring both to the same version of usher first"
tenant=$(ask "$from" "SELECT id FROM tenant WHERE name = :'name'")
[ -n "$tenant" ] || fail "there is no tenant $name in the first database"

# `TABLE WHERE TENANT COLUMNS` a line, for every table that has rows of tenants.
tables=$(ask "$from" "SELECT c.table_name || ' ' || CASE c.table_name WHEN 'tenant' THEN 'id' ELSE 'tenant_id' END
        || ' ' || string_agg(quote_ident(c.column_name), ',' ORDER BY c.column_name)
    FROM information_schema.columns AS c JOIN information_schema.tables AS t USING (table_schema, table_name)
    WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE' AND c.is_identity = 'NO'
    AND c.is_generated = 'NEVER' AND NOT EXISTS (SELECT 1 FROM pg_inherits AS i
        WHERE i.inhrelid = (quote_ident(c.table_schema) || '.' || quote_ident(c.table_name))::regclass)
    GROUP BY c.table_name
    HAVING c.table_name = 'tenant' OR bool_or(c.column_name = 'tenant_id') ORDER BY 1")

count() { # URL
    printf '%s\n' "$tables" | while read -r table key _; do
        printf '%s %s\n' "$table" "$(ask "$1" "SELECT count(*) FROM $table WHERE $key = '$tenant'")"
    done
}

case $step in
copy)
    [ -z "$(ask "$to" "SELECT 1 FROM tenant WHERE name = :'name' OR id = '$tenant'")" ] ||
        fail "the second database has a tenant $name already"
    umask 077
    rows=$(mktemp -d)
    trap 'rm -rf "$rows"' EXIT
    {
        echo "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;"
        printf '%s\n' "$tables" | while read -r table key columns; do
            printf '%s\n' "\\copy (SELECT $columns FROM $table WHERE $key = '$tenant') TO '$rows/$table'"
        done
        echo "COMMIT;"
    } | psql "$from" -v ON_ERROR_STOP=1 -qX
    {
        echo "BEGIN;"
        printf '%s\n' "$tables" | while read -r table _ columns; do
            printf '%s\n' "\\copy $table ($columns) FROM '$rows/$table'"
        done
        echo "COMMIT;"
    } | psql "$to" -v ON_ERROR_STOP=1 -qX
    count "$to"
    ;;
remove)
    count "$from" | while read -r table rows; do
        there=$(count "$to" | sed -n "s/^$table //p")
        [ "$there" -ge "$rows" ] ||
            fail "the second database has $there rows of $table, and the first one $rows: nothing was removed"
    done
    {
        echo "BEGIN;"
        printf '%s\n' "$tables" | while read -r table key _; do
            echo "DELETE FROM $table WHERE $key = '$tenant';"
        done
        echo "COMMIT;"
    } | psql "$from" -v ON_ERROR_STOP=1 -qX
    ;;
*) fail "the first argument must be copy or remove" ;;
esac
