//! `usher key`: makes, lists and revokes client ids and secrets for the APIs.

use std::{io::Write as _, path::PathBuf};

use anyhow::{Context as _, ensure};
use chrono::TimeDelta;
use clap::{Args, Subcommand};
use serde_json::json;
use usher_application::{NewKey, TakeBackOrder, TakenBack};
use usher_domain::{Authority, ClientId, Credential, CredentialId, TenantId, Timestamp, UserId};

use crate::{commands::files, duration, stdout, wiring::Wired};

#[derive(Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a client id and a secret, which is shown only this once
    Create(CreateArgs),
    /// List all keys, the oldest first
    List(ListArgs),
    /// Revoke a key: within a second it is refused everywhere
    Revoke(RevokeArgs),
}

#[derive(Args)]
pub(crate) struct CreateArgs {
    #[arg(long, help = "What the key may do: ORG_ADMIN, HELPDESK, INVITER or READER")]
    authority: Authority,
    /// Bind the key to this user, in whose name it acts
    #[arg(long, value_name = "ID", value_parser = UserId::parse)]
    user: Option<UserId>,
    /// Bind the key to this organization (its id, code or name)
    #[arg(long, value_name = "NAME")]
    organization: Option<String>,
    /// How long the key is good, such as 90d; as long as the settings say unless given
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    expires: Option<TimeDelta>,
    /// Write the key to this file, which only its owner can read, instead of standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
pub(crate) struct RevokeArgs {
    /// The client id, or the second half of it, which `usher audit` names
    #[arg(value_name = "ID", value_parser = named)]
    id: Named,
    /// Take back what the key made, too: its tasks, invitations, memberships, roles, pins, accounts
    /// and keys. What a person made is not told apart by their keys: it is all that they made within
    /// the organization that this key is bound to
    #[arg(long, requires = "since")]
    with_everything: bool,
    /// From when on the key was in wrong hands: a day or a time, such as 2026-03-01 or
    /// 2026-03-01T08:00:00Z, or `always`
    #[arg(long, value_name = "TIME", requires = "with_everything", value_parser = since)]
    since: Option<Since>,
    /// Only tell what would be taken back: nothing is written, and the key stays good
    #[arg(long, requires = "with_everything")]
    dry_run: bool,
    #[command(flatten)]
    common: Common,
}

/// A key as somebody names it.
#[derive(Clone, Copy)]
struct Named {
    /// None where the key's own id is given alone.
    tenant: Option<TenantId>,
    key: CredentialId,
}

/// From when on everything is taken back.
#[derive(Clone, Copy)]
enum Since {
    Always,
    Time(Timestamp),
}

#[derive(Args)]
struct Common {
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// The tenant that the keys belong to; the one of the settings unless given
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
}

pub(crate) async fn run(wired: &Wired, command: KeyCommand) -> anyhow::Result<()> {
    match command {
        KeyCommand::Create(it) => create(wired, it).await,
        KeyCommand::List(it) => list(wired, &it.common).await,
        KeyCommand::Revoke(it) => revoke(wired, &it).await,
    }
}

async fn create(wired: &Wired, args: CreateArgs) -> anyhow::Result<()> {
    let caller = wired.operator(args.common.tenant.as_deref()).await?;
    let organization = match &args.organization {
        Some(name) => Some(wired.organization(&caller, name).await?),
        None => None,
    };
    // Comes first, so that no key is made whose secret cannot be written.
    let mut to = files::output(args.output.as_deref())?;
    let keys = &wired.usher.access.credentials;
    let CreateArgs { authority, user, expires: life, .. } = args;
    let new = NewKey { authority, user, organization, life };
    let (credential, secret) = keys.issue(&caller, new).await?;
    // Some APIs take both as one text, and learn from it which organization is meant.
    let bound = credential.organization.is_some();
    let key = if bound { Credential::key(credential.client_id(), &secret) } else { None };
    let (id, secret) = (credential.client_id().to_string(), secret.reveal());
    if args.common.json {
        let mut shown = json!({ "id": id, "secret": secret });
        if let Some(key) = key {
            shown["key"] = key.into();
        }
        if let Some(at) = credential.expires_at {
            shown["expiresAt"] = at.to_rfc3339().into();
        }
        return Ok(writeln!(to, "{shown}")?);
    }
    writeln!(to, "client id      {id}\nclient secret  {secret}")?;
    if let Some(key) = key {
        writeln!(to, "key            {key}")?;
    }
    writeln!(
        to,
        "\nThe secret is shown only this once. Both together are a bearer token: ID.SECRET"
    )?;
    if let Some(at) = credential.expires_at {
        writeln!(to, "The key expires at {}", at.to_rfc3339())?;
    }
    if bound {
        writeln!(to, "The key is both in one text, for APIs that ask for a key")?;
    }
    Ok(())
}

async fn list(wired: &Wired, common: &Common) -> anyhow::Result<()> {
    let caller = wired.operator(common.tenant.as_deref()).await?;
    let all = wired.usher.access.credentials.list(&caller).await?;
    if common.json {
        return all.iter().try_for_each(|it| Ok(stdout::line(key_json(it))?));
    }
    let now = wired.usher.now();
    for it in &all {
        let of = |what: &str, id: Option<String>| {
            id.map_or(String::new(), |id| format!("  {what} {id}"))
        };
        stdout::line(format!(
            "{}  {:9}  since {}{}{}{}{}",
            it.client_id(),
            it.authority.as_str(),
            it.created_at.format("%Y-%m-%d"),
            of("user", it.user.as_ref().map(ToString::to_string)),
            of("organization", it.organization.as_ref().map(ToString::to_string)),
            of(expiry(it, now), it.expires_at.map(|it| it.format("%Y-%m-%d").to_string())),
            of("revoked", it.revoked_at.map(|it| it.format("%Y-%m-%d").to_string())),
        ))?;
    }
    Ok(())
}

async fn revoke(wired: &Wired, args: &RevokeArgs) -> anyhow::Result<()> {
    let caller = wired.operator(args.common.tenant.as_deref()).await?;
    let Named { tenant, key } = args.id;
    ensure!(
        tenant.is_none_or(|it| it == caller.tenant),
        "the key belongs to another tenant; name that tenant with --tenant"
    );
    let access = &wired.usher.access;
    if let Some(since) = args.since {
        let since = match since {
            Since::Always => None,
            Since::Time(it) => Some(it),
        };
        let order = TakeBackOrder { since, rehearsal: args.dry_run };
        let taken = access.take_back.run(&caller, key, order).await?;
        return if args.common.json { Ok(stdout::line(taken_json(&taken))?) } else { tell(&taken) };
    }
    let revoked = access.credentials.revoke(&caller, key).await?;
    if args.common.json {
        return Ok(stdout::line(key_json(&revoked))?);
    }
    tell_end(&revoked)
}

fn tell_end(revoked: &Credential) -> anyhow::Result<()> {
    let at = revoked.revoked_at.context("the key is not revoked")?;
    Ok(stdout::line(format!("{} is revoked since {}", revoked.client_id(), at.to_rfc3339()))?)
}

/// Says what was taken back, and what a person must look at.
fn tell(it: &TakenBack) -> anyhow::Result<()> {
    if it.rehearsal {
        stdout::line("This is what would be taken back. Nothing was written:")?;
    } else {
        tell_end(&it.credential)?;
    }
    stdout::line(format!("{} tasks ended, {} invitations revoked", it.tasks, it.invitations))?;
    stdout::line(format!(
        "{} memberships ended, {} memberships and accounts lost roles, a pin or an authority",
        it.ended, it.reduced
    ))?;
    stdout::line(format!(
        "{} accounts disabled (`usher reset ID` makes one that can be invited again)",
        it.disabled
    ))?;
    for key in &it.keys {
        let of = key.user.as_ref().map_or(String::new(), |user| {
            format!(" of user {user}: what was done with it is taken back by its own `key revoke`")
        });
        stdout::line(format!("the key {} that it made is revoked{of}", key.client_id()))?;
    }
    if it.users_in_all > 0 {
        stdout::line(format!(
            "Look at {} accounts that it made, opened or gave authority, or may have made, and that stay:",
            it.users_in_all
        ))?;
        it.users.iter().try_for_each(|it| stdout::line(format!("  {it}")))?;
    }
    if !it.acts.is_empty() {
        stdout::line("Look at what else was done, which `usher audit` tells:")?;
        it.acts.iter().try_for_each(|(act, count)| stdout::line(format!("  {act}: {count}")))?;
    }
    Ok(())
}

fn taken_json(it: &TakenBack) -> serde_json::Value {
    let mut shown = key_json(&it.credential);
    shown["dryRun"] = it.rehearsal.into();
    shown["keys"] = it.keys.iter().map(key_json).collect();
    shown["tasks"] = it.tasks.into();
    shown["invitations"] = it.invitations.into();
    shown["membershipsEnded"] = it.ended.into();
    shown["reduced"] = it.reduced.into();
    shown["disabled"] = it.disabled.into();
    let users: Vec<_> = it.users.iter().map(ToString::to_string).collect();
    shown["lookAt"] = json!({ "users": users, "usersInAll": it.users_in_all, "acts": it.acts });
    shown
}

/// Reads a client id, or the id of a key alone.
fn named(text: &str) -> Result<Named, String> {
    let client = text.parse().map(|it: ClientId| Named { tenant: Some(it.tenant), key: it.key });
    let id = client.or_else(|_| text.parse().map(|key| Named { tenant: None, key }));
    id.map_err(|_| "a client id has 64 hexadecimal digits, or 32 without the tenant".to_owned())
}

/// Reads a time, or a day, which begins at midnight UTC.
fn since(text: &str) -> Result<Since, String> {
    if text == "always" {
        return Ok(Since::Always);
    }
    let midnight = format!("{text}T00:00:00Z");
    let time = [text, &midnight].into_iter().find_map(|it| it.parse().ok());
    time.map(Since::Time).ok_or_else(|| {
        "say `always`, a day such as 2026-03-01, or a time such as 2026-03-01T08:00:00Z".to_owned()
    })
}

/// What is said of the end of a key that has one.
fn expiry(it: &Credential, now: Timestamp) -> &'static str {
    match (it.has_expired(now), it.expires_soon(now)) {
        (true, _) => "expired",
        (false, true) => "expires soon:",
        (false, false) => "expires",
    }
}

fn key_json(it: &Credential) -> serde_json::Value {
    json!({
        "id": it.client_id().to_string(),
        "authority": it.authority.as_str(),
        "user": it.user.as_ref().map(ToString::to_string),
        "organization": it.organization.as_ref().map(ToString::to_string),
        "createdAt": it.created_at.to_rfc3339(),
        "expiresAt": it.expires_at.map(|it| it.to_rfc3339()),
        "revokedAt": it.revoked_at.map(|it| it.to_rfc3339()),
    })
}
