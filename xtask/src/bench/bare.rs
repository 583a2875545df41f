//! The least that a durable invitation server can do, as a crate that somebody has beside this one:
//! `PROGRAM pg URL POOL ADDRESS` after the `schema.sql` of its folder was run on the database, or
//! `PROGRAM sqlite FILE FULL GROUP ADDRESS`; its `invite.lua` is the load for wrk.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
};

use anyhow::{Context as _, Result};
use xshell::{Shell, TempDir, cmd};

use crate::{
    bench::{
        figures::{CONNECTIONS, DATABASES, Figures},
        frame::{Frame, Target},
        load::{Wrk, unique},
        markdown::{figure, paragraph, percent, table},
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
pub(super) fn take(frame: &mut Frame<'_>, folder: &Path) -> Result<()> {
    let sh = frame.sh;
    let target = root().join("target/bare");
    let manifest = folder.join("Cargo.toml");
    cmd!(sh, "cargo build --quiet --release --manifest-path {manifest} --target-dir {target}")
        .run()?;
    let name = folder.file_name().context("a folder with a name")?;
    let program = target.join("release").join(name);
    let script = folder.join("invite.lua").display().to_string();
    for database in DATABASES {
        let server = Bare::start(sh, &program, folder, database, &frame.postgres)?;
        for connections in CONNECTIONS {
            let run = unique();
            let variables = [("RUN", &*run)];
            let load = Wrk { script: &script, variables: &variables, connections, rows: 1 };
            let target = Target { port: server.port, process: server.child.id() };
            frame.load(&format!("{database} {connections} bare"), target, &load)?;
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
pub(super) fn page(page: &mut String, figures: &Figures) {
    paragraph(page, "### Beside a bare server");
    let rows = DATABASES.into_iter().flat_map(|database| {
        CONNECTIONS.into_iter().map(move |connections| {
            let usher = format!("{database} {connections}");
            let bare = format!("{usher} bare");
            let of = |name: &str, what: &str| figures.median(&format!("{name}{what}"));
            vec![
                format!("{database}, {connections}"),
                figure(of(&bare, ""), 0),
                figure(of(&usher, ""), 0),
                percent(of(&usher, ""), of(&bare, "")),
                figure(of(&bare, " p99"), 2),
                figure(of(&usher, " p99"), 2),
                figures.processor(database, &bare),
                figures.processor(database, &usher),
            ]
        })
    });
    let head = [
        "database, connections",
        "bare server/s",
        "usher/s",
        "of the bare server",
        "p99 ms, bare server",
        "p99 ms, usher",
        "processor µs a request, bare server; its PostgreSQL",
        "the same, usher; its PostgreSQL",
    ];
    table(page, &head, rows);
    paragraph(
        page,
        &format!(
            "The bare server has no credentials, no audit, no mail and no pages: one statement that inserts an invitation and an outbox row on PostgreSQL \
         ({POOL} connections), and a transaction for up to {GROUP} of them on SQLite."
        ),
    );
}
