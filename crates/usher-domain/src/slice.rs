//! Slices: the rows of a task that are run together.

use crate::{
    id::{TaskId, TenantId},
    mailbox::Mailbox,
    request::{Invite, Invitee},
    task::{Problem, Reason, RowOutcome},
    user::UserRef,
};

/// Rows of a task that are run together, in one commit.
#[derive(Clone, Debug, PartialEq)]
pub struct Slice {
    pub tenant: TenantId,
    pub task: TaskId,
    /// Counted from 0.
    pub number: u32,
    pub rows: Vec<Row>,
    /// One for each row, once it was run.
    pub outcomes: Option<Vec<RowOutcome>>,
    /// 1 when new; each change counts one up.
    pub version: u32,
}

impl Slice {
    /// The most rows of a slice: few enough that other commits hardly wait for it.
    pub const ROWS: usize = 500;

    /// The rows that failed, and why.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let outcomes = self.outcomes.iter().flatten();
        let failed = self.rows.iter().zip(outcomes).filter_map(|(row, outcome)| match outcome {
            RowOutcome::Failed(why) => {
                Some(Problem { line: row.line, who: row.who(), why: why.clone() })
            }
            RowOutcome::Invited(_) | RowOutcome::Skipped(_) => None,
        });
        failed.collect()
    }
}

/// One row of what was submitted.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Where it stood, counted from 1.
    pub line: u32,
    pub what: RowContent,
}

/// What a row says.
#[derive(Clone, Debug, PartialEq)]
pub enum RowContent {
    Invite(Box<Invite>),
    /// The row could not be read.
    Bad(BadRow),
}

/// A row that could not be read. It is kept, so that it is reported with the other rows.
#[derive(Clone, PartialEq, Eq)]
pub struct BadRow {
    /// Whom the row named, shortened to 320 characters.
    pub who: String,
    pub why: Reason,
}

/// Leaves out whom it is about: that may be an address.
impl std::fmt::Debug for BadRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BadRow").field("why", &self.why).finish_non_exhaustive()
    }
}

impl Row {
    #[must_use]
    pub fn invite(line: u32, invite: Invite) -> Self {
        Self { line, what: RowContent::Invite(Box::new(invite)) }
    }

    /// A row that could not be read: `key` and `text` say which rule it breaks.
    #[must_use]
    pub fn bad(line: u32, who: &str, key: &'static str, text: impl Into<String>) -> Self {
        let who = who.chars().take(320).collect();
        let why = Reason { key: key.into(), text: text.into() };
        Self { line, what: RowContent::Bad(BadRow { who, why }) }
    }

    /// Whom it is about: an id, a username or an address as typed.
    #[must_use]
    pub fn who(&self) -> String {
        match &self.what {
            RowContent::Bad(bad) => bad.who.clone(),
            RowContent::Invite(invite) => match &invite.who {
                Invitee::User(UserRef::Id(id)) => id.to_string(),
                Invitee::User(UserRef::Username(name)) => name.clone(),
                Invitee::User(UserRef::Mailbox(mailbox)) | Invitee::Mailbox { mailbox, .. } => {
                    Mailbox::typed(mailbox).to_owned()
                }
            },
        }
    }
}
