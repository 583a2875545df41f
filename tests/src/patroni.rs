//! PostgreSQL on two servers that Patroni keeps, with etcd for its decisions and `HAProxy` before it.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use rustix::process::Signal;
use serde_json::Value;

use crate::{
    eventually::eventually,
    ports::free_port,
    postgres::{Database, ask},
    programs::{Daemon, Unprivileged, crash, folder_with, path_of, remove_shared_memory},
};

/// Two servers, of which Patroni makes one the primary and the other its synchronous standby, and an address
/// that leads to the primary. All of it is gone when it is dropped.
pub struct Patroni {
    /// `HOST:PORT`, where the primary is.
    pub address: String,
    agents: Vec<Agent>,
    others: Vec<Daemon>,
    user: Unprivileged,
    folder: PathBuf,
}

/// A server with the agent that keeps it.
struct Agent {
    name: &'static str,
    rest: u16,
    server: u16,
    settings: PathBuf,
    data: PathBuf,
    daemon: Daemon,
}

impl Patroni {
    pub async fn start() -> Self {
        let user = Unprivileged::find().await.expect("a user");
        let folder = user.folder("patroni").await.expect("a folder");
        let etcd = free_port();
        let others = vec![start_etcd(user, &folder, etcd)];
        let agents = ["one", "two"].map(|name| Agent::start(user, &folder, etcd, name)).into();
        let mut it = Self { address: String::new(), agents, others, user, folder };
        it.has_standby().await;
        let port = free_port();
        it.others.push(it.start_haproxy(port));
        it.address = format!("127.0.0.1:{port}");
        it.leads_to_the_primary().await;
        it
    }

    /// The database that it is made with, by way of the address that leads to the primary.
    #[must_use]
    pub fn database(&self) -> Database {
        let address = self.address.clone();
        let url = format!("postgres://postgres:postgres@{address}/postgres?sslmode=disable");
        Database { url, address }
    }

    /// Waits until one of the servers is the primary and the other one its synchronous standby.
    pub async fn has_standby(&self) {
        // The first start makes both, and Patroni looks around every ten seconds.
        for what in ["a primary", "a standby", "a synchronous standby"] {
            eventually(what, || async {
                let members = self.members().await?;
                let has = |role: &str| members.iter().any(|it| it["role"] == role);
                let is_so = match what {
                    "a primary" => has("leader"),
                    "a standby" => members.len() == 2 && has("leader"),
                    _ => has("leader") && has("sync_standby"),
                };
                is_so.then_some(())
            })
            .await;
        }
    }

    /// Waits until no connection leads to the standby, as until the first check of its state.
    async fn leads_to_the_primary(&self) {
        let (url, in_a_row) = (self.database().url, AtomicU32::new(0));
        eventually("it leads to the primary alone", || async {
            if ask(&url, "SELECT pg_is_in_recovery()").await == "f" {
                // Servers that are taken to be good get connections in turns.
                (in_a_row.fetch_add(1, Ordering::Relaxed) >= 5).then_some(())
            } else {
                in_a_row.store(0, Ordering::Relaxed);
                None
            }
        })
        .await;
    }

    /// Has the standby become the primary, in order.
    pub async fn switch_over(&self) {
        let settings = self.agents[0].settings.display().to_string();
        let program = path_of("patronictl").expect("the test needs Patroni: install patroni");
        let words = ["-c", &settings, "switchover", "--force"];
        self.user.output(program, words).await.expect("it switches over");
    }

    /// SIGKILL to the primary, all of its processes and the agent that keeps it.
    pub async fn crash_primary(&mut self) {
        let members = self.members().await.expect("an answer");
        let leader = members.iter().find(|it| it["role"] == "leader").expect("a primary");
        let name = leader["name"].as_str().expect("a name");
        let agent = self.agents.iter_mut().find(|it| it.name == name).expect("an agent");
        agent.crash();
    }

    /// What one of the agents that live says of all of them.
    async fn members(&self) -> Option<Vec<Value>> {
        for it in &self.agents {
            let url = format!("http://127.0.0.1:{}/cluster", it.rest);
            let Ok(answer) = reqwest::get(url).await else { continue };
            let all: Value = answer.json().await.ok()?;
            return all["members"].as_array().cloned();
        }
        None
    }

    fn start_haproxy(&self, port: u16) -> Daemon {
        let servers = self.agents.iter().map(|it| {
            format!("    server {} 127.0.0.1:{} check port {}\n", it.name, it.server, it.rest)
        });
        let settings = format!(
            "defaults
    mode tcp
    timeout connect 2s
    timeout client 30m
    timeout server 30m
    timeout check 2s
listen primary
    bind 127.0.0.1:{port}
    option httpchk OPTIONS /primary
    http-check expect status 200
    default-server inter 3s fall 3 rise 2 on-marked-down shutdown-sessions
{}",
            servers.collect::<String>()
        );
        let file = self.folder.join("haproxy.cfg");
        fs::write(&file, settings).expect("a file");
        let program = path_of("haproxy").expect("the test needs HAProxy: install haproxy");
        let words = ["-db".into(), "-f".into(), file.into_os_string()];
        self.user.start(&program, words, &self.folder.join("haproxy.log")).expect("it starts")
    }
}

impl Drop for Patroni {
    fn drop(&mut self) {
        for it in &mut self.agents {
            it.crash();
            remove_shared_memory(&it.data);
        }
        for it in &mut self.others {
            it.end(Signal::KILL);
        }
        if std::thread::panicking() {
            eprintln!("what the servers said is in {}", self.folder.display());
        } else {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

fn start_etcd(user: Unprivileged, folder: &Path, port: u16) -> Daemon {
    let program = path_of("etcd").expect("the test needs etcd: install etcd-server");
    let (client, peer) =
        (format!("http://127.0.0.1:{port}"), format!("http://127.0.0.1:{}", free_port()));
    let data = folder.join("etcd").display().to_string();
    let words = [
        ("--data-dir", &*data),
        ("--listen-client-urls", &client),
        ("--advertise-client-urls", &client),
        ("--listen-peer-urls", &peer),
        ("--initial-advertise-peer-urls", &peer),
        ("--initial-cluster", &format!("default={peer}")),
    ];
    let words = words.into_iter().flat_map(|(name, value)| [name.to_owned(), value.to_owned()]);
    user.start(&program, words, &folder.join("etcd.log")).expect("it starts")
}

impl Agent {
    fn start(user: Unprivileged, folder: &Path, etcd: u16, name: &'static str) -> Self {
        let (rest, server) = (free_port(), free_port());
        let bin = folder_with(&["initdb", "pg_basebackup", "postgres"]);
        let bin = bin.expect("the test needs PostgreSQL's own programs: install postgresql");
        let place = folder.join(name);
        let (bin, data) = (bin.display(), place.display());
        let settings = format!(
            "scope: usher
name: {name}
restapi:
  listen: 127.0.0.1:{rest}
  connect_address: 127.0.0.1:{rest}
etcd3:
  hosts: 127.0.0.1:{etcd}
bootstrap:
  dcs:
    ttl: 30
    loop_wait: 10
    retry_timeout: 10
    synchronous_mode: true
  initdb:
    - encoding: UTF8
    - locale: C.UTF-8
    - auth: trust
  pg_hba:
    - host all all 127.0.0.1/32 trust
    - host replication all 127.0.0.1/32 trust
postgresql:
  listen: 127.0.0.1:{server}
  connect_address: 127.0.0.1:{server}
  data_dir: {data}
  bin_dir: {bin}
  pgpass: {data}.pgpass
  authentication:
    superuser: {{username: postgres, password: postgres}}
    replication: {{username: replicator, password: replicator}}
  parameters:
    unix_socket_directories: ''
"
        );
        let file = folder.join(format!("{name}.yml"));
        fs::write(&file, settings).expect("a file");
        let program = path_of("patroni").expect("the test needs Patroni: install patroni");
        let daemon = user.start(&program, [&file], &folder.join(format!("{name}.log")));
        let daemon = daemon.expect("it starts");
        Self { name, rest, server, settings: file, data: place, daemon }
    }

    /// SIGKILL to it and the server that it keeps, which is not its child.
    fn crash(&mut self) {
        self.daemon.crash();
        let file = fs::read_to_string(self.data.join("postmaster.pid")).unwrap_or_default();
        if let Some(process) = file.lines().next().and_then(|it| it.parse().ok()) {
            crash(process);
        }
    }
}
