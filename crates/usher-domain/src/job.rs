//! Jobs: work that a commit leaves to be done after it.

use chrono::TimeDelta;
use strum::{EnumString, IntoStaticStr, VariantArray};
use uuid::Uuid;

use crate::{
    id::{AccountLettersId, InvitationId, JobId, MembershipId, TaskId, TenantId},
    letter::Matter,
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
    /// Mail letter number `letter` to a user about their account, unless a later one of its kind was
    /// decided on.
    MailAccount { letters: AccountLettersId, letter: u32 },
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
    /// The words of all kinds, as [`Self::parts`] has them.
    pub const WORDS: [&str; 5] =
        ["mail_invitation", "mail_welcome", "mail_pin", "mail_account", "run_task"];

    /// What is stored of it: its word, the id of what it is about, and the number of the letter or of
    /// the slice. [`Self::from_parts`] reads it.
    #[must_use]
    pub fn parts(self) -> (&'static str, Uuid, u32) {
        match self {
            Self::MailInvitation { invitation, letter } => {
                ("mail_invitation", invitation.0, letter)
            }
            Self::MailWelcome { membership, letter } => ("mail_welcome", membership.0, letter),
            Self::MailPin { membership, letter } => ("mail_pin", membership.0, letter),
            Self::MailAccount { letters, letter } => ("mail_account", letters.0, letter),
            Self::RunTask { task, slice } => ("run_task", task.0, slice),
        }
    }

    /// The kind with these [`Self::parts`]; `None` if the word is not one of [`Self::WORDS`].
    #[must_use]
    pub fn from_parts(word: &str, subject: Uuid, number: u32) -> Option<Self> {
        let (membership, letter) = (MembershipId(subject), number);
        match word {
            "mail_invitation" => {
                Some(Self::MailInvitation { invitation: InvitationId(subject), letter })
            }
            "mail_welcome" => Some(Self::MailWelcome { membership, letter }),
            "mail_pin" => Some(Self::MailPin { membership, letter }),
            "mail_account" => {
                Some(Self::MailAccount { letters: AccountLettersId(subject), letter })
            }
            "run_task" => Some(Self::RunTask { task: TaskId(subject), slice: number }),
            _ => None,
        }
    }

    /// What its letter is about; `None` if it mails none.
    #[must_use]
    pub fn matter(self) -> Option<Matter> {
        match self {
            Self::MailInvitation { invitation, .. } => Some(Matter::Invitation(invitation)),
            Self::MailWelcome { membership, .. } | Self::MailPin { membership, .. } => {
                Some(Matter::Membership(membership))
            }
            Self::MailAccount { letters, .. } => Some(Matter::Account(letters)),
            Self::RunTask { .. } => None,
        }
    }

    /// The queue that it waits in.
    #[must_use]
    pub fn lane(self) -> Lane {
        if self.matter().is_some() { Lane::Letters } else { Lane::Tasks }
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
    fn every_kind_is_read_from_its_parts() {
        for word in JobKind::WORDS {
            let kind = JobKind::from_parts(word, Uuid::from_u128(7), 3).unwrap();
            let (found, subject, number) = kind.parts();
            assert_eq!((found, subject), (word, Uuid::from_u128(7)));
            assert_eq!(JobKind::from_parts(found, subject, number), Some(kind));
        }
        assert_eq!(JobKind::from_parts("mail", Uuid::nil(), 1), None);
    }

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
