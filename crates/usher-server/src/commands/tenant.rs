//! `usher tenant`: shows a tenant, changes where its invitations may lead once they are accepted, and
//! invites its administrators.

use std::{io::Write as _, path::PathBuf, slice};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::json;
use usher_domain::{Caller, Mailbox, RedirectRule, Tenant};

use crate::{
    commands::{describe::rfc3339, files},
    stdout,
    wiring::Wired,
};

#[derive(Subcommand)]
pub(crate) enum TenantCommand {
    /// Show a tenant, and where its invitations may lead
    Show(ShowArgs),
    /// Let invitations lead to an address, and to what stands below its path
    Allow(RuleArgs),
    /// Let no new invitations lead to an address that was allowed
    Forbid(RuleArgs),
    /// Invite an administrator for a day, and print the link; an invitation that they have is revoked
    InviteAdministrator(InviteAdministratorArgs),
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
pub(crate) struct InviteAdministratorArgs {
    /// Whom to invite; `tenant.administrator` of the settings unless given
    #[arg(value_name = "ADDRESS", value_parser = Mailbox::parse)]
    address: Option<Mailbox>,
    /// Send them a letter, too
    #[arg(long)]
    mail: bool,
    /// Write the link to this file, which only its owner can read, instead of standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
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
    | TenantCommand::Forbid(RuleArgs { common, .. })
    | TenantCommand::InviteAdministrator(InviteAdministratorArgs { common, .. })) = &command;
    let caller = wired.operator(common.tenant.as_deref()).await?;
    let tenant = match &command {
        TenantCommand::Show(_) => manage.show(&caller).await?,
        TenantCommand::Allow(it) => manage.allow(&caller, &it.rule).await?,
        TenantCommand::Forbid(it) => manage.forbid(&caller, &it.rule).await?,
        TenantCommand::InviteAdministrator(it) => {
            return invite_administrator(wired, &caller, it).await;
        }
    };
    Ok(print(&tenant, common.json)?)
}

async fn invite_administrator(
    wired: &Wired,
    caller: &Caller,
    args: &InviteAdministratorArgs,
) -> anyhow::Result<()> {
    let mailbox = args.address.as_ref().unwrap_or(&wired.settings.tenant.administrator);
    // Comes first, so that nobody is invited whose link cannot be written.
    let mut to = files::output(args.output.as_deref())?;
    let invite = &wired.usher.tenants.invite_administrator;
    let made = invite.run(caller, mailbox, args.mail).await?;
    let hand_over = &wired.usher.invitations.hand_over;
    let shown = hand_over.run(caller, slice::from_ref(&made)).await?.into_iter().flatten().next();
    let (link, until) = (shown.context("the invitation is gone")?.uri, rfc3339(made.expires_at));
    let address = made.mailbox.typed();
    if args.common.json {
        let id = made.id.to_string();
        let shown = json!({ "address": address, "id": id, "link": link, "expiresAt": until });
        return Ok(writeln!(to, "{shown}")?);
    }
    writeln!(to, "{address} accepts until {until}, and is an administrator then:\n  {link}")?;
    Ok(())
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
