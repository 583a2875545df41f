//! Nodes that share a PostgreSQL whose every commit waits for a distant standby.

use std::time::Duration;

use anyhow::Result;

use crate::bench::{
    figures::Figures,
    frame::Frame,
    load::{Running, Wrk},
    markdown::{figure, paragraph, table},
    postgres::Postgres,
    server::Server,
};

/// How many nodes there are, and how many callers each has.
const NODES: [usize; 3] = [1, 2, 4];
const CALLERS: u32 = 8;
/// How far the standby is, each way.
const DELAY: Duration = Duration::from_millis(5);
/// Nodes that share a database have the same keys.
const KEYS: &str = "bench:YmVuY2htYXJrcyBoYXZlIG5vdGhpbmcgdG8gaGlkZSE";

pub(super) fn measure(frame: &mut Frame<'_>) -> Result<()> {
    let sh = frame.sh;
    let primary = Postgres::start(sh, "")?;
    let _standby = primary.standby(DELAY)?;
    let settings = [("USHER_WORKER__ENABLED", "false"), ("USHER_KEYRING__KEYS", KEYS)];
    for count in NODES {
        let url = primary.fresh(sh)?;
        let nodes: Result<Vec<_>> =
            (0..count).map(|_| Server::start(sh, &url, &settings)).collect();
        let nodes = nodes?;
        // Each is at its pace before it counts.
        for (seconds, counts) in [(1, false), (frame.args.seconds, true)] {
            let loads: Result<Vec<_>> = nodes
                .iter()
                .map(|it| {
                    let variables = it.invites();
                    let variables = variables.each_ref().map(|(key, value)| (*key, value.as_str()));
                    let script = "xtask/bench/invite.lua";
                    let load = Wrk { script, variables: &variables, connections: CALLERS, rows: 1 };
                    load.start(sh, it.target().port, seconds)
                })
                .collect();
            let reports: Result<Vec<_>> = loads?.into_iter().map(Running::finish).collect();
            let reports = reports?;
            if counts {
                let rate = reports.iter().map(|it| it.rate).sum();
                let p50 = reports.iter().map(|it| it.p50).fold(0.0, f64::max);
                frame.figures.add(format!("nodes {count}"), rate);
                frame.figures.add(format!("nodes {count} p50"), p50);
            }
        }
    }
    Ok(())
}

pub(super) fn page(page: &mut String, figures: &Figures) {
    paragraph(page, "## Nodes with a standby");
    let one = figures.median("nodes 1");
    let rows = NODES.map(|count| {
        let rate = figures.median(&format!("nodes {count}"));
        vec![
            format!("{count} × {CALLERS}"),
            figure(rate, 0),
            format!("{} ×", figure(rate / one, 2)),
            figure(figures.median(&format!("nodes {count} p50")), 1),
        ]
    });
    table(page, &["nodes × callers", "invitations/s", "of one node", "p50 ms"], rows);
    paragraph(
        page,
        &format!(
            "All of them write to one PostgreSQL, which waits for a synchronous standby at the other end of a TCP proxy that passes everything on {} ms later, each way. \
         The workers are off, and each node has a key of its own. The median is that of the slowest node.",
            DELAY.as_millis()
        ),
    );
}
