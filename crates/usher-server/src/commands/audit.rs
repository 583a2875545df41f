//! `usher audit`: prints what was done, by whom, and to whom.

use clap::Args;
use serde_json::{Value, json};
use usher_application::AuditFilter;
use usher_domain::{Action, Entry, UserId};

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

/// How many entries are held in memory at once.
const PAGE: u64 = 500;

/// Prints the entries page by page, so that there may be any number of them.
pub(crate) async fn run(wired: &Wired, args: AuditArgs) -> anyhow::Result<()> {
    let caller = wired.operator(args.tenant.as_deref()).await?;
    let filter = AuditFilter { actions: args.action, user: args.user };
    let wanted = |it: &Entry| args.source.is_none() || args.source == it.source;
    let (mut left, mut after) = (if args.all { u64::MAX } else { args.limit }, None);
    while left > 0 {
        let page = wired.usher.tenants.audit.matching(&caller, &filter, after, PAGE).await?;
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
