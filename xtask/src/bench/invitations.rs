//! Invitations over HTTP, with memory and start-up on the way.

use std::{thread, time::Duration};

use anyhow::Result;
use xshell::Shell;

use crate::bench::{
    figures::{CONNECTIONS, Figures},
    load::{self, Load},
    postgres::Postgres,
    server::Server,
};

pub(super) fn measure(
    sh: &Shell,
    database: &str,
    postgres: &Postgres,
    seconds: u32,
    figures: &mut Figures,
) -> Result<()> {
    let mut server =
        Server::start(sh, &postgres.url_for(sh, database)?, &[("USHER_WORKER__ENABLED", "false")])?;
    thread::sleep(Duration::from_secs(1));
    figures.add(format!("{database} idle"), server.resident()?);
    for connections in CONNECTIONS {
        let before = postgres.used()?;
        let Load { rate, p50, p99, cpu, requests } = server.load(sh, connections, seconds)?;
        let name = format!("{database} {connections}");
        figures.add(&name, rate);
        figures.add(format!("{name} p50"), p50);
        figures.add(format!("{name} p99"), p99);
        figures.add(format!("{name} cpu"), cpu);
        figures
            .add(format!("{name} database cpu"), load::each(postgres.used()? - before, requests));
    }
    figures.add(format!("{database} loaded"), server.resident()?);
    figures.add(format!("{database} start"), server.restart()?);
    Ok(())
}
