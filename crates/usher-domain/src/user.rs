//! A person known to the tenant.

use std::{fmt, str::FromStr};

use chrono::TimeDelta;

use crate::{Authority, Locale, Mailbox, OrganizationId, ProfileId, TenantId, Timestamp, UserId};

/// A user. `Debug` shows the id alone, so that logs cannot hold a person by accident.
#[derive(Clone, PartialEq)]
pub struct User {
    pub id: UserId,
    pub tenant: TenantId,
    pub status: UserStatus,
    /// Unique within the tenant, compared without case.
    pub username: Option<String>,
    /// Where they are reached and what they sign in with; unique within the tenant.
    pub mailbox: Option<Mailbox>,
    pub personal_mailbox: Option<Mailbox>,
    pub phone: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub display_name: Option<String>,
    pub locale: Option<Locale>,
    /// A PHC string, or bcrypt's form; none for those who do not sign in here.
    pub password: Option<String>,
    /// What they may do in the tenant; none for most.
    pub authority: Option<Authority>,
    /// Roles in the tenant itself; an organization's are in the membership.
    pub roles: Vec<String>,
    /// The organization they belong to first of all.
    pub home: Option<OrganizationId>,
    /// How users of their kind are invited.
    pub invitation_profile: Option<ProfileId>,
    pub profile: Document,
    pub attributes: Document,
    pub sign_in: SignInRecord,
    /// When they were last made invitable again: sessions and keys from before are void.
    pub reset_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// 1 when new; each change counts one up.
    pub version: u32,
}

/// A JSON document that is kept as given; the core does not look inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document(pub String);

impl Default for Document {
    fn default() -> Self {
        Self("{}".to_owned())
    }
}

/// Where a user is on the way in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UserStatus {
    /// Known, not invited yet.
    Unregistered,
    /// Invited.
    Pending,
    /// In.
    Active,
    /// Shut out.
    Disabled,
}

/// The text names no status of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not one of unregistered, pending, active, disabled")]
pub struct UnknownUserStatus;

impl UserStatus {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unregistered => "unregistered",
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Disabled => "disabled",
        }
    }
}

impl FromStr for UserStatus {
    type Err = UnknownUserStatus;

    fn from_str(text: &str) -> Result<Self, UnknownUserStatus> {
        [Self::Unregistered, Self::Pending, Self::Active, Self::Disabled]
            .into_iter()
            .find(|it| it.as_str() == text)
            .ok_or(UnknownUserStatus)
    }
}

/// How sign-in went lately: what slows a guesser down without locking the person out for good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SignInRecord {
    /// Wrong passwords since the last right one.
    pub failures: u32,
    /// No attempt is looked at before.
    pub not_before: Option<Timestamp>,
}

impl SignInRecord {
    /// Wrong passwords that cost nothing.
    pub const FREE: u32 = 4;

    /// One more wrong password: from the fifth on a wait of 2 s, 4 s, … 15 minutes at most.
    #[must_use]
    pub fn failed(self, now: Timestamp) -> Self {
        let failures = self.failures.saturating_add(1);
        let wait = failures
            .checked_sub(Self::FREE)
            .filter(|it| *it > 0)
            .map(|excess| TimeDelta::seconds(1 << excess.min(10)).min(TimeDelta::minutes(15)));
        Self { failures, not_before: Some(now + wait.unwrap_or_default()) }
    }

    /// The same record, with one wrong password forgiven for each `pause` since the last wait. No
    /// pause counts twice.
    #[must_use]
    pub fn rested(self, now: Timestamp, pause: TimeDelta) -> Self {
        let Some(since) = self.not_before.filter(|it| *it < now) else { return self };
        let pause = pause.num_milliseconds().max(1);
        let pauses = (now - since).num_milliseconds() / pause;
        let forgiven = u32::try_from(pauses).unwrap_or(u32::MAX);
        Self {
            failures: self.failures.saturating_sub(forgiven),
            not_before: Some(since + TimeDelta::milliseconds(pauses * pause)),
        }
    }

    /// The same record without one of the wrong passwords: it was a right one.
    #[must_use]
    pub fn taken_back(self) -> Self {
        Self { failures: self.failures.saturating_sub(1), ..self }
    }

    /// How long there is still to wait.
    #[must_use]
    pub fn wait(self, now: Timestamp) -> Option<TimeDelta> {
        self.not_before.map(|it| it - now).filter(|it| *it > TimeDelta::zero())
    }
}

impl User {
    /// A person whom usher had not heard of before.
    #[must_use]
    pub fn new(id: UserId, tenant: TenantId, now: Timestamp) -> Self {
        Self {
            id,
            tenant,
            status: UserStatus::Unregistered,
            username: None,
            mailbox: None,
            personal_mailbox: None,
            phone: None,
            first_name: None,
            last_name: None,
            display_name: None,
            locale: None,
            password: None,
            authority: None,
            roles: Vec::new(),
            home: None,
            invitation_profile: None,
            profile: Document::default(),
            attributes: Document::default(),
            sign_in: SignInRecord::default(),
            reset_at: None,
            created_at: now,
            updated_at: now,
            version: 1,
        }
    }

    /// What to call them: display name, first and last name, username, or the mailbox as typed.
    #[must_use]
    pub fn full_name(&self) -> String {
        if let Some(name) = &self.display_name {
            return name.clone();
        }
        let names: Vec<_> =
            [&self.first_name, &self.last_name].into_iter().flatten().map(String::as_str).collect();
        if !names.is_empty() {
            return names.join(" ");
        }
        let fallback = self.username.clone();
        fallback
            .or_else(|| self.mailbox.as_ref().map(|it| it.typed().to_owned()))
            .unwrap_or_default()
    }

    /// A name that a letter may address them by; not the mailbox or the username itself.
    #[must_use]
    pub fn called(&self) -> Option<String> {
        let has_one =
            self.display_name.is_some() || self.first_name.is_some() || self.last_name.is_some();
        has_one.then(|| self.full_name())
    }

    /// Whether they have an account here that a password opens.
    #[must_use]
    pub fn signs_in(&self) -> bool {
        self.status == UserStatus::Active && self.password.is_some()
    }

    /// Where they are on the way in, given whether a live invitation waits for them: whoever was
    /// invited is `Pending` for as long as they can accept, and `Unregistered` again after that.
    #[must_use]
    pub fn standing(&self, invited: bool) -> UserStatus {
        match (self.status, invited) {
            (UserStatus::Unregistered | UserStatus::Pending, true) => UserStatus::Pending,
            (UserStatus::Unregistered | UserStatus::Pending, false) => UserStatus::Unregistered,
            (status, _) => status,
        }
    }

    /// As if they had never been in: they can be invited again. What they could do in the tenant
    /// is gone; what they belong to stays.
    #[must_use]
    pub fn reset(self, now: Timestamp) -> Self {
        Self {
            status: UserStatus::Unregistered,
            password: None,
            authority: None,
            sign_in: SignInRecord::default(),
            reset_at: Some(now),
            ..self.touched(now)
        }
    }

    /// Whether what was given out at that time, a session or a key, is still theirs.
    #[must_use]
    pub fn honours(&self, given_at: Timestamp) -> bool {
        self.status == UserStatus::Active && self.reset_at.is_none_or(|it| given_at >= it)
    }

    /// The same user, changed once more.
    #[must_use]
    pub fn touched(self, now: Timestamp) -> Self {
        Self { updated_at: now, version: self.version + 1, ..self }
    }
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User")
            .field("id", &self.id)
            .field("status", &self.status)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// How a client names a user.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum UserRef {
    Id(UserId),
    Username(String),
    Mailbox(Mailbox),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guessing_gets_slower_and_never_ends_in_a_lock() {
        let now = Timestamp::UNIX_EPOCH;
        let mut record = SignInRecord::default();
        let waits: Vec<_> = (1..=30)
            .map(|_| {
                record = record.failed(now);
                record.wait(now).map_or(0, |it| it.num_seconds())
            })
            .collect();
        assert_eq!(waits[..6], [0, 0, 0, 0, 2, 4]);
        assert_eq!(waits[29], 900);
        assert_eq!(record.wait(now + TimeDelta::minutes(15)), None);
    }

    #[test]
    fn what_lies_back_is_forgiven_bit_by_bit() {
        let now = Timestamp::UNIX_EPOCH;
        let record = (0..3).fold(SignInRecord::default(), |it, _| it.failed(now));
        let left = |after| record.rested(now + after, TimeDelta::minutes(1)).failures;
        assert_eq!([59, 60, 119, 120, 900].map(TimeDelta::seconds).map(left), [3, 2, 2, 1, 0]);
    }

    #[test]
    fn no_pause_counts_twice() {
        let (now, pause) = (Timestamp::UNIX_EPOCH, TimeDelta::minutes(1));
        let record = (0..4).fold(SignInRecord::default(), |it, _| it.failed(now));
        let later = now + TimeDelta::seconds(150);
        let rested = record.rested(later, pause);
        assert_eq!(rested.failures, 2);
        assert_eq!(rested.rested(later + TimeDelta::seconds(29), pause), rested);
        assert_eq!(rested.rested(later + TimeDelta::seconds(30), pause).failures, 1);
    }

    #[test]
    fn who_waits_is_not_forgiven_yet() {
        let now = Timestamp::UNIX_EPOCH;
        let record = (0..9).fold(SignInRecord::default(), |it, _| it.failed(now));
        assert_eq!(record.rested(now + TimeDelta::seconds(31), TimeDelta::seconds(1)), record);
    }
}
