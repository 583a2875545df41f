//! `usher tenant`: shows a tenant, and changes where its invitations may lead once they are accepted.

use clap::{Args, Subcommand};
use serde_json::json;
use usher_domain::{RedirectRule, Tenant};

use crate::{stdout, wiring::Wired};

#[derive(Subcommand)]
pub(crate) enum TenantCommand {
    /// Show a tenant, and where its invitations may lead
    Show(ShowArgs),
    /// Let invitations lead to an address, and to what stands below its path
    Allow(RuleArgs),
    /// Let no new invitations lead to an address that was allowed
    Forbid(RuleArgs),
}

#[derive(Args)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
pub(crate) struct RuleArgs {
    /// An origin, optionally with the beginning of a path; https unless it is localhost
    #[arg(value_name = "URL", value_parser = RedirectRule::parse)]
    rule: RedirectRule,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
struct Common {
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// The tenant; the one of the settings unless given
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
}

pub(crate) async fn run(wired: &Wired, command: TenantCommand) -> anyhow::Result<()> {
    let manage = &wired.usher.tenants.redirects;
    let (TenantCommand::Show(ShowArgs { common })
    | TenantCommand::Allow(RuleArgs { common, .. })
    | TenantCommand::Forbid(RuleArgs { common, .. })) = &command;
    let caller = wired.operator(common.tenant.as_deref()).await?;
    let tenant = match &command {
        TenantCommand::Show(_) => manage.show(&caller).await?,
        TenantCommand::Allow(it) => manage.allow(&caller, &it.rule).await?,
        TenantCommand::Forbid(it) => manage.forbid(&caller, &it.rule).await?,
    };
    Ok(print(&tenant, common.json)?)
}

fn print(it: &Tenant, as_json: bool) -> std::io::Result<()> {
    let redirects: Vec<_> = it.redirects.iter().map(ToString::to_string).collect();
    if as_json {
        return stdout::line(json!({
            "name": it.name,
            "displayName": it.display_name,
            "locale": it.locale.as_str(),
            "redirects": redirects,
        }));
    }
    stdout::line(format!("{} ({}), {}", it.name, it.display_name, it.locale.as_str()))?;
    match redirects.as_slice() {
        [] => stdout::line("invitations lead to usher's own pages only"),
        all => all.iter().try_for_each(|it| stdout::line(format!("invitations may lead to {it}"))),
    }
}
