//! The page that tells the figures: docs/benchmarks.md.

use std::{fmt::Write as _, fs};

use anyhow::Result;
use xshell::Shell;

use crate::{
    bench::{
        args::{Args, Measure},
        bare,
        figures::{CONNECTIONS, DATABASES, Figures},
        machine, members, sign_ins, tasks,
    },
    tree::root,
};

pub(super) fn render(sh: &Shell, args: &Args, figures: &Figures) -> Result<String> {
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
    for measure in Measure::ALL.iter().filter(|it| args.takes(**it)) {
        match measure {
            Measure::Invitations => {
                invitations(&mut page, figures)?;
                args.bare.iter().try_for_each(|_| bare::page(&mut page, figures))
            }
            Measure::Letters => letters(&mut page, args, figures),
            Measure::Members => members::page(&mut page, figures),
            Measure::Tasks => tasks::page(&mut page, figures),
            Measure::SignIns => sign_ins::page(&mut page, figures),
        }?;
    }
    let size = fs::metadata(root().join("target/release/usher"))?.len();
    #[expect(clippy::cast_precision_loss, reason = "a size in megabytes")]
    let megabytes = size as f64 / 1e6;
    writeln!(page, "The release binary has {megabytes:.1} MB.")?;
    Ok(page)
}

fn invitations(page: &mut String, figures: &Figures) -> Result<()> {
    let m = |name: &str| figures.median(name);
    writeln!(page, "## Invitations over HTTP\n")?;
    writeln!(
        page,
        "| database, connections | limit/s | usher/s | of the limit | p50 ms | p99 ms |\n|---|--:|--:|--:|--:|--:|"
    )?;
    for database in DATABASES {
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
    writeln!(page, "### Footprint\n")?;
    writeln!(
        page,
        "| database | memory idle | after the load | first 200 after the start |\n|---|--:|--:|--:|"
    )?;
    for database in DATABASES {
        writeln!(
            page,
            "| {database} | {:.1} MB | {:.1} MB | {:.0} ms |",
            m(&format!("{database} idle")),
            m(&format!("{database} loaded")),
            m(&format!("{database} start")),
        )?;
    }
    writeln!(page)?;
    Ok(())
}

fn letters(page: &mut String, args: &Args, figures: &Figures) -> Result<()> {
    let m = |name: &str| figures.median(name);
    writeln!(page, "## Letters to an SMTP sink\n")?;
    writeln!(page, "| database | limit/s | usher/s | of the limit |\n|---|--:|--:|--:|")?;
    let limit = m("letters limit");
    for database in DATABASES {
        let rate = m(&format!("{database} letters"));
        writeln!(page, "| {database} | {limit:.0} | {rate:.0} | {:.0} % |", 100.0 * rate / limit)?;
    }
    writeln!(
        page,
        "\nThe limit is smtp-source, 10 sessions, connections kept, a ready-made letter of 4 kB. usher reads, renders, sends and records {} letters over 10 connections.\n",
        args.letters
    )?;
    Ok(())
}
