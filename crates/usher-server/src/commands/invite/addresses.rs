//! `usher invite ADDRESS…`: invites addresses at once, without a task.

use std::io;

use anyhow::Context as _;
use serde_json::{Value, json};
use usher_application::Invitee;
use usher_domain::{Caller, InvalidMailbox, Invitation, Mailbox, OrganizationId};

use crate::{
    commands::{describe::rfc3339, invite::args::InviteArgs},
    stdout,
    wiring::Wired,
};

/// Invites the addresses, as many at once as `invitations.batch` allows, and prints what became of
/// each; `false` when one of them was refused.
pub(crate) async fn run(
    wired: &Wired,
    caller: &Caller,
    args: &InviteArgs,
    organization: Option<&OrganizationId>,
) -> anyhow::Result<bool> {
    let mut all_invited = true;
    for batch in read(&args.addresses)?.chunks(wired.usher.policy.batch) {
        for (address, outcome) in invite(wired, caller, args, organization, batch).await? {
            all_invited &= outcome.is_ok();
            if args.json {
                stdout::line(outcome_json(address, &outcome))?;
            } else {
                stdout::line(outcome_text(address, &outcome))?;
            }
        }
    }
    Ok(all_invited)
}

/// The addresses of the command line, with the lines of standard input in the place of `-`.
fn read(given: &[String]) -> anyhow::Result<Vec<String>> {
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

/// An invitation, or why there is none.
type Outcome = Result<Invited, String>;

/// An invitation with its link.
struct Invited {
    invitation: Invitation,
    link: String,
}

/// The outcome of each address, in the order of the addresses.
async fn invite<'a>(
    wired: &Wired,
    caller: &Caller,
    args: &InviteArgs,
    organization: Option<&OrganizationId>,
    addresses: &'a [String],
) -> anyhow::Result<Vec<(&'a str, Outcome)>> {
    let mailboxes: Vec<_> = addresses.iter().map(|it| Mailbox::parse(it)).collect();
    let valid = mailboxes.iter().flatten().cloned();
    let invites: Vec<_> = valid
        .map(|mailbox| args.invite(Invitee::Mailbox { mailbox, name: None }, organization.cloned()))
        .collect();
    let use_cases = &wired.usher.invitations;
    let outcomes = use_cases.invite.run(caller, &invites).await?;
    let made: Vec<_> = outcomes.iter().flatten().cloned().collect();
    let mut links = use_cases.hand_over.run(caller, &made).await?.into_iter();
    let mut outcomes = outcomes.into_iter();
    let mut outcome = |mailbox: Result<Mailbox, InvalidMailbox>| match mailbox {
        Ok(_) => match outcomes.next().context("there are fewer outcomes than invitations")? {
            Ok(invitation) => {
                let link = links.next().flatten().context("a new invitation has no link")?.uri;
                Ok(Ok(Invited { invitation, link }))
            }
            Err(refusal) => Ok(Err(refusal.to_string())),
        },
        Err(invalid) => Ok(Err(invalid.to_string())),
    };
    let outcomes: anyhow::Result<Vec<_>> = mailboxes.into_iter().map(&mut outcome).collect();
    Ok(addresses.iter().map(String::as_str).zip(outcomes?).collect())
}

fn outcome_json(address: &str, outcome: &Outcome) -> Value {
    match outcome {
        Ok(Invited { invitation, link }) => json!({
            "address": address,
            "id": invitation.id.to_string(),
            "link": link,
            "expiresAt": rfc3339(invitation.expires_at),
        }),
        Err(why) => json!({ "address": address, "refused": why }),
    }
}

fn outcome_text(address: &str, outcome: &Outcome) -> String {
    match outcome {
        Ok(it) => format!("{address}\t{}", it.link),
        Err(why) => format!("{address}\trefused: {why}"),
    }
}
