//! `usher export`: writes profiles, organizations, roles and users in the format that `usher import`
//! reads.

use std::{
    io::{self, BufWriter, IsTerminal as _, Write},
    path::PathBuf,
};

use clap::{Args, ValueEnum};
use indicatif::ProgressBar;
use usher_domain::Caller;

use crate::{
    commands::files,
    formats::json_lines::{
        self, organization::OrganizationLine, profile::ProfileLine, role::RoleLine, user::UserLine,
    },
    wiring::Wired,
};

#[derive(Args)]
pub(crate) struct ExportArgs {
    /// What to write; users come with password hashes, and without pins, of which only digests are stored
    what: What,
    /// Write to this file, which only its owner can read, instead of standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
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

/// How many users or organizations are held in memory at once.
const PAGE: u64 = 500;

pub(crate) async fn run(wired: &Wired, args: ExportArgs) -> anyhow::Result<()> {
    let caller = wired.operator(args.tenant.as_deref()).await?;
    let to = BufWriter::new(files::output(args.output.as_deref())?);
    let is_shown = args.output.is_none() && io::stdout().is_terminal();
    let bar = if is_shown { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
    match args.what {
        What::Profiles => write_profiles(wired, &caller, to).await,
        What::Organizations => write_organizations(wired, &caller, to).await,
        What::Roles => write_roles(wired, &caller, to).await,
        What::Users => write_users(wired, &caller, to, &bar).await,
    }
}

async fn write_profiles(wired: &Wired, caller: &Caller, mut to: impl Write) -> anyhow::Result<()> {
    for it in wired.usher.transfer.export.profiles(caller).await? {
        json_lines::write(&mut to, &ProfileLine::from(it))?;
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
        let page = wired.usher.transfer.export.organizations(caller, after.take(), PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id.clone());
        for it in page {
            json_lines::write(&mut to, &OrganizationLine::from(it))?;
        }
    }
    Ok(to.flush()?)
}

async fn write_roles(wired: &Wired, caller: &Caller, mut to: impl Write) -> anyhow::Result<()> {
    for it in wired.usher.transfer.export.roles(caller).await? {
        json_lines::write(&mut to, &RoleLine::from(it))?;
    }
    Ok(to.flush()?)
}

/// Writes the users page by page, so that there may be any number of them.
async fn write_users(
    wired: &Wired,
    caller: &Caller,
    mut to: impl Write,
    bar: &ProgressBar,
) -> anyhow::Result<()> {
    let mut after = None;
    loop {
        let page = wired.usher.transfer.export.users(caller, after.take(), PAGE).await?;
        let Some((last, _)) = page.last() else { break };
        after = Some(last.id.clone());
        bar.inc(page.len() as u64);
        for it in page {
            json_lines::write(&mut to, &UserLine::from(it))?;
        }
    }
    bar.finish_and_clear();
    Ok(to.flush()?)
}

#[cfg(test)]
mod tests;
