//! What tasks and identities look like on the wire, and how an invitation is asked for.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt,
    sync::Arc,
};

use chrono::SecondsFormat;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};
use usher_application::{Invite, Invitee, Row, UserWithStatus, Usher};
use usher_domain::{
    Actor, ClientId, Completion, Problem, Reason, Refusal, Task, TaskKind, Timestamp, UserId,
    UserRef, UserStatus,
};

use super::{
    api_version::ApiVersion,
    error_language::ErrorLanguage,
    fault::{Fault, Result},
    fields::{SYSTEM, completion_name, kind_name},
};

/// How many identities are invited at most when everybody is.
pub(super) const UNINVITED: u32 = 1000;

/// How many messages a task has at most.
const MESSAGES: usize = 10_000;

/// In UTC, with three decimals.
fn time(it: Timestamp) -> String {
    it.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// What a task is shown with: the version of the API that is asked, and a language.
pub(super) struct View<'a> {
    pub usher: &'a Usher,
    pub version: ApiVersion,
    pub language: &'a ErrorLanguage,
}

/// Every member is always present: some clients treat a missing one as an error.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TaskStatus {
    id: String,
    r#type: &'static str,
    unique_name: &'static str,
    description: String,
    parent_name: Option<String>,
    launcher: String,
    target: Option<Value>,
    created: String,
    modified: String,
    launched: Option<String>,
    completed: Option<String>,
    completion_status: Option<&'static str>,
    messages: Vec<Message>,
    returns: [Return; 4],
    attributes: BTreeMap<&'static str, u32>,
    progress: String,
    percent_complete: u32,
    task_definition_summary: Definition,
}

/// A row that failed, or a remark. There may be very many failed rows with few reasons, so their
/// texts are put together only while they are serialized.
enum Message {
    Problem { who: String, kind: Arc<Kind> },
    Remark(Remark),
}

/// Why rows fail, and the locale of that text.
struct Kind {
    key: String,
    locale: String,
    why: String,
}

struct Remark {
    r#type: &'static str,
    locale: String,
    message: String,
    key: String,
    parameters: Vec<String>,
}

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Wire<'a> {
            r#type: &'static str,
            localized_text: LocalizedText<'a>,
            key: &'a str,
            parameters: &'a [String],
        }
        #[derive(Serialize)]
        struct LocalizedText<'a> {
            locale: &'a str,
            message: fmt::Arguments<'a>,
        }
        match self {
            Self::Problem { who, kind } => Wire {
                r#type: "ERROR",
                localized_text: LocalizedText {
                    locale: &kind.locale,
                    message: format_args!("{who}: {}", kind.why),
                },
                key: &kind.key,
                parameters: std::slice::from_ref(who),
            }
            .serialize(serializer),
            Self::Remark(it) => Wire {
                r#type: it.r#type,
                localized_text: LocalizedText {
                    locale: &it.locale,
                    message: format_args!("{}", it.message),
                },
                key: &it.key,
                parameters: &it.parameters,
            }
            .serialize(serializer),
        }
    }
}

/// A name for people, and the attribute that has the value.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Return {
    name: &'static str,
    attribute_name: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Definition {
    id: &'static str,
    unique_name: &'static str,
    description: &'static str,
    parent_name: &'static str,
    executor: &'static str,
    arguments: BTreeMap<&'static str, &'static str>,
}

const RETURNS: [(&str, &str); 4] = [
    ("Identities", "identityCount"),
    ("Invited", "invited"),
    ("Skipped", "skipped"),
    ("Failed", "failed"),
];

impl View<'_> {
    /// With the problems that it carries along.
    pub(super) fn brief(&self, task: &Task) -> TaskStatus {
        self.task_status(task, task.problems.clone())
    }

    /// With all of its problems, as far as there is room for messages.
    pub(super) async fn full(&self, task: &Task) -> Result<TaskStatus> {
        let failed = task.tally.failed as usize;
        let limit = if failed > MESSAGES { MESSAGES - 1 } else { MESSAGES };
        let problems = self.usher.tasks.read.problems(task, limit).await?;
        Ok(self.task_status(task, problems))
    }

    fn task_status(&self, task: &Task, problems: Vec<Problem>) -> TaskStatus {
        let tally = task.tally;
        let counts = [task.rows, tally.invited, tally.skipped, tally.failed];
        let definition = definition(task.kind);
        TaskStatus {
            id: task.id.to_string(),
            r#type: "QUARTZ",
            unique_name: definition.unique_name,
            description: description(task),
            parent_name: None,
            launcher: launcher(task),
            target: None,
            created: time(task.created_at),
            modified: time(task.updated_at),
            launched: task.started_at.map(time),
            completed: task.completed_at.map(time),
            completion_status: task.completion.map(completion_name),
            messages: self.messages(task, problems),
            returns: RETURNS.map(|(name, attribute_name)| Return { name, attribute_name }),
            attributes: RETURNS.iter().map(|(_, key)| *key).zip(counts).collect(),
            progress: progress(task),
            percent_complete: task.percent(),
            task_definition_summary: definition,
        }
    }

    /// What went wrong comes first: clients show the first one's key.
    fn messages(&self, task: &Task, problems: Vec<Problem>) -> Vec<Message> {
        let shown = problems.len();
        let mut kinds: HashMap<Reason, Arc<Kind>> = HashMap::new();
        let problem = |Problem { who, why, .. }: Problem| {
            let kind = match kinds.get(&why) {
                Some(kind) => kind.clone(),
                None => kinds.entry(why.clone()).or_insert(Arc::new(self.kind(&why))).clone(),
            };
            Message::Problem { who, kind }
        };
        let mut messages: Vec<_> = problems.into_iter().map(problem).collect();
        let (rows, done) = (task.rows, task.tally.done());
        let failed = task.tally.failed as usize;
        match task.completion {
            Some(_) if done < rows => {
                let about = [("done", done.to_string()), ("rows", rows.to_string())];
                messages.insert(0, self.message("WARN", "unfinished", about));
            }
            Some(
                Completion::Warning
                | Completion::Error
                | Completion::Terminated
                | Completion::Interrupted,
            ) if failed == 0 => messages.push(self.message("WARN", "ended", [])),
            Some(_) | None => {}
        }
        if failed > shown {
            let count = (failed - shown).to_string();
            messages.push(self.message(
                "INFO",
                "more",
                [("count", count), ("where", self.results(task))],
            ));
        }
        // A task for everybody is not marked otherwise.
        if task.kind == TaskKind::Invite && rows == UNINVITED {
            messages.push(self.message("INFO", "full", [("rows", rows.to_string())]));
        }
        messages
    }

    fn kind(&self, why: &Reason) -> Kind {
        let (text, locale) = self.language.describe(why);
        Kind { key: format!("usher.invitations.invite.{}", why.key), locale, why: text }
    }

    fn message<const N: usize>(
        &self,
        r#type: &'static str,
        name: &'static str,
        about: [(&'static str, String); N],
    ) -> Message {
        let parameters = about.iter().map(|(_, it)| it.clone()).collect();
        let message = self.language.text_with(&format!("task-{name}"), about);
        let key = format!("usher.task.{name}");
        Message::Remark(Remark { r#type, locale: self.language.locale(), message, key, parameters })
    }

    /// The address of the CSV file of all rows.
    fn results(&self, task: &Task) -> String {
        let (url, tasks) = (&self.usher.policy.public_url, self.version.tasks());
        format!("{url}{tasks}/{}/result", task.id)
    }
}

fn launcher(task: &Task) -> String {
    match (&task.by.name, &task.by.actor) {
        (Some(name), _) => name.clone(),
        (None, Actor::Client(key)) => ClientId { tenant: task.by.tenant, key: *key }.to_string(),
        (None, Actor::User(_) | Actor::System | Actor::Nobody) => SYSTEM.to_owned(),
    }
}

fn progress(task: &Task) -> String {
    if task.completion.is_some() {
        "Completed".to_owned()
    } else if task.started_at.is_some() {
        format!("Inviting {} of {}", task.tally.done(), task.rows)
    } else {
        "Initializing...".to_owned()
    }
}

fn description(task: &Task) -> String {
    let what = definition(task.kind).description;
    let rehearsal = if task.rehearsal { " A rehearsal: nothing is sent." } else { "" };
    match task.rows {
        1 => format!("{what} One identity.{rehearsal}"),
        rows => format!("{what} {rows} identities.{rehearsal}"),
    }
}

fn definition(kind: TaskKind) -> Definition {
    let (unique_name, description, arguments) = match kind {
        TaskKind::Invite => (
            "Identity Invitation",
            "Invites identities by mail to register.",
            [("ids", "string[]"), ("uninvited", "boolean")].into(),
        ),
        TaskKind::Automatic => (
            "Automatic Identity Invitation",
            "Invites identities by mail to register, as their profile has it.",
            BTreeMap::new(),
        ),
        TaskKind::Repeat => (
            "Repeated Identity Invitation",
            "Invites identities again whose invitation has expired, as their profile has it.",
            BTreeMap::new(),
        ),
    };
    Definition {
        id: kind_name(kind),
        unique_name,
        description,
        parent_name: "Identity Invitation",
        executor: "usher",
        arguments,
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Identity {
    id: String,
    name: String,
    created: String,
    modified: String,
    alias: String,
    email_address: Option<String>,
    processing_state: &'static str,
    #[serde(rename = "identityStatus")]
    status: &'static str,
    manager_ref: Option<Value>,
    is_manager: bool,
    last_refresh: String,
    attributes: Map<String, Value>,
    lifecycle_state: Option<Value>,
}

impl From<UserWithStatus> for Identity {
    fn from(it: UserWithStatus) -> Self {
        let status = match it.effective_status() {
            UserStatus::Unregistered => "UNREGISTERED",
            UserStatus::Pending => "PENDING",
            UserStatus::Active => "ACTIVE",
            UserStatus::Disabled => "DISABLED",
        };
        let (name, user) = (it.user.full_name(), it.user);
        let alias = user.username.clone().unwrap_or_else(|| user.id.to_string());
        let email_address = user.mailbox.as_ref().map(|it| it.typed().to_owned());
        let known = [
            ("uid", Some(alias.clone())),
            ("firstname", user.first_name.clone()),
            ("lastname", user.last_name.clone()),
            ("displayName", Some(name.clone())),
            ("email", email_address.clone()),
            ("phone", user.phone.clone()),
            ("cloudStatus", Some(status.to_owned())),
        ];
        let mut attributes = match serde_json::from_str(&user.attributes.0) {
            Ok(Value::Object(own)) => own,
            _ => Map::new(),
        };
        attributes
            .extend(known.into_iter().filter_map(|(key, it)| Some((key.to_owned(), it?.into()))));
        Self {
            id: user.id.to_string(),
            name,
            created: time(user.created_at),
            modified: time(user.updated_at),
            alias,
            email_address,
            processing_state: "OK",
            status,
            manager_ref: None,
            is_manager: false,
            last_refresh: time(user.updated_at),
            attributes,
            lifecycle_state: None,
        }
    }
}

/// Who is to be invited.
#[derive(Debug)]
pub(super) enum Invitees {
    /// Each once, in the order in which they were named first.
    These(Vec<String>),
    Uninvited,
}

/// The largest body, in bytes, that names that many identities.
pub(super) fn max_body(identities: usize) -> usize {
    identities.saturating_mul(260).saturating_add(64 << 10)
}

/// Reads who is to be invited. No ids, null and an empty list are the same.
pub(super) fn read_invitees(body: &[u8]) -> Result<Invitees> {
    #[derive(Deserialize)]
    struct Given {
        #[serde(default)]
        ids: Value,
        #[serde(default)]
        uninvited: Value,
    }
    let given: Value = serde_json::from_slice(body).map_err(no_json)?;
    if !given.is_object() {
        return Err(no_json("it is JSON, but no object"));
    }
    let Given { ids, uninvited } = serde_json::from_value(given).map_err(no_json)?;
    let uninvited = match uninvited {
        Value::Null => false,
        Value::Bool(it) => it,
        _ => return Err(Fault::field("uninvited", "must be true or false")),
    };
    match (each(ids)?, uninvited) {
        (ids, true) if ids.is_empty() => Ok(Invitees::Uninvited),
        (ids, false) if !ids.is_empty() => Ok(Invitees::These(ids)),
        (_, true) => Err(Fault::bad("`uninvited` must not be true when there are `ids`")),
        (_, false) => Err(Fault::bad("`ids` must not be empty unless `uninvited` is true")),
    }
}

fn no_json(why: impl std::fmt::Display) -> Fault {
    Fault::bad(format!("The body must be a JSON object: {why}"))
}

fn each(ids: Value) -> Result<Vec<String>> {
    let ids = match ids {
        Value::Null => Vec::new(),
        Value::Array(ids) => ids,
        _ => return Err(Fault::field("ids", "must be a list of strings")),
    };
    let text = |(n, id)| match id {
        Value::String(id) => Ok(id),
        _ => Err(Fault::field(&format!("ids[{n}]"), "must be a string")),
    };
    let ids: Vec<_> = ids.into_iter().enumerate().map(text).collect::<Result<_>>()?;
    let mut seen = HashSet::with_capacity(ids.len());
    let first: Vec<_> = ids.iter().map(|it| seen.insert(it.as_str())).collect();
    Ok(ids.into_iter().zip(first).filter_map(|(id, is_first)| is_first.then_some(id)).collect())
}

/// A row for each id.
pub(super) fn rows(ids: Vec<String>) -> impl ExactSizeIterator<Item = Row> + Send {
    let lines = 0..u32::try_from(ids.len()).unwrap_or(u32::MAX);
    lines.zip(ids).map(|(n, id)| row(n + 1, &id))
}

fn row(line: u32, id: &str) -> Row {
    if let Ok(id) = UserId::parse(id) {
        return Row::invite(line, Invite::new(Invitee::User(UserRef::Id(id))));
    }
    let unknown = Refusal::UnknownUser;
    // Some databases cannot keep NUL.
    Row::bad(line, &id.replace('\0', "\u{fffd}"), unknown.key(), unknown.to_string())
}

#[cfg(test)]
mod tests;
