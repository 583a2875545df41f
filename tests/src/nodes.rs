//! Nodes that share a database, a mail server and keys.

use std::sync::Arc;

use tempfile::TempDir;

use crate::{
    server::{Server, run},
    smtp::Smtp,
};

/// The settings that such nodes have in common.
pub struct Nodes {
    settings: Vec<(String, String)>,
}

impl Nodes {
    /// On the database with this URL, with new keys.
    pub async fn on(database: &str, smtp: &Smtp) -> Self {
        let home = TempDir::new().expect("a folder");
        let made = run(home.path(), &[], &["keyring"], "").await;
        assert_eq!(made.code, Some(0), "{}", made.stderr);
        let settings = [
            ("USHER_DATABASE__URL", database),
            ("USHER_MAIL__URL", &smtp.url()),
            ("USHER_KEYRING__KEYS", made.stdout.trim()),
            ("USHER_PUBLIC_URL", "http://localhost:8080"),
        ];
        Self { settings: settings.map(|(key, value)| (key.to_owned(), value.to_owned())).into() }
    }

    /// One of them that serves, with some settings of its own.
    pub async fn start(&self, others: &[(&str, &str)]) -> Server {
        let server = self.launch(others, &[]);
        server.ready().await;
        server
    }

    /// One of them that runs with these arguments, not waiting for anything.
    #[must_use]
    pub fn launch(&self, others: &[(&str, &str)], arguments: &[&str]) -> Server {
        let mut all: Vec<_> = self.settings.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        all.extend(others);
        Server::launch(Arc::new(TempDir::new().expect("a folder")), &all, arguments)
    }
}
