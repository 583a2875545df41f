//! Invitations over HTTP, with memory and start-up on the way.

use std::{thread, time::Duration};

use anyhow::Result;

use crate::bench::{
    figures::{CONNECTIONS, DATABASES, Figures},
    frame::Frame,
    load::Wrk,
    markdown::{figure, paragraph, percent, table},
    server::Server,
};

pub(super) fn measure(frame: &mut Frame<'_>, database: &str) -> Result<()> {
    let url = frame.postgres.url_for(frame.sh, database)?;
    let mut server = Server::start(frame.sh, &url, &[("USHER_WORKER__ENABLED", "false")])?;
    thread::sleep(Duration::from_secs(1));
    frame.figures.add(format!("{database} idle"), server.resident()?);
    for connections in CONNECTIONS {
        invite(frame, &format!("{database} {connections}"), &server, connections)?;
    }
    // The most that it ever was, so that nothing that was given back in time is forgotten.
    frame.figures.add(format!("{database} loaded"), server.peak()?);
    frame.figures.add(format!("{database} start"), server.restart()?);
    Ok(())
}

/// Each request invites a new address.
pub(super) fn invite(
    frame: &mut Frame<'_>,
    name: &str,
    server: &Server,
    connections: u32,
) -> Result<()> {
    let variables = server.invites();
    let variables = variables.each_ref().map(|(key, value)| (*key, value.as_str()));
    let load =
        Wrk { script: "xtask/bench/invite.lua", variables: &variables, connections, rows: 1 };
    frame.load(name, server.target(), &load)?;
    Ok(())
}

pub(super) fn page(page: &mut String, figures: &Figures) {
    paragraph(page, "## Invitations over HTTP");
    let rows = DATABASES.into_iter().flat_map(|database| {
        CONNECTIONS.into_iter().map(move |connections| {
            let name = format!("{database} {connections}");
            let of = |what: &str| figures.median(&format!("{name}{what}"));
            let mailing = match connections {
                16 => format!(" ({})", figure(of(" mailing"), 0)),
                _ => String::new(),
            };
            vec![
                format!("{database}, {connections}"),
                figure(of(" limit"), 0),
                format!("{}{mailing}", figure(of(""), 0)),
                percent(of(""), of(" limit")),
                figure(of(" p50"), 2),
                figure(of(" p99"), 2),
                figures.processor(database, &name),
            ]
        })
    });
    let head = [
        "database, connections",
        "limit/s",
        "usher/s",
        "of the limit",
        "p50 ms",
        "p99 ms",
        "processor µs an invitation, usher; PostgreSQL",
    ];
    table(page, &head, rows);
    paragraph(
        page,
        "With the worker off; the figures in brackets are with the letters going to an SMTP sink meanwhile. The limit on PostgreSQL is pgbench with two \
         inserts a transaction at as many clients; on SQLite one writer with `synchronous=FULL` that commits 1, 16 or 64 invitations a transaction.\n\n\
         ### Footprint",
    );
    let head = ["database", "memory idle", "at 64 connections", "first 200 after the start"];
    let rows = DATABASES.into_iter().map(|database| {
        let of = |what: &str| figures.median(&format!("{database} {what}"));
        vec![
            database.to_owned(),
            format!("{} MB", figure(of("idle"), 1)),
            format!("{} MB", figure(of("loaded"), 1)),
            format!("{} ms", figure(of("start"), 0)),
        ]
    });
    table(page, &head, rows);
    paragraph(page, "The memory at 64 connections is the most that was ever resident.");
}
