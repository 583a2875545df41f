//! What the machine allows at the least work that the same promise needs.

use std::time::Instant;

use anyhow::{Context as _, Result};
use xshell::{Shell, cmd};

use crate::bench::{
    figures::{CONNECTIONS, Figures},
    postgres::Postgres,
    sink::Sink,
};

pub(super) fn take(
    sh: &Shell,
    postgres: &Postgres,
    seconds: u32,
    figures: &mut Figures,
) -> Result<()> {
    let url = postgres.fresh(sh)?;
    let (schema, script) = ("xtask/bench/limit.sql", "xtask/bench/limit.pgbench");
    for connections in CONNECTIONS {
        cmd!(sh, "psql {url} -qf {schema}").quiet().ignore_stderr().run()?;
        let (clients, threads) = (connections.to_string(), connections.min(2).to_string());
        let seconds = seconds.to_string();
        let report = cmd!(
            sh,
            "pgbench {url} -n -M prepared -c {clients} -j {threads} -T {seconds} -f {script}"
        )
        .quiet()
        .ignore_stderr()
        .read()?;
        figures.add(format!("PostgreSQL {connections} limit"), transactions(&report)?);
    }
    cmd!(sh, "psql {url} -qf {schema}").quiet().ignore_stderr().run()?;
    let (script, time) = ("xtask/bench/limit_batch.pgbench", seconds.to_string());
    let report = cmd!(sh, "pgbench {url} -n -M prepared -c 2 -j 2 -T {time} -f {script}");
    let rate = transactions(&report.quiet().ignore_stderr().read()?)?;
    figures.add("PostgreSQL task limit", rate * 1000.0);
    let names = CONNECTIONS.map(|it| (it, format!("SQLite {it} limit")));
    for (rows, name) in names.into_iter().chain([(1000, "SQLite task limit".to_owned())]) {
        let folder = sh.create_temp_dir()?;
        let (folder, rows, seconds) = (folder.path(), rows.to_string(), seconds.to_string());
        let rate = cmd!(sh, "python3 xtask/bench/limit.py {folder} {seconds} {rows}");
        figures.add(name, rate.quiet().read()?.parse()?);
    }
    let sink = Sink::start(sh)?;
    let (letter, count) = (sh.create_temp_dir()?, 20_000);
    let file = letter.path().join("letter");
    sh.write_file(&file, format!("Subject: x\n\n{}", format!("{}\n", "x".repeat(63)).repeat(63)))?;
    let (number, port) = (count.to_string(), sink.port.to_string());
    let start = Instant::now();
    cmd!(sh, "/usr/sbin/smtp-source -d -s 10 -m {number} -F {file} -f a@example.com -t b@example.com 127.0.0.1:{port}")
        .quiet()
        .run()?;
    figures.add("letters limit", f64::from(count) / start.elapsed().as_secs_f64());
    Ok(())
}

/// Transactions a second, as pgbench reports them.
fn transactions(report: &str) -> Result<f64> {
    let rate = report.lines().find_map(|it| it.strip_prefix("tps = ")).context("pgbench")?;
    Ok(rate.split_whitespace().next().context("a figure")?.parse()?)
}
