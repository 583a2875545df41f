//! Measures usher against what the same machine allows in the same minutes, and writes it down.

mod aims;
pub(crate) mod args;
mod bare;
mod client;
mod delay;
mod figures;
mod frame;
mod growth;
mod http;
mod invitations;
mod letters;
mod limits;
mod load;
mod machine;
mod markdown;
mod members;
mod nodes;
mod page;
mod ports;
mod postgres;
mod processor;
mod server;
mod sign_ins;
mod sink;

mod tasks;

use std::fs;

use anyhow::{Result, ensure};
use xshell::{Shell, cmd};

use crate::{
    bench::{
        args::{Args, Measure},
        figures::{DATABASES, Figures},
        frame::Frame,
        postgres::Postgres,
    },
    tools::installed,
    tree::root,
};

const PAGE: &str = "docs/benchmarks.md";

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
    // Together, so that both have the same libraries.
    let packages = ["--package", "usher-server", "--bin", "usher", "--package", "xtask"];
    let client = ["--bin", "bench-client", "--features", "xtask/bench-client"];
    cmd!(sh, "cargo build --release {packages...} {client...}").run()?;
    let postgres = Postgres::start(sh, "")?;
    let mut frame = Frame { sh, args, postgres, figures: Figures::default() };
    let outcome = take_all(&mut frame);
    let page = page::render(sh, args, &frame.figures)?;
    if args.only.is_empty() && outcome.is_ok() {
        fs::write(root().join(PAGE), &page)?;
    }
    // What was found before something failed has taken hours.
    eprintln!("\n{page}");
    outcome
}

fn take_all(frame: &mut Frame<'_>) -> Result<()> {
    let args = frame.args;
    for round in 1..=args.rounds {
        eprintln!("round {round} of {}", args.rounds);
        take(frame)?;
    }
    if args.takes(Measure::Growth) {
        DATABASES.into_iter().try_for_each(|it| growth::measure(frame, it))?;
    }
    Ok(())
}

/// One round: the limits, and what is held against them.
fn take(frame: &mut Frame<'_>) -> Result<()> {
    let args = frame.args;
    if args.takes_any(&[Measure::Invitations, Measure::Letters, Measure::Members, Measure::Tasks]) {
        limits::take(frame)?;
    }
    if let Some(folder) = args.bare.as_ref().filter(|_| args.takes(Measure::Invitations)) {
        bare::take(frame, folder)?;
    }
    if args.takes(Measure::SignIns) {
        sign_ins::limit(frame)?;
    }
    for database in DATABASES {
        for measure in Measure::ALL.into_iter().filter(|it| args.takes(*it)) {
            match measure {
                Measure::Invitations => invitations::measure(frame, database),
                Measure::Letters => letters::measure(frame, database),
                Measure::Members => members::measure(frame, database),
                Measure::Tasks => tasks::measure(frame, database),
                Measure::SignIns => sign_ins::measure(frame, database),
                // The first has its own PostgreSQL, and the second takes too long for more than once.
                Measure::Nodes | Measure::Growth => Ok(()),
            }?;
        }
    }
    if args.takes(Measure::Nodes) {
        nodes::measure(frame)?;
    }
    Ok(())
}
