//! Jobs: work that a commit leaves to be done after it.

use chrono::TimeDelta;
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::{
    id::{InvitationId, JobId, MembershipId, TaskId, TenantId},
    timestamp::Timestamp,
};

/// What to do. It holds ids only: everything else is read when the job runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobKind {
    /// Mail letter number `letter` of an invitation, unless a later letter was decided on.
    MailInvitation { invitation: InvitationId, letter: u32 },
    /// Mail letter number `letter` of a membership: it welcomes the member, with the pin if any.
    MailWelcome { membership: MembershipId, letter: u32 },
    /// Mail letter number `letter` of a membership: it contains a new pin.
    MailPin { membership: MembershipId, letter: u32 },
    /// Run slice number `slice` of a task, unless it was run already.
    RunTask { task: TaskId, slice: u32 },
}

/// A queue of jobs: jobs of one lane never wait for jobs of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Lane {
    Letters,
    Tasks,
}

impl Lane {
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The word that is stored and shown for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl JobKind {
    #[must_use]
    pub fn lane(self) -> Lane {
        match self {
            Self::MailInvitation { .. } | Self::MailWelcome { .. } | Self::MailPin { .. } => {
                Lane::Letters
            }
            Self::RunTask { .. } => Lane::Tasks,
        }
    }
}

/// A job and when it is due.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    pub id: JobId,
    pub tenant: TenantId,
    pub kind: JobKind,
    pub due_at: Timestamp,
    /// How many times it was claimed, this time included. Also the fencing token: of two workers
    /// that claimed a job, only the one with the greater number may settle it.
    pub attempts: u32,
}

impl Job {
    /// The first wait between two attempts; it doubles with each.
    pub const FIRST_WAIT: TimeDelta = TimeDelta::seconds(5);
    /// The longest wait between two attempts.
    pub const LONGEST_WAIT: TimeDelta = TimeDelta::hours(1);

    /// A job that nobody has claimed yet.
    #[must_use]
    pub fn new(id: JobId, tenant: TenantId, kind: JobKind, due_at: Timestamp) -> Self {
        Self { id, tenant, kind, due_at, attempts: 0 }
    }

    /// When to try again after a failure: 5 s, 10 s, 20 s, … an hour at most, and `None` once
    /// that would be at or after `until`.
    #[must_use]
    pub fn retry_at(&self, now: Timestamp, until: Timestamp) -> Option<Timestamp> {
        let doublings = self.attempts.saturating_sub(1).min(16);
        let wait = Self::FIRST_WAIT * 2_i32.pow(doublings);
        Some(now + wait.min(Self::LONGEST_WAIT)).filter(|at| *at < until)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn waits_double_up_to_an_hour_until_the_end() {
        let now = Timestamp::UNIX_EPOCH;
        let wait = |attempts, until| {
            let invitation = InvitationId(Uuid::nil());
            let kind = JobKind::MailInvitation { invitation, letter: 1 };
            let new = Job::new(JobId(Uuid::nil()), TenantId(Uuid::nil()), kind, now);
            let job = Job { attempts, ..new };
            job.retry_at(now, now + until).map(|at| (at - now).num_seconds())
        };
        let week = TimeDelta::days(7);
        assert_eq!(
            [1, 2, 3, 9, 10, 11, 500].map(|it| wait(it, week)),
            [5, 10, 20, 1280, 2560, 3600, 3600].map(Some)
        );
        assert_eq!(wait(1, TimeDelta::seconds(6)), Some(5));
        assert_eq!(wait(1, TimeDelta::seconds(5)), None);
    }
}
