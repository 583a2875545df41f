//! The contract on files, and what is SQLite's alone.

use tempfile::TempDir;
use usher_persistence::{SqlStore, StoreOptions};

usher_application::store_contract!(fresh);

async fn fresh() -> (SqlStore, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    store.migrate().await.unwrap();
    (store, folder)
}

async fn open(folder: &TempDir) -> SqlStore {
    let url = format!("sqlite:{}", folder.path().join("usher.db").display());
    SqlStore::open(&StoreOptions::new(url)).await.unwrap()
}
