//! What tasks and identities can be filtered and sorted by.

use usher_application::{Filter, TaskCondition, TextMatch, UserCondition, UserField, UserOrder};
use usher_domain::{Actor, ClientId, Completion, TaskKind, UserId, UserStatus};

use super::{
    api_version::ApiVersion,
    fault::{Fault, Result},
    filter::{Comparison, Field, Operator},
};

const EXACT: &[Operator] = &[Operator::Eq, Operator::In];
const EXACT_OR_NONE: &[Operator] = &[Operator::Eq, Operator::In, Operator::IsNull];
const BEGINNING: &[Operator] = &[Operator::Eq, Operator::Sw];
const EQUAL: &[Operator] = &[Operator::Eq];

/// What tasks can be filtered by, in this version of the API.
pub(super) fn of_tasks(version: ApiVersion) -> Vec<Field<TaskCondition>> {
    let completion = if version.lists_completed_only() { EXACT } else { EXACT_OR_NONE };
    let mut fields = vec![
        Field { name: "id", operators: EXACT, holds: task_id },
        // Tasks of usher have no source.
        Field { name: "sourceId", operators: EXACT, holds: |_| Filter::Is(TaskCondition::Nothing) },
        Field { name: "completionStatus", operators: completion, holds: completed },
        Field { name: "type", operators: EXACT, holds: kind },
    ];
    if version.filters_by_launcher() {
        fields.push(Field { name: "launcher", operators: EXACT, holds: launcher });
    }
    fields
}

/// What identities can be filtered by.
pub(super) fn of_identities() -> Vec<Field<UserCondition>> {
    vec![
        Field { name: "id", operators: EXACT, holds: user_id },
        Field { name: "name", operators: BEGINNING, holds: |it| text(UserField::Name, it) },
        Field { name: "alias", operators: BEGINNING, holds: alias },
        Field {
            name: "firstname",
            operators: BEGINNING,
            holds: |it| text(UserField::FirstName, it),
        },
        Field { name: "lastname", operators: BEGINNING, holds: |it| text(UserField::LastName, it) },
        Field { name: "email", operators: BEGINNING, holds: |it| text(UserField::Mailbox, it) },
        Field { name: "cloudStatus", operators: EQUAL, holds: cloud_status },
        Field { name: "processingState", operators: EQUAL, holds: |it| constant(it, "ok") },
        Field { name: "correlated", operators: EQUAL, holds: |it| constant(it, "true") },
        Field { name: "protected", operators: EQUAL, holds: |it| constant(it, "false") },
    ]
}

/// Whether the newest tasks come first, which is the default.
pub(super) fn newest_first(sorters: &str) -> Result<bool> {
    match sorters {
        "" | "-created" => Ok(true),
        "created" => Ok(false),
        other => Err(unsorted(other, "created")),
    }
}

/// The order of identities.
pub(super) fn order(sorters: &str) -> Result<Vec<UserOrder>> {
    let mut order = Vec::new();
    for sorter in sorters.split(',').map(str::trim).filter(|_| !sorters.is_empty()) {
        let (name, descending) = match sorter.strip_prefix('-') {
            Some(name) => (name, true),
            None => (sorter, false),
        };
        order.push(match name {
            "name" => UserOrder::Name { descending },
            "alias" => UserOrder::Username { descending },
            "cloudStatus" => UserOrder::EffectiveStatus { descending },
            _ => return Err(unsorted(sorter, "name, alias, cloudStatus")),
        });
        if order.len() > 3 {
            return Err(Fault::field("sorters", "must not name a field twice"));
        }
    }
    Ok(order)
}

fn unsorted(sorter: &str, can: &str) -> Fault {
    let sorter: String = sorter.chars().take(100).collect();
    let rule = format!("cannot be `{sorter}`; it can be by {can}, with a `-` for descending");
    Fault::field("sorters", rule)
}

fn task_id(ask: &Comparison<'_>) -> Filter<TaskCondition> {
    Filter::Is(match ask {
        Comparison::Is(id) => id.parse().map_or(TaskCondition::Nothing, TaskCondition::Id),
        Comparison::Begins(_) | Comparison::HasNone => TaskCondition::Nothing,
    })
}

pub(super) fn completion_name(it: Completion) -> &'static str {
    match it {
        Completion::Success => "SUCCESS",
        Completion::Warning => "WARNING",
        Completion::Error => "ERROR",
        Completion::Terminated => "TERMINATED",
        Completion::Interrupted => "TEMPERROR",
    }
}

/// Reads a completion status in any case.
pub(super) fn read_completion(text: &str) -> Option<Completion> {
    Completion::ALL.iter().copied().find(|it| completion_name(*it).eq_ignore_ascii_case(text))
}

fn completed(ask: &Comparison<'_>) -> Filter<TaskCondition> {
    let open = Filter::Is(TaskCondition::Completion(None));
    match ask {
        Comparison::HasNone => open,
        Comparison::Is(text) => match read_completion(text) {
            Some(it) => Filter::And(vec![
                Filter::Not(Box::new(open)),
                Filter::Is(TaskCondition::Completion(Some(it))),
            ]),
            None => Filter::Is(TaskCondition::Nothing),
        },
        Comparison::Begins(_) => Filter::Is(TaskCondition::Nothing),
    }
}

/// The name of a kind of task.
pub(super) fn kind_name(kind: TaskKind) -> &'static str {
    match kind {
        TaskKind::Invite => "IDENTITY_INVITE",
        TaskKind::Automatic => "IDENTITY_INVITE_AUTOMATIC",
        TaskKind::Repeat => "IDENTITY_INVITE_REPEAT",
    }
}

fn kind(ask: &Comparison<'_>) -> Filter<TaskCondition> {
    let Comparison::Is(text) = ask else { return Filter::Is(TaskCondition::Nothing) };
    // Every task is shown with this type.
    if text.eq_ignore_ascii_case("QUARTZ") {
        return Filter::Everything;
    }
    let named = TaskKind::ALL.iter().copied().find(|it| kind_name(*it).eq_ignore_ascii_case(text));
    Filter::Is(named.map_or(TaskCondition::Nothing, TaskCondition::Kind))
}

/// A person's name, the client id of a machine's key, or `System`: the `launcher` of a task.
fn launcher(ask: &Comparison<'_>) -> Filter<TaskCondition> {
    let Comparison::Is(text) = ask else { return Filter::Is(TaskCondition::Nothing) };
    let mut any = vec![Filter::Is(TaskCondition::Launcher((*text).to_owned()))];
    if text.eq_ignore_ascii_case(SYSTEM) {
        any.push(Filter::Is(TaskCondition::Creator(Actor::System)));
    }
    // Whichever tenant it names, the list is of the caller's tenant alone.
    if let Ok(ClientId { key, .. }) = text.to_ascii_lowercase().parse() {
        any.push(Filter::Is(TaskCondition::Creator(Actor::Client(key))));
    }
    Filter::Or(any)
}

/// The launcher of tasks that usher started by itself.
pub(super) const SYSTEM: &str = "System";

fn user_id(ask: &Comparison<'_>) -> Filter<UserCondition> {
    Filter::Is(match ask {
        Comparison::Is(id) => UserId::parse(id).map_or(UserCondition::Nothing, UserCondition::Id),
        Comparison::Begins(_) | Comparison::HasNone => UserCondition::Nothing,
    })
}

fn text(field: UserField, ask: &Comparison<'_>) -> Filter<UserCondition> {
    let is = |it| Filter::Is(UserCondition::Text(field, it));
    // Together with the other it does not hold of a field without a value, so that its negation
    // does.
    let present = |it| Filter::And(vec![is(TextMatch::Present), is(it)]);
    match ask {
        Comparison::Is(text) => present(TextMatch::Equals((*text).to_owned())),
        Comparison::Begins(text) => {
            present(TextMatch::Like(vec![(*text).to_owned(), String::new()]))
        }
        Comparison::HasNone => is(TextMatch::Absent),
    }
}

/// A username; of whoever has none, the id.
fn alias(ask: &Comparison<'_>) -> Filter<UserCondition> {
    let username = text(UserField::Username, ask);
    let none = text(UserField::Username, &Comparison::HasNone);
    Filter::Or(vec![username, Filter::And(vec![none, user_id(ask)])])
}

fn cloud_status(ask: &Comparison<'_>) -> Filter<UserCondition> {
    let Comparison::Is(text) = ask else { return Filter::Is(UserCondition::Nothing) };
    Filter::Is(match text.to_ascii_uppercase().as_str() {
        "UNREGISTERED" => UserCondition::EffectiveStatus(UserStatus::Unregistered),
        "PENDING" => UserCondition::EffectiveStatus(UserStatus::Pending),
        "ACTIVE" | "REGISTERED" => UserCondition::EffectiveStatus(UserStatus::Active),
        "DISABLED" => UserCondition::EffectiveStatus(UserStatus::Disabled),
        _ => UserCondition::Nothing,
    })
}

/// A field that has the same value for every identity.
fn constant(ask: &Comparison<'_>, value: &str) -> Filter<UserCondition> {
    match ask {
        Comparison::Is(text) if text.eq_ignore_ascii_case(value) => Filter::Everything,
        Comparison::Is(_) | Comparison::Begins(_) | Comparison::HasNone => {
            Filter::Is(UserCondition::Nothing)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn completion_statuses_are_read_in_any_case_and_by_their_names_here_alone() {
        assert_eq!(read_completion("Success"), Some(Completion::Success));
        assert_eq!(read_completion("temperror"), Some(Completion::Interrupted));
        assert_eq!(read_completion("TEMPERROR"), Some(Completion::Interrupted));
        assert_eq!(read_completion("INTERRUPTED"), None);
        assert_eq!(read_completion("done"), None);
    }
}
