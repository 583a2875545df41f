//! Measures usher against what the same machine allows in the same minutes, and writes it down.

mod limits;
mod machine;
mod members;
mod server;
mod tasks;

use std::{collections::BTreeMap, fmt::Write as _, fs};

use anyhow::{Result, ensure};
use xshell::{Shell, cmd};

use self::{
    machine::Postgres,
    server::{Load, Server},
};
use crate::installed;

const CONNECTIONS: [u32; 3] = [1, 16, 64];
const PAGE: &str = "docs/benchmarks.md";

#[derive(clap::Args)]
pub(crate) struct Args {
    /// How long each measure takes.
    #[arg(long, default_value_t = 5)]
    seconds: u32,
    /// How often each is taken; the median counts.
    #[arg(long, default_value_t = 3)]
    rounds: u32,
    /// How many letters are mailed.
    #[arg(long, default_value_t = 20_000)]
    letters: u32,
}

/// Name of a measure → what each round gave.
#[derive(Default)]
struct Figures(BTreeMap<String, Vec<f64>>);

impl Figures {
    fn add(&mut self, name: impl Into<String>, figure: f64) {
        self.0.entry(name.into()).or_default().push(figure);
    }

    fn median(&self, name: &str) -> f64 {
        let mut all = self.0.get(name).cloned().unwrap_or_default();
        all.sort_by(f64::total_cmp);
        all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
    }
}

pub(crate) fn run(sh: &Shell, args: &Args) -> Result<()> {
    for (program, package) in [
        ("wrk", "wrk"),
        ("pgbench", "postgresql"),
        ("python3", "python3"),
        ("smtp-sink", "postfix"),
    ] {
        let found = installed(program) || sh.path_exists(format!("/usr/sbin/{program}"));
        ensure!(found, "cargo xtask bench needs {program}: install {package}");
    }
    cmd!(sh, "cargo build --release --package usher-server").run()?;
    let postgres = Postgres::start(sh)?;
    let mut figures = Figures::default();
    for round in 1..=args.rounds {
        eprintln!("round {round} of {}", args.rounds);
        limits::take(sh, &postgres, args.seconds, &mut figures)?;
        for database in ["PostgreSQL", "SQLite"] {
            invitations(sh, database, &postgres, args.seconds, &mut figures)?;
            letters(sh, database, &postgres, args.letters, &mut figures)?;
            members::measure(sh, database, &postgres, args.seconds, &mut figures)?;
            tasks::measure(sh, database, &postgres, args.seconds, &mut figures)?;
        }
    }
    let page = page(sh, args, &figures)?;
    fs::write(crate::root().join(PAGE), &page)?;
    eprintln!("\n{page}");
    Ok(())
}

/// Invitations over HTTP, with memory and start-up on the way.
fn invitations(
    sh: &Shell,
    database: &str,
    postgres: &Postgres,
    seconds: u32,
    figures: &mut Figures,
) -> Result<()> {
    let mut server =
        Server::start(sh, &url(sh, database, postgres)?, &[("USHER_WORKER__ENABLED", "false")])?;
    std::thread::sleep(std::time::Duration::from_secs(1));
    figures.add(format!("{database} idle"), server.resident()?);
    for connections in CONNECTIONS {
        let Load { rate, p50, p99, .. } = server.load(sh, connections, seconds)?;
        let name = format!("{database} {connections}");
        figures.add(&name, rate);
        figures.add(format!("{name} p50"), p50);
        figures.add(format!("{name} p99"), p99);
    }
    figures.add(format!("{database} loaded"), server.resident()?);
    figures.add(format!("{database} start"), server.restart()?);
    Ok(())
}

/// Letters from the outbox to a sink, and invitations while they go out.
fn letters(
    sh: &Shell,
    database: &str,
    postgres: &Postgres,
    count: u32,
    figures: &mut Figures,
) -> Result<()> {
    let sink = limits::Sink::start(sh)?;
    let url = url(sh, database, postgres)?;
    let quiet = Server::start(sh, &url, &[("USHER_WORKER__ENABLED", "false")])?;
    quiet.invite(count)?;
    let home = quiet.stop()?;
    let mail = format!("smtp://127.0.0.1:{}", sink.port);
    let settings = [
        ("USHER_MAIL__URL", mail.as_str()),
        ("USHER_MAIL__POOL", "10"),
        ("USHER_WORKER__AT_ONCE", "10"),
    ];
    let server = Server::start_in(sh, home, &url, &settings)?;
    figures.add(format!("{database} letters"), server.drained(&url, count)?);
    let Load { rate, .. } = server.load(sh, 16, 5)?;
    figures.add(format!("{database} 16 mailing"), rate);
    Ok(())
}

/// A fresh database.
fn url(sh: &Shell, database: &str, postgres: &Postgres) -> Result<String> {
    if database == "SQLite" { Ok(String::new()) } else { postgres.fresh(sh) }
}

fn page(sh: &Shell, args: &Args, figures: &Figures) -> Result<String> {
    let m = |name: &str| figures.median(name);
    let mut page = String::from(
        "# Benchmarks\n\nWritten by `cargo xtask bench`: usher beside what the same machine allowed in the same run, medians of the rounds. \
         Absolute figures drift from machine to machine and from hour to hour; the ratios are what to compare.\n\n",
    );
    writeln!(page, "{}", machine::describe(sh)?)?;
    writeln!(
        page,
        "{} rounds of {} s a measure. Load by wrk on the same machine, a new address with each request; \
         the figures in the first table are with the worker off, those in brackets with the letters going to an SMTP sink meanwhile.\n",
        args.rounds, args.seconds
    )?;
    writeln!(page, "## Invitations over HTTP\n")?;
    writeln!(
        page,
        "| database, connections | limit/s | usher/s | of the limit | p50 ms | p99 ms |\n|---|--:|--:|--:|--:|--:|"
    )?;
    for database in ["PostgreSQL", "SQLite"] {
        for connections in CONNECTIONS {
            let name = format!("{database} {connections}");
            let limit = m(&format!("{name} limit"));
            let mailing = match connections {
                16 => format!(" ({:.0})", m(&format!("{name} mailing"))),
                _ => String::new(),
            };
            writeln!(
                page,
                "| {database}, {connections} | {limit:.0} | {:.0}{mailing} | {:.0} % | {:.2} | {:.2} |",
                m(&name),
                100.0 * m(&name) / limit,
                m(&format!("{name} p50")),
                m(&format!("{name} p99")),
            )?;
        }
    }
    writeln!(
        page,
        "\nThe limit on PostgreSQL is pgbench with two inserts a transaction at as many clients; on SQLite one writer with `synchronous=FULL` that \
         commits 1, 16 or 64 invitations a transaction.\n"
    )?;
    writeln!(page, "## Letters to an SMTP sink\n")?;
    writeln!(page, "| database | limit/s | usher/s | of the limit |\n|---|--:|--:|--:|")?;
    let limit = m("letters limit");
    for database in ["PostgreSQL", "SQLite"] {
        let rate = m(&format!("{database} letters"));
        writeln!(page, "| {database} | {limit:.0} | {rate:.0} | {:.0} % |", 100.0 * rate / limit)?;
    }
    writeln!(
        page,
        "\nThe limit is smtp-source, 10 sessions, connections kept, a ready-made letter of 4 kB. usher reads, renders, sends and records {} letters over 10 connections.\n",
        args.letters
    )?;
    members::page(&mut page, figures)?;
    tasks::page(&mut page, figures)?;
    writeln!(page, "## Footprint\n")?;
    writeln!(
        page,
        "| database | memory idle | after the load | first 200 after the start |\n|---|--:|--:|--:|"
    )?;
    for database in ["PostgreSQL", "SQLite"] {
        writeln!(
            page,
            "| {database} | {:.1} MB | {:.1} MB | {:.0} ms |",
            m(&format!("{database} idle")),
            m(&format!("{database} loaded")),
            m(&format!("{database} start")),
        )?;
    }
    let size = fs::metadata(crate::root().join("target/release/usher"))?.len();
    #[expect(clippy::cast_precision_loss, reason = "a size in megabytes")]
    let megabytes = size as f64 / 1e6;
    writeln!(page, "\nThe release binary has {megabytes:.1} MB.")?;
    Ok(page)
}
