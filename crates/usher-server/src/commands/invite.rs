//! `usher invite`: invites people from the command line, or from a CSV file.

mod addresses;
pub(crate) mod args;
mod csv_file;

use crate::{commands::invite::args::InviteArgs, wiring::Wired};

/// Runs the command; `false` when somebody was not invited.
pub(crate) async fn run(wired: &Wired, args: InviteArgs) -> anyhow::Result<bool> {
    let caller = wired.operator(args.tenant.as_deref()).await?;
    let organization = match &args.organization {
        Some(name) => Some(wired.organization(&caller, name).await?),
        None => None,
    };
    match &args.file.csv {
        Some(path) => csv_file::run(wired, &caller, &args, path, organization).await,
        None => addresses::run(wired, &caller, &args, organization.as_ref()).await,
    }
}
