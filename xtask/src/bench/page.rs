//! The page that tells the figures: docs/benchmarks.md.

use std::{fmt::Write as _, fs};

use anyhow::Result;
use xshell::Shell;

use crate::{
    bench::{
        aims,
        args::{Args, Measure},
        bare,
        figures::Figures,
        growth, invitations, letters, machine, members, nodes, sign_ins, tasks,
    },
    tree::root,
};

/// Where the time goes, and what was done about it: taken by hand, with perf.
const PROFILES: &str = include_str!("../../bench/profiles.md");

pub(super) fn render(sh: &Shell, args: &Args, figures: &Figures) -> Result<String> {
    let mut page = String::from(
        "# Benchmarks\n\nWritten by `cargo xtask bench`: usher beside what the same machine allowed in the same run, medians of the rounds. \
         Absolute figures drift from machine to machine and from hour to hour; the ratios are what to compare.\n\n",
    );
    writeln!(page, "{}", machine::describe(sh)?)?;
    writeln!(
        page,
        "Rounds: {}, of {} s a measure. Load by wrk on the same machine, a new address with each request. Processor time is that of the program that answers and, beside it, \
         of all processes of PostgreSQL.\n",
        args.rounds, args.seconds
    )?;
    aims::page(&mut page, args, figures);
    for measure in Measure::ALL.into_iter().filter(|it| args.takes(*it)) {
        match measure {
            Measure::Invitations => {
                invitations::page(&mut page, figures);
                if args.bare.is_some() {
                    bare::page(&mut page, figures);
                }
            }
            Measure::Letters => letters::page(&mut page, figures, args.letters),
            Measure::Members => members::page(&mut page, figures, args.seconds),
            Measure::Tasks => tasks::page(&mut page, figures),
            Measure::SignIns => sign_ins::page(&mut page, figures),
            Measure::Nodes => nodes::page(&mut page, figures),
            Measure::Growth => growth::page::page(&mut page, figures, args.growth),
        }
    }
    page.push_str(PROFILES);
    let size = fs::metadata(root().join("target/release/usher"))?.len();
    #[expect(clippy::cast_precision_loss, reason = "a size in megabytes")]
    let megabytes = size as f64 / 1e6;
    writeln!(page, "The release binary has {megabytes:.1} MB.")?;
    Ok(page)
}
