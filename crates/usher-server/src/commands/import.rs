//! `usher import`: inserts or updates profiles, organizations, roles and users from a file.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use indicatif::ProgressBar;
use serde::de::DeserializeOwned;
use usher_application::{
    ImportError, Imported, OrganizationRecord, ProfileRecord, RoleRecord, UserRecord,
};

use crate::{
    commands::files,
    formats::json_lines::{
        self, JsonLines, bad_record::describe, organization::OrganizationLine,
        profile::ProfileLine, role::RoleLine, user::UserLine,
    },
    stdout,
    wiring::Wired,
};

#[derive(Args)]
pub(crate) struct ImportArgs {
    /// What the file holds
    what: What,
    /// The file, with one JSON object a line; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Import the good lines even if there are bad ones
    #[arg(long)]
    keep_going: bool,
    /// Of roles: import also those whose ids or names people hold as words already, which are these roles
    /// from then on
    #[arg(long)]
    adopt: bool,
    /// The tenant to import into; the one of the settings unless given
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

/// Runs the command; `false` when a line was bad.
pub(crate) async fn run(wired: &Wired, args: ImportArgs) -> anyhow::Result<bool> {
    if args.adopt && !matches!(args.what, What::Roles) {
        anyhow::bail!("--adopt is for roles alone: leave it out, or import roles");
    }
    let caller = wired.operator(args.tenant.as_deref()).await?;
    let (transfer, keep_going) = (&wired.usher.transfer, args.keep_going);
    let (what, (written, bad)) = match args.what {
        What::Profiles => {
            let lines = read::<ProfileLine, ProfileRecord>(&args.file)?;
            let write = async |it: &_| transfer.import_profiles.run(&caller, it, keep_going).await;
            ("profiles", import_lines(lines, keep_going, write).await?)
        }
        What::Organizations => {
            let lines = read::<OrganizationLine, OrganizationRecord>(&args.file)?;
            let write =
                async |it: &_| transfer.import_organizations.run(&caller, it, keep_going).await;
            ("organizations", import_lines(lines, keep_going, write).await?)
        }
        What::Roles => {
            let lines = read::<RoleLine, RoleRecord>(&args.file)?;
            let roles = &transfer.import_roles;
            let write = async |it: &_| roles.run(&caller, it, keep_going, args.adopt).await;
            ("roles", import_lines(lines, keep_going, write).await?)
        }
        What::Users => {
            let lines = read::<UserLine, UserRecord>(&args.file)?;
            let write = async |it: &_| transfer.import_users.run(&caller, it, keep_going).await;
            ("users", import_lines(lines, keep_going, write).await?)
        }
    };
    for (number, why) in &bad {
        eprintln!("{}, line {number}: {why}", args.file.display());
    }
    if bad.is_empty() {
        stdout::line(format!("{written} {what} imported"))?;
    } else if keep_going || written > 0 {
        stdout::line(format!("{written} {what} imported, {} bad lines were left out", bad.len()))?;
    } else {
        eprintln!(
            "nothing was imported; correct the lines, or import the good ones with --keep-going"
        );
    }
    Ok(bad.is_empty())
}

fn read<L, T>(file: &Path) -> anyhow::Result<JsonLines<T>>
where
    L: DeserializeOwned,
    T: TryFrom<L, Error = String>,
{
    let source = files::open(file)?;
    let bar = ProgressBar::new_spinner();
    let lines = json_lines::read(source, || bar.inc(1));
    bar.finish_and_clear();
    lines.with_context(|| format!("cannot read {}", file.display()))
}

/// Writes the records. Returns how many were written, and the bad lines by their numbers: those that
/// could not be read, and those that do not fit what is in the database.
async fn import_lines<T>(
    lines: JsonLines<T>,
    keep_going: bool,
    write: impl AsyncFnOnce(&[T]) -> Result<Imported, ImportError>,
) -> Result<(usize, BTreeMap<usize, String>), ImportError> {
    let JsonLines { records, numbers, mut bad } = lines;
    if !keep_going && !bad.is_empty() {
        return Ok((0, bad));
    }
    let bar = ProgressBar::new_spinner().with_message("writing");
    bar.enable_steady_tick(Duration::from_millis(100));
    let imported = write(&records).await;
    bar.finish_and_clear();
    let Imported { written, bad: misfits } = imported?;
    bad.extend(misfits.into_iter().map(|(it, why)| (numbers[it], describe(&why))));
    Ok((written, bad))
}
