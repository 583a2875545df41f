//! `usher reset`: makes a user one who can be invited again.

use clap::Args;
use usher_domain::UserId;

use crate::{stdout, wiring::Wired};

#[derive(Args)]
pub(crate) struct ResetArgs {
    /// The user's id
    #[arg(value_name = "ID", value_parser = UserId::parse)]
    id: UserId,
    /// The tenant of the user; the one of the settings unless given
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
}

pub(crate) async fn run(wired: &Wired, args: ResetArgs) -> anyhow::Result<()> {
    let caller = wired.operator(args.tenant.as_deref()).await?;
    let user = wired.usher.users.reset.run(&caller, &args.id).await?;
    Ok(stdout::line(format!("user {} is {}", user.id, user.status.as_str()))?)
}
