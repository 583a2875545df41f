//! Databases on the server of the run, and in runs that ask for it with tables that are split by tenant.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        LazyLock, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use crate::binary::binary;

/// Set, every database has its tables split by tenant, and servers that name no database get one.
const PARTITIONS: &str = "USHER_TEST_PARTITIONS";

/// What splits the tables.
const SPLIT: &str = include_str!("../../docs/partitions.sql");

static COUNT: AtomicU32 = AtomicU32::new(0);

/// The databases of servers that name none, by the folders that they run in.
static OF_FOLDERS: LazyLock<Mutex<HashMap<PathBuf, String>>> = LazyLock::new(Mutex::default);

/// Where a fresh database is, and the address of its server.
pub(crate) struct Place {
    pub url: String,
    pub address: String,
}

/// Makes a database on the server that `USHER_TEST_POSTGRES` names. It goes with the server.
pub(crate) fn make() -> Place {
    let server = std::env::var("USHER_TEST_POSTGRES")
        .expect("run `cargo xtask test`, or set USHER_TEST_POSTGRES to a server's address");
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("usher_e2e_{}_{count}", std::process::id());
    psql(&format!("{server}/postgres"), &format!("CREATE DATABASE {name}"));
    let address = server.rsplit_once('@').expect("a user").1.to_owned();
    // The server of the run may be in a container, which is another machine, and speaks no TLS.
    let url = format!("{server}/{name}?sslmode=disable");
    if are_split() {
        let mut migrate = Command::new(binary());
        for (key, _) in std::env::vars().filter(|(key, _)| key.starts_with("USHER_")) {
            migrate.env_remove(key);
        }
        migrate.arg("migrate").env("USHER_DATABASE__URL", &url);
        let made = migrate.current_dir(std::env::temp_dir()).output().expect("usher starts");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        psql(&url, SPLIT);
    }
    Place { url, address }
}

/// The database of the servers that run in this folder and name none; none: they have a file there.
pub(crate) fn of_folder(folder: &Path) -> Option<String> {
    let mut all = OF_FOLDERS.lock().expect("no panic");
    are_split().then(|| all.entry(folder.to_owned()).or_insert_with(|| make().url).clone())
}

fn are_split() -> bool {
    std::env::var_os(PARTITIONS).is_some_and(|it| !it.is_empty())
}

fn psql(url: &str, statement: &str) {
    let done = Command::new("psql").args([url, "-qc", statement]).output();
    let done = done.expect("psql runs: install postgresql-client");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}
