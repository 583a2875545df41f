//! `usher export`: writes profiles, organizations, roles and users as `usher import` reads them.

use std::io::{self, BufWriter, IsTerminal as _, Write};

use clap::{Args, ValueEnum};
use indicatif::ProgressBar;
use serde::Serialize;
use usher_domain::Caller;

use crate::{
    formats::json_lines::{OrganizationLine, ProfileLine, RoleLine, UserLine},
    wiring::Wired,
};

#[derive(Args)]
pub(crate) struct ExportArgs {
    /// What to write: users with password hashes, without pins, of which only digests are kept
    what: What,
    /// The tenant to export; the one of the settings unless given
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum What {
    Profiles,
    Organizations,
    Roles,
    Users,
}

/// How many users are held in memory at once.
const PAGE: u64 = 500;

pub(crate) async fn run(wired: &Wired, args: ExportArgs) -> anyhow::Result<()> {
    let caller = wired.operator(args.tenant.as_deref()).await?;
    let to = BufWriter::new(io::stdout());
    let bar =
        if io::stdout().is_terminal() { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
    match args.what {
        What::Profiles => write_profiles(wired, &caller, to).await,
        What::Organizations => write_organizations(wired, &caller, to).await,
        What::Roles => write_roles(wired, &caller, to).await,
        What::Users => write(wired, &caller, to, &bar).await,
    }
}

async fn write_profiles(wired: &Wired, caller: &Caller, mut to: impl Write) -> anyhow::Result<()> {
    for it in wired.usher.export.profiles(caller).await? {
        write_line(&mut to, &ProfileLine::from(it))?;
    }
    Ok(to.flush()?)
}

async fn write_organizations(
    wired: &Wired,
    caller: &Caller,
    mut to: impl Write,
) -> anyhow::Result<()> {
    let mut after = None;
    loop {
        let page = wired.usher.export.organizations(caller, after.take(), PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id.clone());
        for it in page {
            write_line(&mut to, &OrganizationLine::from(it))?;
        }
    }
    Ok(to.flush()?)
}

async fn write_roles(wired: &Wired, caller: &Caller, mut to: impl Write) -> anyhow::Result<()> {
    for it in wired.usher.export.roles(caller).await? {
        write_line(&mut to, &RoleLine::from(it))?;
    }
    Ok(to.flush()?)
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
            write_line(&mut to, &UserLine::from(it))?;
        }
    }
    bar.finish_and_clear();
    Ok(to.flush()?)
}

fn write_line(to: &mut impl Write, line: &impl Serialize) -> anyhow::Result<()> {
    let mut line = serde_json::to_vec(line)?;
    line.push(b'\n');
    Ok(to.write_all(&line)?)
}
