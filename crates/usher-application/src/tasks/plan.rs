//! How the rows of a task become slices, and the jobs that run them.

use usher_domain::{
    Action, Caller, Entry, Job, JobId, JobKind, Row, Slice, Subject, Task, TaskId, TaskKind,
    Timestamp,
};

use crate::{
    ports::{entropy::Entropy, ledger::Changes},
    shared::audit_trail::Trail,
};

/// A task with all of its rows, submitted at once, and all that is committed with it.
pub(crate) fn whole_task(
    entropy: &dyn Entropy,
    caller: &Caller,
    kind: TaskKind,
    rows: Vec<Row>,
    now: Timestamp,
) -> (Task, Changes) {
    let id = TaskId(entropy.id());
    let mut task = Task { submitted: true, ..Task::draft(id, caller.clone(), kind, false, now) };
    let slices = append(&mut task, rows);
    let (job, entry) = first_job(entropy, &task, task.rows as usize, now);
    let changes = Changes {
        tasks: vec![task.clone()],
        slices,
        jobs: vec![job],
        audit: vec![entry],
        ..Changes::default()
    };
    (task, changes)
}

/// The job that runs the first slice, and the audit entry that says who submitted the task.
pub(crate) fn first_job(
    entropy: &dyn Entropy,
    task: &Task,
    rows: usize,
    now: Timestamp,
) -> (Job, Entry) {
    let trail = Trail::of(&task.by, now, entropy);
    let detail = format!("{rows} rows");
    let entry = trail.note_with(Action::TaskSubmitted, Subject::Task(task.id), detail);
    (slice_job(entropy, task, now), entry)
}

/// The job that runs the slice which is next.
pub(crate) fn slice_job(entropy: &dyn Entropy, task: &Task, now: Timestamp) -> Job {
    let kind = JobKind::RunTask { task: task.id, slice: task.next };
    Job::new(JobId(entropy.id()), task.by.tenant, kind, now)
}

/// Appends rows to a task. Returns the slices that hold them.
pub(crate) fn append(task: &mut Task, rows: Vec<Row>) -> Vec<Slice> {
    let mut slices = Vec::with_capacity(rows.len().div_ceil(Slice::ROWS));
    let mut rows = rows.into_iter();
    loop {
        let some: Vec<_> = rows.by_ref().take(Slice::ROWS).collect();
        if some.is_empty() {
            return slices;
        }
        task.rows = task.rows.saturating_add(u32::try_from(some.len()).unwrap_or(u32::MAX));
        slices.push(Slice {
            tenant: task.by.tenant,
            task: task.id,
            number: task.slices,
            rows: some,
            outcomes: None,
            version: 1,
        });
        task.slices += 1;
    }
}
