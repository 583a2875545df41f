//! A database of one's own on the server of the run.

use std::sync::atomic::{AtomicU32, Ordering};

use tokio::process::Command;

/// A fresh database. It goes with the server.
pub struct Database {
    /// `postgres://USER:PASSWORD@HOST:PORT/NAME?sslmode=disable`
    pub url: String,
    /// `HOST:PORT`
    pub address: String,
}

static COUNT: AtomicU32 = AtomicU32::new(0);

impl Database {
    /// On the server that `USHER_TEST_POSTGRES` names.
    pub async fn new() -> Self {
        let server = std::env::var("USHER_TEST_POSTGRES")
            .expect("run `cargo xtask test`, or set USHER_TEST_POSTGRES to a server's address");
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("usher_e2e_{}_{count}", std::process::id());
        let made = Command::new("psql")
            .args([&format!("{server}/postgres"), "-qc", &format!("CREATE DATABASE {name}")])
            .output()
            .await
            .expect("psql runs: install postgresql-client");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let address = server.rsplit_once('@').expect("a user").1.to_owned();
        // The server of the run may be in a container, which is another machine, and speaks no TLS.
        Self { url: format!("{server}/{name}?sslmode=disable"), address }
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
