//! `usher audit`: prints what was done, by whom, and to whom.

use std::collections::HashSet;

use clap::Args;
use serde_json::{Value, json};
use usher_application::{Filter, InvitationCondition, ListRequest, TextField, TextMatch};
use usher_domain::{Action, Actor, Caller, Entry, InvitationId, Subject, UserId};

use crate::{
    commands::describe::{Reference, rfc3339},
    stdout,
    wiring::Wired,
};

#[derive(Args)]
pub(crate) struct AuditArgs {
    /// How many entries to print
    #[arg(long, value_name = "NUMBER", default_value_t = 50)]
    limit: u64,
    /// Print all entries
    #[arg(long, conflicts_with = "limit")]
    all: bool,
    /// Only entries with this action, such as invited or `sign_in_failed`; may be given several times
    #[arg(long, value_name = "ACTION", value_parser = action)]
    action: Vec<Action>,
    /// Only what came from here: an address or a network, as entries show it
    #[arg(long, value_name = "SOURCE")]
    source: Option<String>,
    /// Only what this user did, and what was done to this user and to their invitations
    #[arg(long, value_name = "ID", value_parser = UserId::parse)]
    user: Option<UserId>,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
    /// The tenant whose audit is read; the one of the settings unless given
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
}

/// How many entries, or invitations, are held in memory at once.
const PAGE: u64 = 500;

/// Prints the entries page by page, so that there may be any number of them.
pub(crate) async fn run(wired: &Wired, args: AuditArgs) -> anyhow::Result<()> {
    let caller = wired.operator(args.tenant.as_deref()).await?;
    let about = match &args.user {
        Some(user) => Some((user, invitations_to(wired, &caller, user).await?)),
        None => None,
    };
    let wanted = |it: &Entry| {
        (args.action.is_empty() || args.action.contains(&it.action))
            && (args.source.is_none() || args.source == it.source)
            && about.as_ref().is_none_or(|(user, invitations)| is_about(it, user, invitations))
    };
    let (mut left, mut after) = (if args.all { u64::MAX } else { args.limit }, None);
    while left > 0 {
        let page = wired.usher.tenants.audit.run(&caller, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        for it in page.iter().filter(|it| wanted(it)) {
            if left == 0 {
                break;
            }
            left -= 1;
            stdout::line(if args.json { entry_json(it).to_string() } else { entry_text(it) })?;
        }
    }
    Ok(())
}

fn action(text: &str) -> Result<Action, String> {
    text.parse().map_err(|_| {
        let all: Vec<_> = Action::ALL.iter().map(|it| it.as_str()).collect();
        format!("there is no such action; the actions are {}", all.join(", "))
    })
}

/// The invitations whose invitee is known to be this user.
async fn invitations_to(
    wired: &Wired,
    caller: &Caller,
    user: &UserId,
) -> anyhow::Result<HashSet<InvitationId>> {
    let is = TextMatch::Equals(user.to_string());
    let filter = Filter::Is(InvitationCondition::Text(TextField::Invitee, is));
    let (mut all, mut token) = (HashSet::new(), Some(String::new()));
    while let Some(page_token) = token {
        let (filter, limit) = (filter.clone(), PAGE);
        let request =
            ListRequest { filter, page_token: &page_token, limit, ..ListRequest::default() };
        let page = wired.usher.invitations.list.run(caller, request).await?;
        all.extend(page.invitations.iter().map(|it| it.id));
        token = page.next;
    }
    Ok(all)
}

/// Whether a user did it, or it was done to the user or to one of these invitations.
fn is_about(it: &Entry, user: &UserId, invitations: &HashSet<InvitationId>) -> bool {
    let to = match &it.subject {
        Subject::User(id) => id == user,
        Subject::Invitation(id) => invitations.contains(id),
        Subject::Credential(_)
        | Subject::Task(_)
        | Subject::Profile(_)
        | Subject::Organization(_)
        | Subject::Role(_)
        | Subject::Tenant => false,
    };
    to || matches!(&it.actor, Actor::User(id) if id == user)
}

fn entry_json(it: &Entry) -> Value {
    json!({
        "id": it.id.to_string(),
        "at": rfc3339(it.at),
        "actor": Reference::from(&it.actor).json(),
        "action": it.action.as_str(),
        "subject": Reference::from(&it.subject).json(),
        "detail": it.detail,
        "source": it.source,
        "count": it.count,
    })
}

fn entry_text(it: &Entry) -> String {
    let (at, action) = (rfc3339(it.at), it.action.as_str());
    let (actor, subject) = (Reference::from(&it.actor), Reference::from(&it.subject));
    let detail = it.detail.as_deref().unwrap_or_default();
    let count = if it.count > 1 { format!("{} times", it.count) } else { String::new() };
    let source = it.source.as_ref().map(|it| format!("from {it}")).unwrap_or_default();
    let mut text = format!("{at}  {actor:8}  {action:18}  {subject}");
    for more in [detail, &count, &source] {
        if !more.is_empty() {
            text = format!("{text}  {more}");
        }
    }
    text
}
