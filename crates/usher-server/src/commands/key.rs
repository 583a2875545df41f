//! `usher key`: client ids and secrets for the APIs.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::json;
use usher_domain::{Authority, Credential, CredentialId, UserId};

use crate::{stdout, wiring::Wired};

#[derive(Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a client id and a secret, which is shown this once
    Create(CreateArgs),
    /// List all, oldest first
    List(ListArgs),
    /// Revoke one: within seconds it opens nothing any more
    Revoke(RevokeArgs),
}

#[derive(Args)]
pub(crate) struct CreateArgs {
    #[arg(long, help = "What it may do: ORG_ADMIN, HELPDESK, INVITER or READER")]
    authority: Authority,
    /// Make it this person's key
    #[arg(long, value_name = "ID", value_parser = UserId::parse)]
    user: Option<UserId>,
    /// Bind it to this organization (its id, code or name)
    #[arg(long, value_name = "ID")]
    organization: Option<String>,
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
    /// The client id
    #[arg(value_name = "ID")]
    id: CredentialId,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
struct Common {
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// The tenant whose keys they are; the one of the settings unless given
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
    let keys = &wired.usher.credentials;
    let (credential, secret) =
        keys.create(&caller, args.authority, args.user, organization).await?;
    // Where the key alone says which organization is meant.
    let bound = credential.organization.is_some();
    let key = if bound { Credential::key(credential.id, &secret) } else { None };
    let (id, secret) = (credential.id.to_string(), secret.reveal());
    if args.common.json {
        let mut told = json!({ "id": id, "secret": secret });
        if let Some(key) = key {
            told["key"] = key.into();
        }
        return Ok(stdout::line(told)?);
    }
    stdout::line(format!("client id      {id}\nclient secret  {secret}"))?;
    if let Some(key) = key {
        stdout::line(format!("key            {key}"))?;
    }
    stdout::line("\nThe secret is shown this once. Both together are a bearer token: ID.SECRET")?;
    if bound {
        stdout::line("The key is both of them as one, for APIs that ask for a key")?;
    }
    Ok(())
}

async fn list(wired: &Wired, common: &Common) -> anyhow::Result<()> {
    let caller = wired.operator(common.tenant.as_deref()).await?;
    let all = wired.usher.credentials.list(&caller).await?;
    if common.json {
        return all.iter().try_for_each(|it| Ok(stdout::line(shown(it))?));
    }
    for it in &all {
        let of = |what: &str, id: Option<String>| {
            id.map_or(String::new(), |id| format!("  {what} {id}"))
        };
        stdout::line(format!(
            "{}  {:9}  since {}{}{}{}",
            it.id,
            it.authority.as_str(),
            it.created_at.format("%Y-%m-%d"),
            of("user", it.user.as_ref().map(ToString::to_string)),
            of("organization", it.organization.as_ref().map(ToString::to_string)),
            of("revoked", it.revoked_at.map(|it| it.format("%Y-%m-%d").to_string())),
        ))?;
    }
    Ok(())
}

async fn revoke(wired: &Wired, args: &RevokeArgs) -> anyhow::Result<()> {
    let caller = wired.operator(args.common.tenant.as_deref()).await?;
    let revoked = wired.usher.credentials.revoke(&caller, args.id).await?;
    if args.common.json {
        return Ok(stdout::line(shown(&revoked))?);
    }
    let at = revoked.revoked_at.context("it is not revoked")?;
    Ok(stdout::line(format!("{} is revoked since {}", revoked.id, at.to_rfc3339()))?)
}

fn shown(it: &Credential) -> serde_json::Value {
    json!({
        "id": it.id.to_string(),
        "authority": it.authority.as_str(),
        "user": it.user.as_ref().map(ToString::to_string),
        "organization": it.organization.as_ref().map(ToString::to_string),
        "createdAt": it.created_at.to_rfc3339(),
        "revokedAt": it.revoked_at.map(|it| it.to_rfc3339()),
    })
}
