//! `usher invite`: invites people from the command line.

mod file;

use std::io;

use anyhow::Context as _;
use clap::Args;
use serde_json::json;
use usher_application::{Invite, Invitee};
use usher_domain::{Caller, Invitation, Locale, Mailbox, OrganizationId};

use self::file::FileArgs;
use crate::{duration::Span, stdout, wiring::Wired};

#[derive(Args)]
pub(crate) struct InviteArgs {
    /// Whom to invite; `-` reads addresses from standard input, one a line
    #[arg(required_unless_present = "csv", conflicts_with = "csv", value_name = "ADDRESS")]
    addresses: Vec<String>,
    #[command(flatten)]
    file: FileArgs,
    /// Invite into this organization (its id, code or name) instead of the tenant
    #[arg(long, value_name = "NAME")]
    organization: Option<String>,
    /// A role they will have; may be given more than once
    #[arg(long = "role", value_name = "ROLE")]
    roles: Vec<String>,
    /// How long the invitation lasts, such as 12h or 7d
    #[arg(long, value_name = "TIME")]
    ttl: Option<Span>,
    /// A personal message
    #[arg(long, value_name = "TEXT")]
    message: Option<String>,
    /// The language of the mail, such as de
    #[arg(long, value_name = "TAG", value_parser = Locale::parse)]
    locale: Option<Locale>,
    /// Send no mail: you hand the links over yourself
    #[arg(long)]
    quiet: bool,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
    /// The tenant to invite into; the one of the settings unless given
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
}

impl InviteArgs {
    /// An invitation as the command line has it.
    fn invite(&self, who: Invitee, organization: Option<OrganizationId>) -> Invite {
        Invite {
            organization,
            roles: self.roles.clone(),
            lifetime: self.ttl.map(|it| it.0),
            message: self.message.clone(),
            locale: self.locale.clone(),
            quiet: self.quiet,
            ..Invite::new(who)
        }
    }
}

/// Invites; `false` when somebody was refused. Of a task, `tasks_at_once` slices are run side by
/// side, and of others that wait.
pub(crate) async fn run(
    wired: &Wired,
    args: InviteArgs,
    tasks_at_once: usize,
) -> anyhow::Result<bool> {
    let caller = wired.operator(args.tenant.as_deref()).await?;
    let organization = match &args.organization {
        Some(name) => Some(wired.organization(&caller, name).await?),
        None => None,
    };
    if let Some(path) = &args.file.csv {
        return file::run(wired, &caller, &args, path, organization, tasks_at_once).await;
    }
    let mut all_invited = true;
    for addresses in addresses(&args.addresses)?.chunks(wired.usher.policy.batch) {
        for (address, outcome) in
            invite(wired, &caller, &args, organization.as_ref(), addresses).await?
        {
            all_invited &= outcome.is_ok();
            stdout::line(told(wired, &args, address, &outcome))?;
        }
    }
    Ok(all_invited)
}

fn addresses(given: &[String]) -> anyhow::Result<Vec<String>> {
    let mut all = Vec::new();
    for it in given {
        if it == "-" {
            for line in io::stdin().lines() {
                let line = line.context("cannot read standard input")?;
                all.extend(Some(line.trim().to_owned()).filter(|it| !it.is_empty()));
            }
        } else {
            all.push(it.clone());
        }
    }
    Ok(all)
}

/// What each address came to, in their order: an invitation, or why not.
async fn invite<'a>(
    wired: &Wired,
    caller: &Caller,
    args: &InviteArgs,
    organization: Option<&OrganizationId>,
    addresses: &'a [String],
) -> anyhow::Result<Vec<(&'a str, Result<Invitation, String>)>> {
    let mailboxes: Vec<_> = addresses.iter().map(|it| Mailbox::parse(it)).collect();
    let sound = mailboxes.iter().flatten().cloned();
    let invites: Vec<_> = sound
        .map(|mailbox| args.invite(Invitee::Mailbox { mailbox, name: None }, organization.cloned()))
        .collect();
    let mut outcomes = wired.usher.invite.run(caller, &invites).await?.into_iter();
    let outcome = |mailbox: Result<Mailbox, _>| match mailbox {
        Ok(_) => outcomes
            .next()
            .context("an outcome is missing")
            .map(|it| it.map_err(|it| it.to_string())),
        Err(invalid) => Ok(Err(usher_domain::InvalidMailbox::to_string(&invalid))),
    };
    let outcomes: anyhow::Result<Vec<_>> = mailboxes.into_iter().map(outcome).collect();
    Ok(addresses.iter().map(String::as_str).zip(outcomes?).collect())
}

fn told(
    wired: &Wired,
    args: &InviteArgs,
    address: &str,
    outcome: &Result<Invitation, String>,
) -> String {
    match (outcome, args.json) {
        (Ok(it), true) => json!({
            "address": address,
            "id": it.id.to_string(),
            "link": wired.usher.links.accept(it),
            "expiresAt": it.expires_at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
        })
        .to_string(),
        (Err(why), true) => json!({ "address": address, "refused": why }).to_string(),
        (Ok(it), false) => format!("{address}\t{}", wired.usher.links.accept(it)),
        (Err(why), false) => format!("{address}\trefused: {why}"),
    }
}
