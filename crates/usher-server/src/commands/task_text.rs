//! Tasks as commands show them: as words and as JSON.

use serde_json::{Value, json};
use usher_domain::{Completion, Problem, Tally, Task};

use crate::{
    commands::describe::{Reference, rfc3339},
    stdout,
};

/// Prints how a task ended.
pub(crate) fn print_completion(task: &Task, as_json: bool) -> std::io::Result<()> {
    if as_json {
        return stdout::line(task_json(task));
    }
    stdout::line(format!("task {}: {}, {}", task.id, state(task), tally(task)))
}

/// Whether the task ended without a single problem.
pub(crate) fn succeeded(task: &Task) -> bool {
    task.completion == Some(Completion::Success)
}

/// The state of a task that is completed, and the state and the percentage of one that is not.
pub(crate) fn progress(task: &Task) -> String {
    match task.completion {
        Some(it) => it.as_str().to_owned(),
        None => format!("{} {} %", state(task), task.percent()),
    }
}

/// What a task does, and whether it is a rehearsal.
pub(crate) fn kind(task: &Task) -> String {
    let rehearsal = if task.rehearsal { " rehearsal" } else { "" };
    format!("{}{rehearsal}", task.kind.as_str())
}

/// How many rows had which outcome.
pub(crate) fn tally(task: &Task) -> String {
    let Tally { invited, skipped, failed } = task.tally;
    let would = if task.rehearsal { "would be " } else { "" };
    let waiting = match task.rows - task.tally.done() {
        0 => String::new(),
        rest => format!(", {rest} not run"),
    };
    format!("{invited} {would}invited, {skipped} skipped, {failed} failed{waiting}")
}

pub(crate) fn task_json(it: &Task) -> Value {
    json!({
        "id": it.id.to_string(),
        "kind": it.kind.as_str(),
        "rehearsal": it.rehearsal,
        "state": state(it),
        "percent": it.percent(),
        "rows": it.rows,
        "invited": it.tally.invited,
        "skipped": it.tally.skipped,
        "failed": it.tally.failed,
        "creator": Reference::from(&it.by.actor).json(),
        "createdAt": rfc3339(it.created_at),
        "launchedAt": it.started_at.map(rfc3339),
        "completedAt": it.completed_at.map(rfc3339),
    })
}

pub(crate) fn problem_json(it: &Problem) -> Value {
    json!({ "line": it.line, "who": it.who, "key": it.why.key, "reason": it.why.text })
}

fn state(task: &Task) -> &'static str {
    match task.completion {
        Some(it) => it.as_str(),
        None if !task.submitted => "draft",
        None if task.started_at.is_none() => "waiting",
        None => "running",
    }
}
