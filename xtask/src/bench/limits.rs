//! What the machine allows at the least work that the same promise needs.

use std::time::Instant;

use anyhow::{Context as _, Result};
use xshell::cmd;

use crate::bench::{
    client::program,
    figures::{CONNECTIONS, POSTGRES, SQLITE},
    frame::Frame,
    sink::Sink,
};

/// How many rows a batch has, and how many clients write batches to PostgreSQL.
pub(super) const BATCH: u32 = 1000;
pub(super) const CLIENTS: u32 = 2;

pub(super) fn take(frame: &mut Frame<'_>) -> Result<()> {
    let (sh, figures) = (frame.sh, &mut frame.figures);
    let url = frame.postgres.fresh(sh)?;
    let (schema, script) = ("xtask/bench/limit.sql", "xtask/bench/limit.pgbench");
    let seconds = frame.args.seconds.to_string();
    for connections in CONNECTIONS {
        cmd!(sh, "psql {url} -qf {schema}").quiet().ignore_stderr().run()?;
        let (clients, threads) = (connections.to_string(), connections.min(2).to_string());
        let report = cmd!(
            sh,
            "pgbench {url} -n -M prepared -c {clients} -j {threads} -T {seconds} -f {script}"
        )
        .quiet()
        .ignore_stderr()
        .read()?;
        figures.add(format!("{POSTGRES} {connections} limit"), transactions(&report)?);
    }
    cmd!(sh, "psql {url} -qf {schema}").quiet().ignore_stderr().run()?;
    let (clients, rows) = (CLIENTS.to_string(), BATCH.to_string());
    let client = program();
    let rate = cmd!(sh, "{client} batches {url} {seconds} {clients} {rows}").quiet().read()?;
    figures.add(format!("{POSTGRES} rows limit"), rate.parse()?);
    let names = CONNECTIONS.map(|it| (it, format!("{SQLITE} {it} limit")));
    for (rows, name) in names.into_iter().chain([(BATCH, format!("{SQLITE} rows limit"))]) {
        let folder = sh.create_temp_dir()?;
        let (folder, rows) = (folder.path(), rows.to_string());
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
