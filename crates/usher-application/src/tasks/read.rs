//! Read tasks: one, a list, what went wrong, and what each row came to.

use std::sync::Arc;

use usher_domain::{
    Action, Authority, Caller, InvitationId, Permission, Problem, RowOutcome, Subject, Task,
    TaskId, Timestamp,
};

use crate::{
    ports::{
        error::StoreError,
        invitations::Filter,
        tasks::{TaskCondition, TaskCursor, TaskRange},
    },
    shared::{core::Core, counted_acts::CountedAct},
};

/// Reads tasks that are no older than the operator keeps them.
pub struct ReadTasks {
    core: Arc<Core>,
}

/// Why there is no task.
#[derive(Debug, thiserror::Error)]
pub enum ReadTasksError {
    #[error("the caller may not read tasks")]
    Forbidden,
    #[error("there is no such task")]
    Unknown,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Which part of a list of tasks.
#[derive(Clone, Debug, Default)]
pub struct TaskPage {
    pub filter: Filter<TaskCondition>,
    pub newest_first: bool,
    /// Goes on after this one: see [`TaskRange::after`].
    pub after: Option<TaskCursor>,
    /// For an API that has an offset: see [`TaskRange::skip`].
    pub skip: u64,
    pub limit: u64,
}

/// What one row of a task came to.
#[derive(Clone, PartialEq, Eq)]
pub struct RowResult {
    /// Where it stood in what was submitted, counted from 1.
    pub line: u32,
    /// An id, a username or an address as typed.
    pub who: String,
    /// `invited`, `skipped`, `failed`, or `waiting` when it was not run.
    pub outcome: &'static str,
    pub invitation: Option<InvitationId>,
    /// Why not, in English.
    pub why: Option<String>,
}

impl RowResult {
    /// The names of [`Self::cells`].
    pub const HEADER: [&'static str; 5] = ["line", "who", "outcome", "invitation", "reason"];

    /// The cells of a row of a CSV file, which spreadsheets take for texts and never for formulas.
    #[must_use]
    pub fn cells(&self) -> [String; 5] {
        [
            self.line.to_string(),
            inert(&self.who),
            inert(self.outcome),
            self.invitation.map(|it| it.to_string()).unwrap_or_default(),
            inert(self.why.as_deref().unwrap_or_default()),
        ]
    }
}

/// The text with a `'` wherever a spreadsheet would otherwise run what follows as a formula (OWASP, CSV
/// Injection): ids and addresses come from outside. That is at the beginning, and behind what separates
/// cells in other countries: a spreadsheet that expects `;`, a tab or `|` splits the text there, whatever
/// quotes are around it. The separator alone runs nothing, so it stays as it is.
fn inert(text: &str) -> String {
    const BEGINNINGS: [char; 8] =
        ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];
    const SEPARATORS: [char; 5] = [';', '\t', '|', '\r', '\n'];
    let mut safe = String::with_capacity(text.len() + 1);
    if text.starts_with(['\t', '\r', '\n']) {
        safe.push('\'');
    }
    let mut begins = true;
    for it in text.chars() {
        if begins && BEGINNINGS.contains(&it) {
            safe.push('\'');
        }
        safe.push(it);
        // Some leave out blanks and quotes before they look.
        begins = SEPARATORS.contains(&it) || (begins && (it.is_whitespace() || it == '"'));
    }
    safe
}

/// A part of a task's results.
pub struct Results {
    pub rows: Vec<RowResult>,
    /// Where to go on; none at the end.
    pub next: Option<u32>,
}

/// How many slices are read at once.
const SLICES: u64 = 4;

impl ReadTasks {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone() }
    }

    /// What the caller may not see does not exist for them.
    pub async fn find(&self, caller: &Caller, id: TaskId) -> Result<Task, ReadTasksError> {
        allowed(caller)?;
        let found = self.core.ports.tasks.find(caller.tenant, id).await?;
        found
            .filter(|it| {
                visible(caller, it) && self.oldest().is_none_or(|oldest| it.created_at >= oldest)
            })
            .ok_or(ReadTasksError::Unknown)
    }

    pub async fn list(&self, caller: &Caller, page: TaskPage) -> Result<Vec<Task>, ReadTasksError> {
        allowed(caller)?;
        let filter = self.seen(caller, page.filter);
        let TaskPage { newest_first, after, skip, limit, .. } = page;
        let range = TaskRange { newest_first, after, skip, limit };
        Ok(self.core.ports.tasks.list(caller.tenant, &filter, range).await?)
    }

    /// How many there are that match.
    pub async fn count(
        &self,
        caller: &Caller,
        filter: Filter<TaskCondition>,
    ) -> Result<u64, ReadTasksError> {
        allowed(caller)?;
        Ok(self.core.ports.tasks.count(caller.tenant, &self.seen(caller, filter)).await?)
    }

    /// What went wrong in a task that was [found](Self::find), `limit` problems at the most.
    pub async fn problems(&self, task: &Task, limit: usize) -> Result<Vec<Problem>, StoreError> {
        let failed = task.tally.failed as usize;
        // Those it carries along are all there are, or enough.
        if failed <= task.problems.len() || limit <= task.problems.len() {
            return Ok(task.problems.iter().take(limit).cloned().collect());
        }
        self.core.ports.tasks.problems(task.by.tenant, task.id, limit).await
    }

    /// What the rows of a task that was [found](Self::find) came to, from one of its slices on; 0
    /// for the first. The audit is told once that somebody read them.
    pub async fn results(
        &self,
        caller: &Caller,
        task: &Task,
        from: u32,
    ) -> Result<Results, StoreError> {
        if from == 0 {
            self.core.acts.count(CountedAct {
                tenant: task.by.tenant,
                actor: caller.actor.clone(),
                action: Action::Exported,
                subject: Subject::Task(task.id),
                detail: Some("results".to_owned()),
            });
        }
        let slices = self.core.ports.tasks.slices(task.by.tenant, task.id, from, SLICES).await?;
        let next = slices.last().map(|it| it.number + 1).filter(|it| *it < task.slices);
        let mut rows = Vec::new();
        for slice in slices {
            let mut outcomes = slice.outcomes.unwrap_or_default().into_iter();
            rows.extend(slice.rows.iter().map(|row| {
                let outcome = outcomes.next();
                RowResult {
                    line: row.line,
                    who: row.who(),
                    outcome: outcome.as_ref().map_or("waiting", RowOutcome::as_str),
                    invitation: match &outcome {
                        Some(RowOutcome::Invited(id)) => *id,
                        _ => None,
                    },
                    why: outcome.as_ref().and_then(RowOutcome::why).map(|it| it.text.clone()),
                }
            }));
        }
        Ok(Results { rows, next })
    }

    /// The time before which tasks are gone, whether they were purged yet or not.
    fn oldest(&self) -> Option<Timestamp> {
        self.core.policy.retention.tasks.map(|kept| self.core.ports.clock.now() - kept)
    }

    /// The filter, narrowed to what the caller may see.
    fn seen(&self, caller: &Caller, filter: Filter<TaskCondition>) -> Filter<TaskCondition> {
        let mut all = vec![filter];
        all.extend(self.oldest().map(|it| Filter::Is(TaskCondition::CreatedFrom(it))));
        if is_narrow(caller) {
            all.push(Filter::Is(TaskCondition::Creator(caller.actor.clone())));
        }
        if let Some(bound) = &caller.organization {
            all.push(Filter::Is(TaskCondition::Organization(bound.clone())));
        }
        Filter::And(all)
    }
}

fn allowed(caller: &Caller) -> Result<(), ReadTasksError> {
    caller.may(Permission::Read).then_some(()).ok_or(ReadTasksError::Forbidden)
}

/// Whoever sees their own tasks alone: an inviter, and a key that is bound to an organization.
fn is_narrow(caller: &Caller) -> bool {
    caller.authority == Authority::Inviter || caller.organization.is_some()
}

/// Whether the caller may see the task, and end it. With a key that is bound to an organization a person
/// sees what they submitted with such keys, and not what they submitted otherwise.
pub(crate) fn visible(caller: &Caller, task: &Task) -> bool {
    caller.covers(&task.by) && (!is_narrow(caller) || task.by.actor == caller.actor)
}

#[cfg(test)]
mod tests;
