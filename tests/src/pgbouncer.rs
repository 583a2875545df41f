//! The pooler that Debian packages, before the database of a test.

use std::{fs, path::PathBuf};

use crate::{
    eventually::eventually,
    ports::free_port,
    postgres::{Database, ask},
    programs::{Daemon, Unprivileged, output, path_of},
};

/// Up to this version it passes on prepared statements as they are in transaction mode.
const WITHOUT_STATEMENTS: (u32, u32) = (1, 20);

/// `PgBouncer` with its stock settings, but for whom it takes. Gone when dropped.
pub struct PgBouncer {
    /// `HOST:PORT`
    pub address: String,
    folder: PathBuf,
    _daemon: Daemon,
}

impl PgBouncer {
    /// In this mode, without prepared statements in transaction mode.
    pub async fn start(database: &Database, mode: &str) -> Self {
        let program = path_of("pgbouncer").expect("the test needs PgBouncer: install pgbouncer");
        let user = Unprivileged::find().await.expect("a user");
        let folder = user.folder("pgbouncer").await.expect("a folder");
        let port = free_port();
        let (host, server_port) = database.address.rsplit_once(':').expect("a port");
        let mut settings = format!(
            "[databases]\n\
             * = host={host} port={server_port} user=postgres password=postgres\n\
             [pgbouncer]\n\
             listen_addr = 127.0.0.1\n\
             listen_port = {port}\n\
             unix_socket_dir =\n\
             auth_type = any\n\
             pool_mode = {mode}\n"
        );
        if version(&program.to_string_lossy()).await > WITHOUT_STATEMENTS {
            settings.push_str("max_prepared_statements = 0\n");
        }
        let file = folder.join("pgbouncer.ini");
        fs::write(&file, settings).expect("a file");
        let daemon = user.start(&program, [&file], &folder.join("log")).expect("it starts");
        let address = format!("127.0.0.1:{port}");
        let it = Self { address, folder, _daemon: daemon };
        let url = database.through(&it.address);
        eventually("the pooler passes on", || async {
            (ask(&url, "SELECT 1").await == "1").then_some(())
        })
        .await;
        it
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

async fn version(program: &str) -> (u32, u32) {
    let said = output(program, ["--version"]).await.expect("a version").stdout;
    let said = String::from_utf8(said).expect("UTF-8");
    let words = said.split_whitespace().nth(1).expect("a version");
    let mut numbers = words.split('.').map_while(|it| it.parse().ok());
    (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default())
}
