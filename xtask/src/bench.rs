//! Measures usher against what the same machine allows in the same minutes, and writes it down.

pub(crate) mod args;
mod bare;
mod figures;
mod invitations;
mod letters;
mod limits;
mod load;
mod machine;
mod members;
mod page;
mod ports;
mod postgres;
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
    cmd!(sh, "cargo build --release --package usher-server").run()?;
    let postgres = Postgres::start(sh)?;
    let mut figures = Figures::default();
    for round in 1..=args.rounds {
        eprintln!("round {round} of {}", args.rounds);
        limits::take(sh, &postgres, args.seconds, &mut figures)?;
        if let Some(folder) = &args.bare {
            bare::take(sh, folder, &postgres, args.seconds, &mut figures)?;
        }
        if args.takes(Measure::SignIns) {
            sign_ins::limit(args.seconds, &mut figures)?;
        }
        for database in DATABASES {
            for measure in Measure::ALL.iter().filter(|it| args.takes(**it)) {
                let (seconds, figures) = (args.seconds, &mut figures);
                match measure {
                    Measure::Invitations => {
                        invitations::measure(sh, database, &postgres, seconds, figures)
                    }
                    Measure::Letters => {
                        letters::measure(sh, database, &postgres, args.letters, figures)
                    }
                    Measure::Members => members::measure(sh, database, &postgres, seconds, figures),
                    Measure::Tasks => tasks::measure(sh, database, &postgres, seconds, figures),
                    Measure::SignIns => {
                        sign_ins::measure(sh, database, &postgres, seconds, figures)
                    }
                }?;
            }
        }
    }
    let page = page::render(sh, args, &figures)?;
    if args.only.is_empty() {
        fs::write(root().join(PAGE), &page)?;
    }
    eprintln!("\n{page}");
    Ok(())
}
