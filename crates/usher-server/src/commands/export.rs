//! `usher export`: writes users as `usher import` reads them.

use std::io::{self, BufWriter, IsTerminal as _, Write};

use clap::{Args, ValueEnum};
use indicatif::ProgressBar;
use usher_domain::Caller;

use crate::{transfer::UserLine, wiring::Wired};

#[derive(Args)]
pub(crate) struct ExportArgs {
    /// What to write: with password hashes, without pins, of which only digests are kept
    what: What,
    /// The tenant to export; the one of the settings unless given
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum What {
    Users,
}

/// How many users are held in memory at once.
const PAGE: u64 = 500;

pub(crate) async fn run(wired: &Wired, args: ExportArgs) -> anyhow::Result<()> {
    let What::Users = args.what;
    let caller = wired.operator(args.tenant.as_deref()).await?;
    let bar =
        if io::stdout().is_terminal() { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
    write(wired, &caller, BufWriter::new(io::stdout()), &bar).await
}

/// Page by page, so that their number does not matter.
pub(crate) async fn write(
    wired: &Wired,
    caller: &Caller,
    mut to: impl Write,
    bar: &ProgressBar,
) -> anyhow::Result<()> {
    let mut after = None;
    loop {
        let page = wired.usher.export.run(caller, after.take(), PAGE).await?;
        let Some((last, _)) = page.last() else { break };
        after = Some(last.id.clone());
        bar.inc(page.len() as u64);
        for it in page {
            let mut line = serde_json::to_vec(&UserLine::from(it))?;
            line.push(b'\n');
            to.write_all(&line)?;
        }
    }
    bar.finish_and_clear();
    Ok(to.flush()?)
}
