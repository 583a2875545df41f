//! PostgreSQL with a synchronous standby, of this machine's own programs.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rustix::process::Signal;

use crate::{
    eventually::eventually,
    ports::free_port,
    postgres::{Database, ask},
    programs::{Daemon, Unprivileged, folder_with, remove_shared_memory, signal},
};

/// The name by which the primary knows its standby.
const STANDBY: &str = "standby";

/// A primary that confirms no commit before its standby has it, and that standby. Both are gone when it is
/// dropped.
pub struct Cluster {
    pub primary: Node,
    pub standby: Node,
    folder: PathBuf,
}

/// One of the two servers.
pub struct Node {
    data: PathBuf,
    port: u16,
    daemon: Daemon,
}

impl Cluster {
    pub async fn start() -> Self {
        let user = Unprivileged::find().await.expect("a user");
        let folder = user.folder("cluster").await.expect("a folder");
        let bin = folder_with(&["initdb", "pg_basebackup", "postgres"]);
        let bin = bin.expect("the test needs PostgreSQL's own programs: install postgresql");
        let [first, second] = ["first", "second"].map(|it| folder.join(it));

        let data = ["--pgdata".into(), first.clone().into_os_string()];
        let make = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync"];
        let make = make.map(Into::into).into_iter().chain(data);
        user.output(bin.join("initdb"), make).await.expect("a new server");
        let primary = Node::start(user, &bin, first, "primary");
        primary.answers().await;

        let from = format!("host=127.0.0.1 port={} user=postgres", primary.port);
        let copy = ["--write-recovery-conf", "--checkpoint=fast", "--no-sync", "--dbname", &from];
        let to = ["--pgdata".into(), second.clone().into_os_string()];
        let copy = copy.map(Into::into).into_iter().chain(to);
        user.output(bin.join("pg_basebackup"), copy).await.expect("a copy of the primary");
        let standby = Node::start(user, &bin, second, STANDBY);
        standby.answers().await;

        // The standby has a copy of the settings from before: it waits for nobody once it is promoted.
        primary.ask(&format!("ALTER SYSTEM SET synchronous_standby_names = '{STANDBY}'")).await;
        primary.ask("SELECT pg_reload_conf()").await;
        eventually("the standby is synchronous", || async {
            let state = primary.ask("SELECT sync_state FROM pg_stat_replication").await;
            (state == "sync").then_some(())
        })
        .await;
        Self { primary, standby, folder }
    }

    /// SIGKILL to the primary and all of its processes.
    pub fn crash(&mut self) {
        self.primary.daemon.crash();
    }

    /// The standby takes nothing more from the primary, which goes on to send it what it commits, and waits.
    /// Returns once so many commits wait.
    pub async fn hold(&self, commits: usize) -> Held {
        let receiver = self.standby.ask("SELECT pid FROM pg_stat_wal_receiver").await;
        let held = Held { receiver: receiver.parse().expect("it receives") };
        signal(held.receiver, Signal::STOP);
        eventually("commits wait for the standby", || async {
            let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
            let waiting: usize = self.primary.ask(waiting).await.parse().ok()?;
            (waiting >= commits).then_some(())
        })
        .await;
        held
    }

    /// Makes the standby a primary.
    pub async fn promote(&self) {
        self.standby.ask("SELECT pg_promote()").await;
        assert_eq!(self.standby.ask("SELECT pg_is_in_recovery()").await, "f");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for it in [&mut self.primary, &mut self.standby] {
            it.daemon.end(Signal::QUIT);
        }
        for it in [&self.primary, &self.standby] {
            remove_shared_memory(&it.data);
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A standby that takes nothing, until this is dropped.
pub struct Held {
    receiver: u32,
}

impl Drop for Held {
    fn drop(&mut self) {
        signal(self.receiver, Signal::CONT);
    }
}

impl Node {
    fn start(user: Unprivileged, bin: &Path, data: PathBuf, name: &str) -> Self {
        let port = free_port();
        let settings = [
            "listen_addresses=127.0.0.1".to_owned(),
            format!("port={port}"),
            "unix_socket_directories=".to_owned(),
            format!("cluster_name={name}"),
            // Processes are killed here, and no machine loses its power.
            "fsync=off".to_owned(),
        ];
        let settings = settings.into_iter().flat_map(|it| ["-c".to_owned(), it]);
        let place = ["-D".to_owned(), data.display().to_string()];
        let log = data.with_extension("log");
        let daemon = user.start(&bin.join("postgres"), place.into_iter().chain(settings), &log);
        Self { data, port, daemon: daemon.expect("a server") }
    }

    async fn answers(&self) {
        eventually("the server answers", || async {
            (self.ask("SELECT 1").await == "1").then_some(())
        })
        .await;
    }

    /// `HOST:PORT`
    #[must_use]
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// A database of this name on it.
    #[must_use]
    pub fn database(&self, name: &str) -> Database {
        let address = self.address();
        let url = format!("postgres://postgres:postgres@{address}/{name}?sslmode=disable");
        Database { url, address }
    }

    async fn ask(&self, statement: &str) -> String {
        ask(&self.database("postgres").url, statement).await
    }
}
