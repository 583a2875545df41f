//! A database of one's own on the server of the run.

use tokio::process::Command;

use crate::fresh_database::{Place, make};

/// A fresh database. It goes with the server.
pub struct Database {
    /// `postgres://USER:PASSWORD@HOST:PORT/NAME?sslmode=disable`
    pub url: String,
    /// `HOST:PORT`
    pub address: String,
}

impl Database {
    /// On the server that `USHER_TEST_POSTGRES` names; its tables are split by tenant already where
    /// `USHER_TEST_PARTITIONS` is set.
    #[expect(clippy::unused_async, reason = "callers wait for all that surrounds a server")]
    pub async fn new() -> Self {
        let Place { url, address } = make();
        Self { url, address }
    }

    /// Its name on the server.
    #[must_use]
    pub fn name(&self) -> &str {
        let path = self.url.rsplit_once('/').expect("a path").1;
        path.split('?').next().expect("a name")
    }

    /// The same database for this role.
    #[must_use]
    pub fn as_role(&self, role: &str, password: &str) -> String {
        let end = self.url.split_once('@').expect("a user").1;
        format!("postgres://{role}:{password}@{end}")
    }

    /// Runs a statement in another database of the server, as its superuser.
    pub async fn administer(&self, statement: &str) {
        let url = self.url.replace(&format!("/{}", self.name()), "/postgres");
        let done = Command::new("psql").args([&url, "-qc", statement]).output().await;
        let done = done.expect("psql runs");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    /// Ends every connection to it.
    pub async fn cut(&self) {
        let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname";
        self.administer(&format!("{cut} = '{}'", self.name())).await;
    }

    /// The same database by way of another address.
    #[must_use]
    pub fn through(&self, address: &str) -> String {
        self.url.replace(&self.address, address)
    }

    /// What a query answers, one value.
    pub async fn ask(&self, query: &str) -> String {
        ask(&self.url, query).await
    }
}

/// What a query answers in the database with this URL, one value; nothing if it fails.
pub(crate) async fn ask(url: &str, query: &str) -> String {
    let output = Command::new("psql").args([url, "-qtAc", query]).output().await;
    String::from_utf8(output.expect("psql runs").stdout).expect("UTF-8").trim().to_owned()
}
