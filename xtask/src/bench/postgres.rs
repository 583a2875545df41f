//! The PostgreSQL of the machine, with the settings it came with.

use std::{cell::Cell, fs, path::PathBuf};

use anyhow::{Context as _, Result};
use xshell::{Shell, TempDir, cmd};

use crate::bench::{load::used_by_family, ports::free_port};

/// A PostgreSQL of this run that flushes to disk as it should.
pub(super) struct Postgres {
    sh: Shell,
    bin: PathBuf,
    folder: TempDir,
    port: u16,
    count: Cell<u32>,
}

impl Postgres {
    pub(super) fn start(sh: &Shell) -> Result<Self> {
        let bin = fs::read_dir("/usr/lib/postgresql")
            .context("cargo xtask bench needs a PostgreSQL server: install postgresql")?
            .flatten()
            .map(|it| it.path().join("bin"))
            .filter(|it| it.join("initdb").exists())
            .max()
            .context("no initdb below /usr/lib/postgresql")?;
        let (folder, port) = (sh.create_temp_dir()?, free_port()?);
        let it = Self { sh: sh.clone(), bin, folder, port, count: Cell::new(0) };
        let data = it.data();
        if is_root(sh) {
            let home = it.folder.path();
            cmd!(sh, "chown postgres {home}").run()?;
        }
        it.run("initdb", &["-D", &data, "-U", "postgres", "--auth=trust"])?;
        let options = format!("-p {port} -k {data} -c listen_addresses=127.0.0.1");
        it.run(
            "pg_ctl",
            &["-D", &data, "-o", &options, "-w", "-l", &format!("{data}/log"), "start"],
        )?;
        Ok(it)
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
        if database == "SQLite" { Ok(String::new()) } else { self.fresh(sh) }
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

fn is_root(sh: &Shell) -> bool {
    cmd!(sh, "id --user").quiet().read().is_ok_and(|it| it == "0")
}
