//! Every key of every table has the tenant in it, so that tables can be split by tenant.

use sea_orm::{ConnectionTrait as _, Database, DatabaseConnection, DbBackend, Statement};

use crate::{postgres, sqlite};

/// Tables that are no tenant's: the list of tenants, each of which is found by its id or its name, and
/// that of the migrations.
const NOBODYS: [&str; 2] = ["tenant", "seaql_migrations"];

/// A primary key or a unique index.
#[derive(Debug)]
struct Key {
    table: String,
    /// The columns that it consists of; an expression is none.
    columns: Vec<String>,
}

async fn keys(database: &DatabaseConnection, backend: DbBackend, sql: &str) -> Vec<Key> {
    let rows = database.query_all_raw(Statement::from_string(backend, sql)).await.unwrap();
    let keys = rows.iter().map(|it| {
        let columns: String = it.try_get("", "columns").unwrap();
        let columns = columns.split(',').map(str::to_owned).collect();
        Key { table: it.try_get("", "of").unwrap(), columns }
    });
    let is_a_tenants = |it: &Key| !NOBODYS.contains(&it.table.as_str());
    keys.filter(is_a_tenants).collect()
}

fn all_have_the_tenant(keys: &[Key]) {
    assert!(keys.len() >= 22, "{keys:?}");
    for it in keys {
        assert!(it.columns.iter().any(|column| column == "tenant_id"), "{it:?}");
    }
}

#[tokio::test]
async fn every_key_on_postgres_has_the_tenant() {
    let (_store, database) = postgres::fresh().await;
    let connection = Database::connect(database.options().url).await.unwrap();
    // An expression has the attribute 0, and no name.
    let sql = "SELECT CAST(i.indrelid::regclass AS text) AS of, coalesce((SELECT \
         string_agg(a.attname, ',') FROM pg_attribute AS a \
         WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)), '') AS columns \
         FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid \
         WHERE i.indisunique AND c.relnamespace = current_schema()::regnamespace";
    all_have_the_tenant(&keys(&connection, DbBackend::Postgres, sql).await);
}

/// The primary key of `invitation` is the number by which the index of texts finds its rows. That is
/// SQLite's alone, which splits no tables; no query finds an invitation of a tenant by it alone.
#[tokio::test]
async fn every_key_on_sqlite_has_the_tenant() {
    let (_store, folder) = sqlite::fresh().await;
    let connection = Database::connect(sqlite::url(&folder)).await.unwrap();
    let sql = "SELECT t.name AS of, (SELECT group_concat(c.name) FROM pragma_index_info(i.name) AS c) \
         AS columns FROM pragma_table_list AS t JOIN pragma_index_list(t.name) AS i \
         WHERE t.schema = 'main' AND t.type = 'table' AND i.\"unique\"";
    all_have_the_tenant(&keys(&connection, DbBackend::Sqlite, sql).await);
    let by_a_number = "SELECT t.name AS of, c.name AS columns FROM pragma_table_list AS t \
         JOIN pragma_table_info(t.name) AS c ON c.pk > 0 WHERE t.schema = 'main' AND t.type = 'table' \
         AND NOT EXISTS (SELECT 1 FROM pragma_index_list(t.name) AS i WHERE i.origin = 'pk')";
    let by_a_number = keys(&connection, DbBackend::Sqlite, by_a_number).await;
    let by_a_number: Vec<_> = by_a_number.iter().map(|it| it.table.as_str()).collect();
    assert_eq!(by_a_number, ["invitation"]);
}
