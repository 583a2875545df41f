//! The contract on a server, and what is PostgreSQL's alone.

use sea_orm::{ConnectionTrait as _, Database};
use usher_persistence::{SqlStore, StoreOptions};

usher_application::store_contract!(fresh);

/// A database that goes when the test ends.
struct Fresh {
    name: String,
}

fn server() -> String {
    std::env::var("USHER_TEST_POSTGRES").expect(
        "run `cargo xtask test`, or set USHER_TEST_POSTGRES to postgres://user:password@host:port",
    )
}

impl Fresh {
    #[expect(clippy::disallowed_methods, reason = "a name that no other test has")]
    async fn new() -> Self {
        let name = format!("usher_{}", uuid::Uuid::new_v4().simple());
        administer(&format!("CREATE DATABASE {name}")).await;
        Self { name }
    }

    fn options(&self) -> StoreOptions {
        StoreOptions::new(format!("{}/{}", server(), self.name))
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        let statement = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        let drop = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(administer(&statement));
        };
        let _ = std::thread::spawn(drop).join();
    }
}

async fn administer(statement: &str) {
    let server = Database::connect(format!("{}/postgres", server())).await.unwrap();
    server.execute_unprepared(statement).await.unwrap();
}

async fn fresh() -> (SqlStore, Fresh) {
    let database = Fresh::new().await;
    let store = SqlStore::open(&database.options()).await.unwrap();
    store.migrate().await.unwrap();
    (store, database)
}
