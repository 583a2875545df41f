//! The PostgreSQL of the machine, with the settings it came with.

use std::{
    cell::Cell,
    fs,
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use xshell::{Shell, TempDir, cmd};

use crate::bench::{delay::Delay, figures::SQLITE, ports::free_port, processor::used_by_family};

/// A PostgreSQL of this run that flushes to disk as it should.
pub(super) struct Postgres {
    sh: Shell,
    bin: PathBuf,
    folder: TempDir,
    port: u16,
    count: Cell<u32>,
}

impl Postgres {
    /// With these settings beside those that it comes with.
    pub(super) fn start(sh: &Shell, settings: &str) -> Result<Self> {
        let it = Self::prepared(sh)?;
        it.run("initdb", &["-D", &it.data(), "-U", "postgres", "--auth=trust"])?;
        it.serve(settings)?;
        Ok(it)
    }

    /// A standby whose every commit this one waits for from now on. What they say to each other takes so
    /// much longer each way.
    pub(super) fn standby(&self, delay: Duration) -> Result<Standby> {
        let (server, proxy) = (Self::prepared(&self.sh)?, Delay::to(self.port, delay)?);
        let (port, data) = (self.port.to_string(), server.data());
        let of = ["-h", "127.0.0.1", "-p", &port, "-U", "postgres"];
        self.run("pg_basebackup", &[&of[..], &["-D", &data, "-R", "-c", "fast"]].concat())?;
        let name = "standby";
        server.serve(&format!(
            "-c \"primary_conninfo=host=127.0.0.1 port={} user=postgres application_name={name}\"",
            proxy.port
        ))?;
        let primary = self.url("postgres");
        let wait = format!("ALTER SYSTEM SET synchronous_standby_names = '{name}'");
        let reload = "SELECT pg_reload_conf()";
        cmd!(self.sh, "psql {primary} -q -c {wait} -c {reload}").quiet().ignore_stdout().run()?;
        let start = Instant::now();
        let query = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'";
        while cmd!(self.sh, "psql {primary} -qtAc {query}").quiet().read()? != "1" {
            ensure!(start.elapsed() < Duration::from_mins(1), "no standby follows PostgreSQL");
            thread::sleep(Duration::from_millis(50));
        }
        Ok(Standby { _server: server, _proxy: proxy })
    }

    /// A folder and a port for one.
    fn prepared(sh: &Shell) -> Result<Self> {
        let bin = fs::read_dir("/usr/lib/postgresql")
            .context("cargo xtask bench needs a PostgreSQL server: install postgresql")?
            .flatten()
            .map(|it| it.path().join("bin"))
            .filter(|it| it.join("initdb").exists())
            .max()
            .context("no initdb below /usr/lib/postgresql")?;
        let (folder, port) = (sh.create_temp_dir()?, free_port()?);
        if is_root(sh) {
            let home = folder.path();
            cmd!(sh, "chown postgres {home}").quiet().run()?;
        }
        Ok(Self { sh: sh.clone(), bin, folder, port, count: Cell::new(0) })
    }

    fn serve(&self, settings: &str) -> Result<()> {
        let (data, port) = (self.data(), self.port);
        let sockets = self.folder.path().display();
        let options = format!("-p {port} -k {sockets} -c listen_addresses=127.0.0.1 {settings}");
        let log = format!("{data}/log");
        self.run("pg_ctl", &["-D", &data, "-o", &options, "-w", "-l", &log, "start"])
    }

    /// An empty database.
    pub(super) fn fresh(&self, sh: &Shell) -> Result<String> {
        let name = format!("bench{}", self.count.replace(self.count.get() + 1));
        let (server, make) = (self.url("postgres"), format!("CREATE DATABASE {name}"));
        cmd!(sh, "psql {server} -qc {make} -c CHECKPOINT").quiet().run()?;
        Ok(self.url(&name))
    }

    /// The address of an empty database of this kind; a file of the server's own has none.
    pub(super) fn url_for(&self, sh: &Shell, database: &str) -> Result<String> {
        if database == SQLITE { Ok(String::new()) } else { self.fresh(sh) }
    }

    /// Removes a database, whoever uses it.
    pub(super) fn remove(&self, sh: &Shell, url: &str) -> Result<()> {
        let name = url.rsplit('/').next().context("the name of a database")?;
        let (server, end) = (self.url("postgres"), format!("DROP DATABASE {name} WITH (FORCE)"));
        cmd!(sh, "psql {server} -qc {end}").quiet().run()?;
        Ok(())
    }

    /// Seconds of processor time that the server and its sessions have used.
    pub(super) fn used(&self) -> Result<f64> {
        let file = self.folder.path().join("data/postmaster.pid");
        let pid = fs::read_to_string(file)?;
        used_by_family(pid.lines().next().context("a process id")?.parse()?)
    }

    fn url(&self, name: &str) -> String {
        format!("postgres://postgres:none@127.0.0.1:{}/{name}", self.port)
    }

    fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    /// PostgreSQL refuses to run as root.
    fn run(&self, program: &str, arguments: &[&str]) -> Result<()> {
        let program = self.bin.join(program);
        let as_user: &[&str] =
            if is_root(&self.sh) { &["runuser", "-u", "postgres", "--"] } else { &["env"] };
        let (first, rest) = as_user.split_first().context("a program")?;
        cmd!(self.sh, "{first} {rest...} {program} {arguments...}")
            .quiet()
            .ignore_stdout()
            .run()?;
        Ok(())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let _ = self.run("pg_ctl", &["-D", &self.data(), "-m", "immediate", "stop"]);
    }
}

/// It ends when it is dropped, and whoever waits for it does so for ever.
pub(super) struct Standby {
    _server: Postgres,
    _proxy: Delay,
}

fn is_root(sh: &Shell) -> bool {
    cmd!(sh, "id --user").quiet().read().is_ok_and(|it| it == "0")
}
