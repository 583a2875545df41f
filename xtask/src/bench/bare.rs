//! The least that a durable invitation server can do, as a crate that somebody has beside this one:
//! `PROGRAM pg URL POOL ADDRESS` after the `schema.sql` of its folder was run on the database, or
//! `PROGRAM sqlite FILE FULL GROUP ADDRESS`; its `invite.lua` is the load for wrk.

use std::{
    fmt::Write as _,
    path::Path,
    process::{Child, Command, Stdio},
};

use anyhow::{Context as _, Result};
use xshell::{Shell, TempDir, cmd};

use crate::{
    bench::{
        figures::{CONNECTIONS, DATABASES, Figures},
        load::{self, Load},
        ports::{free_port, wait_for_port},
        postgres::Postgres,
    },
    tree::root,
};

/// How many connections it may have to PostgreSQL, and how many invitations share a transaction on
/// SQLite.
const POOL: &str = "16";
const GROUP: &str = "64";

/// Builds the crate and measures it.
pub(super) fn take(
    sh: &Shell,
    folder: &Path,
    postgres: &Postgres,
    seconds: u32,
    figures: &mut Figures,
) -> Result<()> {
    let target = root().join("target/bare");
    let manifest = folder.join("Cargo.toml");
    cmd!(sh, "cargo build --quiet --release --manifest-path {manifest} --target-dir {target}")
        .run()?;
    let name = folder.file_name().context("a folder with a name")?;
    let program = target.join("release").join(name);
    for database in DATABASES {
        let server = Bare::start(sh, &program, folder, database, postgres)?;
        for connections in CONNECTIONS {
            let _run = sh.push_env("RUN", load::unique());
            let script = folder.join("invite.lua").display().to_string();
            let before = postgres.used()?;
            let Load { rate, p99, cpu, requests, .. } =
                load::wrk(sh, server.port, server.child.id(), &script, connections, seconds)?;
            let name = format!("{database} {connections} bare");
            figures.add(&name, rate);
            figures.add(format!("{name} p99"), p99);
            figures.add(format!("{name} cpu"), cpu);
            let used = load::each(postgres.used()? - before, requests);
            figures.add(format!("{name} database cpu"), used);
        }
    }
    Ok(())
}

struct Bare {
    child: Child,
    port: u16,
    /// Where its file is.
    _home: TempDir,
}

impl Bare {
    fn start(
        sh: &Shell,
        program: &Path,
        folder: &Path,
        database: &str,
        postgres: &Postgres,
    ) -> Result<Self> {
        let (home, port) = (sh.create_temp_dir()?, free_port()?);
        let mut command = Command::new(program);
        let url = postgres.url_for(sh, database)?;
        if url.is_empty() {
            let file = home.path().join("bare.db");
            command.args(["sqlite", &file.display().to_string(), "FULL", GROUP]);
        } else {
            let schema = folder.join("schema.sql");
            cmd!(sh, "psql {url} -qf {schema}").quiet().ignore_stderr().run()?;
            command.args(["pg", &url, POOL]);
        }
        let child = command.arg(format!("127.0.0.1:{port}")).stdout(Stdio::null()).spawn()?;
        let it = Self { child, port, _home: home };
        wait_for_port(port)?;
        Ok(it)
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// usher beside it.
pub(super) fn page(page: &mut String, figures: &Figures) -> Result<()> {
    let m = |name: &str| figures.median(name);
    writeln!(
        page,
        "### Beside a bare server\n\n\
         | database, connections | bare server/s | usher/s | of the bare server | p99 ms, bare server | p99 ms, usher | \
         processor µs a request, bare server; usher | the same of PostgreSQL |\n|---|--:|--:|--:|--:|--:|--:|--:|"
    )?;
    for database in DATABASES {
        for connections in CONNECTIONS {
            let name = format!("{database} {connections}");
            let bare = |what: &str| m(&format!("{name} bare{what}"));
            let usher = |what: &str| m(&format!("{name}{what}"));
            let of_postgres = match database {
                "SQLite" => "–".to_owned(),
                _ => format!("{:.0}; {:.0}", bare(" database cpu"), usher(" database cpu")),
            };
            writeln!(
                page,
                "| {database}, {connections} | {:.0} | {:.0} | {:.0} % | {:.2} | {:.2} | {:.0}; {:.0} | {of_postgres} |",
                bare(""),
                usher(""),
                100.0 * usher("") / bare(""),
                bare(" p99"),
                usher(" p99"),
                bare(" cpu"),
                usher(" cpu"),
            )?;
        }
    }
    writeln!(
        page,
        "\nThe bare server has no credentials, no audit, no mail and no pages: one statement that inserts an invitation and an outbox row on PostgreSQL \
         ({POOL} connections), and a transaction for up to {GROUP} of them on SQLite.\n"
    )?;
    Ok(())
}
