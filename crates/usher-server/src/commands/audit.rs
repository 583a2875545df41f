//! `usher audit`: what was done, by whom, and to whom.

use std::collections::HashSet;

use clap::Args;
use serde_json::json;
use usher_application::{Filter, InvitationCondition, ListRequest, TextField, TextMatch};
use usher_domain::{Action, Actor, Caller, Entry, InvitationId, Subject, UserId};

use crate::{
    commands::describe::{Thing, time},
    stdout,
    wiring::Wired,
};

#[derive(Args)]
pub(crate) struct AuditArgs {
    /// How many entries, the newest first
    #[arg(long, value_name = "NUMBER", default_value_t = 50)]
    limit: u64,
    /// All there are
    #[arg(long, conflicts_with = "limit")]
    all: bool,
    /// Only those of what was done, such as invited or `invite_failed`
    #[arg(long, value_name = "ACTION", value_parser = action)]
    action: Option<Action>,
    /// Only what this user did, and what was done to them and to their invitations
    #[arg(long, value_name = "ID", value_parser = UserId::parse)]
    user: Option<UserId>,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
    /// The tenant whose audit it is; the one of the settings unless given
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
}

/// How many entries are held in memory at once.
const PAGE: u64 = 500;

/// Page by page, so that their number does not matter.
pub(crate) async fn run(wired: &Wired, args: AuditArgs) -> anyhow::Result<()> {
    let caller = wired.operator(args.tenant.as_deref()).await?;
    let about = match &args.user {
        Some(user) => Some((user, invitations(wired, &caller, user).await?)),
        None => None,
    };
    let wanted = |it: &Entry| {
        args.action.is_none_or(|action| it.action == action)
            && about.as_ref().is_none_or(|(user, invitations)| is_about(it, user, invitations))
    };
    let (mut left, mut after) = (if args.all { u64::MAX } else { args.limit }, None);
    while left > 0 {
        let page = wired.usher.audit.run(&caller, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        for it in page.iter().filter(|it| wanted(it)) {
            if left == 0 {
                break;
            }
            left -= 1;
            stdout::line(told(it, args.json))?;
        }
    }
    Ok(())
}

fn action(text: &str) -> Result<Action, String> {
    let all = Action::ALL.map(Action::as_str).join(", ");
    let found = Action::ALL.into_iter().find(|it| it.as_str() == text);
    found.ok_or_else(|| format!("not one of {all}"))
}

/// The invitations that are known to be for this user.
async fn invitations(
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
        let page = wired.usher.list.run(caller, request).await?;
        all.extend(page.invitations.iter().map(|it| it.id));
        token = page.next;
    }
    Ok(all)
}

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

fn told(it: &Entry, as_json: bool) -> String {
    let (actor, subject) = (Thing::from(&it.actor), Thing::from(&it.subject));
    if as_json {
        return json!({
            "id": it.id.to_string(),
            "at": time(it.at),
            "actor": actor.json(),
            "action": it.action.as_str(),
            "subject": subject.json(),
            "detail": it.detail,
        })
        .to_string();
    }
    let detail = it.detail.as_deref().unwrap_or_default();
    let line =
        format!("{}  {actor:8}  {:18}  {subject}  {detail}", time(it.at), it.action.as_str());
    line.trim_end().to_owned()
}
