//! One run of the benchmarks: what all measures need, and what they have found so far.

use anyhow::Result;
use xshell::Shell;

use crate::bench::{
    args::Args,
    figures::Figures,
    load::Wrk,
    postgres::Postgres,
    processor::{each, used},
};

pub(super) struct Frame<'a> {
    pub(super) sh: &'a Shell,
    pub(super) args: &'a Args,
    pub(super) postgres: Postgres,
    pub(super) figures: Figures,
}

/// Who answers: a port, and the process behind it.
#[derive(Clone, Copy)]
pub(super) struct Target {
    pub(super) port: u16,
    pub(super) process: u32,
}

/// The processor time that a server and the database had used when something began.
pub(super) struct Meter {
    process: u32,
    server: f64,
    database: f64,
}

impl Frame<'_> {
    /// Loads a server, and keeps what each request cost, or each of the rows in it: `name` is the rate,
    /// and `name p50`, `name p99`, `name cpu` and `name database cpu` are the rest. How many requests
    /// were answered.
    pub(super) fn load(&mut self, name: &str, target: Target, load: &Wrk<'_>) -> Result<u64> {
        let meter = self.meter(target.process)?;
        let report = load.start(self.sh, target.port, self.args.seconds)?.finish()?;
        let rows = u64::from(load.rows);
        self.cost(name, &meter, report.requests * rows)?;
        self.figures.add(name, report.rate * f64::from(load.rows));
        self.figures.add(format!("{name} p50"), report.p50);
        self.figures.add(format!("{name} p99"), report.p99);
        Ok(report.requests)
    }

    pub(super) fn meter(&self, process: u32) -> Result<Meter> {
        Ok(Meter { process, server: used(process)?, database: self.postgres.used()? })
    }

    /// Keeps the microseconds of processor time that each of so many rows has cost since then.
    pub(super) fn cost(&mut self, name: &str, since: &Meter, rows: u64) -> Result<()> {
        let server = each(used(since.process)? - since.server, rows);
        let database = each(self.postgres.used()? - since.database, rows);
        self.figures.add(format!("{name} cpu"), server);
        self.figures.add(format!("{name} database cpu"), database);
        Ok(())
    }
}
