//! `usher confirm`: has a user asked to prove that they read their mailbox.

use anyhow::Context as _;
use clap::Args;
use usher_domain::UserId;

use crate::{stdout, wiring::Wired};

#[derive(Args)]
pub(crate) struct ConfirmArgs {
    /// The user's id
    #[arg(value_name = "ID", value_parser = UserId::parse)]
    id: UserId,
    /// The tenant of the user; the one of the settings unless given
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
}

pub(crate) async fn run(wired: &Wired, args: ConfirmArgs) -> anyhow::Result<()> {
    let caller = wired.operator(args.tenant.as_deref()).await?;
    let requested = wired.usher.access.confirm_mailbox.request_for(&caller, &args.id).await;
    requested.with_context(|| format!("no letter was sent to user {}", args.id))?;
    Ok(stdout::line(format!("a letter to user {} is on its way", args.id))?)
}
