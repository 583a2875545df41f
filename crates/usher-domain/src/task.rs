//! Tasks: batches that are run later, with their progress and the outcome of each row.

use std::{borrow::Cow, fmt};

use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::{
    caller::Caller,
    id::{InvitationId, TaskId},
    refusal::Refusal,
    timestamp::Timestamp,
};

/// A batch that is run slice by slice, in the order of its rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    pub id: TaskId,
    /// Who submitted it, and with whose authority its rows are run.
    pub by: Caller,
    pub kind: TaskKind,
    /// A dry run: nobody is invited, and the outcomes say what would happen.
    pub rehearsal: bool,
    /// Whether all rows were added, so that it may run.
    pub submitted: bool,
    pub rows: u32,
    pub slices: u32,
    /// The number of the slice that is run next, counted from 0.
    pub next: u32,
    pub tally: Tally,
    /// The first [`Task::SHOWN`] rows that failed; the slices have all of them.
    pub problems: Vec<Problem>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// When its first slice began to run; `None` while it is a draft or waits.
    pub started_at: Option<Timestamp>,
    pub completed_at: Option<Timestamp>,
    /// None as long as it waits or runs.
    pub completion: Option<Completion>,
    /// 1 when new; each change counts one up.
    pub version: u32,
}

/// What a task is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum TaskKind {
    /// Somebody submitted people to invite.
    Invite,
    /// People are invited automatically, because of their profile.
    Automatic,
    /// People are invited again after their invitation expired, because of their profile.
    Repeat,
}

impl TaskKind {
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The word that is stored and shown for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// How a task ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Completion {
    /// Every row was invited, or there was nothing to do for it.
    Success,
    /// Something was wrong with some of the rows.
    Warning,
    /// Something was wrong with every row.
    Error,
    /// It was cancelled before all rows were run.
    Terminated,
    /// It could not be run for too long; the rows that are left may be submitted again.
    Interrupted,
}

impl Completion {
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The word that is stored and shown for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// How many rows have which outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub invited: u32,
    /// There was nothing to do: they are members or invited already.
    pub skipped: u32,
    pub failed: u32,
}

impl Tally {
    #[must_use]
    pub fn done(self) -> u32 {
        self.invited + self.skipped + self.failed
    }

    fn count(&mut self, outcome: &RowOutcome) {
        match outcome {
            RowOutcome::Invited(_) => self.invited += 1,
            RowOutcome::Skipped(_) => self.skipped += 1,
            RowOutcome::Failed(_) => self.failed += 1,
        }
    }
}

/// The outcome of one row.
#[derive(Clone, Debug, PartialEq)]
pub enum RowOutcome {
    /// Somebody was invited, or would be in a dry run, where there is no invitation.
    Invited(Option<InvitationId>),
    Skipped(Reason),
    Failed(Reason),
}

impl RowOutcome {
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Invited(_) => "invited",
            Self::Skipped(_) => "skipped",
            Self::Failed(_) => "failed",
        }
    }

    #[must_use]
    pub fn why(&self) -> Option<&Reason> {
        match self {
            Self::Invited(_) => None,
            Self::Skipped(why) | Self::Failed(why) => Some(why),
        }
    }
}

impl From<&Refusal> for RowOutcome {
    fn from(it: &Refusal) -> Self {
        let why = Reason { key: it.key().into(), text: it.to_string() };
        if it.is_settled() { Self::Skipped(why) } else { Self::Failed(why) }
    }
}

/// Why somebody was not invited.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reason {
    /// For programs: [`Refusal::key`], `row` for a row that could not be read, or `submitter` for one
    /// that was not run because whoever submitted it may not invite any more.
    pub key: Cow<'static, str>,
    /// For people, in English.
    pub text: String,
}

/// A row that failed.
#[derive(Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where the row stood in what was submitted, counted from 1.
    pub line: u32,
    /// Whom the row named: an id, a username or an address.
    pub who: String,
    pub why: Reason,
}

/// Leaves out whom it is about: that may be an address.
impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Problem")
            .field("line", &self.line)
            .field("why", &self.why)
            .finish_non_exhaustive()
    }
}

impl Task {
    /// How many problems a task holds.
    pub const SHOWN: usize = 25;

    /// A task without rows, not submitted yet. It runs when what its caller called with may be over.
    #[must_use]
    pub fn draft(id: TaskId, by: Caller, kind: TaskKind, rehearsal: bool, now: Timestamp) -> Self {
        Self {
            id,
            by,
            kind,
            rehearsal,
            submitted: false,
            rows: 0,
            slices: 0,
            next: 0,
            tally: Tally::default(),
            problems: Vec::new(),
            created_at: now,
            updated_at: now,
            started_at: None,
            completed_at: None,
            completion: None,
            version: 1,
        }
    }

    /// The progress in whole percent, rounded down: 100 only when it is completed.
    #[must_use]
    pub fn percent(&self) -> u32 {
        if self.completion.is_some() {
            return 100;
        }
        let done = u64::from(self.tally.done()) * 100 / u64::from(self.rows.max(1));
        u32::try_from(done).unwrap_or(100).min(99)
    }

    /// The same task after its next slice was run, with the `outcomes` and `problems` of that slice.
    /// The last slice completes it.
    #[must_use]
    pub fn advanced(
        mut self,
        outcomes: &[RowOutcome],
        problems: &[Problem],
        began: Timestamp,
        now: Timestamp,
    ) -> Self {
        for it in outcomes {
            self.tally.count(it);
        }
        let room = Self::SHOWN.saturating_sub(self.problems.len());
        self.problems.extend(problems.iter().take(room).cloned());
        self.next += 1;
        self.started_at = self.started_at.or(Some(began));
        let Tally { failed, .. } = self.tally;
        let completion = match failed {
            0 => Completion::Success,
            _ if failed == self.rows => Completion::Error,
            _ => Completion::Warning,
        };
        if self.next >= self.slices {
            self.completed(completion, now, now)
        } else {
            self.touched(now)
        }
    }

    /// The same task, completed at that time. Slices that were not run before are never run.
    #[must_use]
    pub fn completed(self, how: Completion, at: Timestamp, now: Timestamp) -> Self {
        Self { completion: Some(how), completed_at: Some(at), ..self.touched(now) }
    }

    /// The same task, changed once more.
    #[must_use]
    pub fn touched(self, now: Timestamp) -> Self {
        Self { updated_at: now, version: self.version + 1, ..self }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::id::TenantId;

    fn task(rows: u32, slices: u32) -> Task {
        let by = Caller::system(TenantId(Uuid::nil()));
        let id = TaskId(Uuid::nil());
        let draft = Task::draft(id, by, TaskKind::Invite, false, Timestamp::UNIX_EPOCH);
        Task { rows, slices, submitted: true, ..draft }
    }

    fn run(task: Task, outcomes: &[RowOutcome]) -> Task {
        let now = Timestamp::UNIX_EPOCH;
        task.advanced(outcomes, &[], now, now)
    }

    #[test]
    fn it_is_completed_with_its_last_slice_and_not_before() {
        let (good, bad) = (RowOutcome::Invited(None), RowOutcome::from(&Refusal::UnknownUser));
        let settled = RowOutcome::from(&Refusal::AlreadyInvited(InvitationId(Uuid::nil())));
        let half = run(task(2, 2), std::slice::from_ref(&good));
        assert_eq!((half.completion, half.percent()), (None, 50));
        let end = |second| run(half.clone(), &[second]).completion;
        assert_eq!(end(good.clone()), Some(Completion::Success));
        assert_eq!(end(settled), Some(Completion::Success));
        assert_eq!(end(bad.clone()), Some(Completion::Warning));
        let none = run(run(task(2, 2), std::slice::from_ref(&bad)), &[bad]);
        assert_eq!((none.completion, none.percent()), (Some(Completion::Error), 100));
    }

    #[test]
    fn it_never_says_a_hundred_percent_too_early() {
        let all = run(task(1, 2), &[RowOutcome::Invited(None)]);
        assert_eq!((all.completion, all.percent()), (None, 99));
        assert_eq!(task(0, 0).percent(), 0);
    }
}
