//! Entries for the audit trail, all by one actor at one moment.

use usher_domain::{
    Action, Actor, Caller, Entry, EntryId, Membership, Subject, TenantId, Timestamp,
};

use crate::ports::entropy::Entropy;

/// Who does something in which tenant, and when: what all entries of a commit have in common.
pub(crate) struct Trail<'a> {
    tenant: TenantId,
    actor: &'a Actor,
    now: Timestamp,
    entropy: &'a dyn Entropy,
}

impl<'a> Trail<'a> {
    /// What this caller does now.
    pub(crate) fn of(caller: &'a Caller, now: Timestamp, entropy: &'a dyn Entropy) -> Self {
        Self::by(&caller.actor, caller.tenant, now, entropy)
    }

    /// What this actor does now, where there is no caller: somebody who signs in, or usher itself.
    pub(crate) fn by(
        actor: &'a Actor,
        tenant: TenantId,
        now: Timestamp,
        entropy: &'a dyn Entropy,
    ) -> Self {
        Self { tenant, actor, now, entropy }
    }

    /// The entry that says: this was done to that.
    pub(crate) fn note(&self, action: Action, subject: Subject) -> Entry {
        Entry {
            id: EntryId(self.entropy.id()),
            tenant: self.tenant,
            at: self.now,
            actor: self.actor.clone(),
            action,
            subject,
            detail: None,
            source: None,
            count: 1,
        }
    }

    /// The entry that says: this was done to that membership.
    pub(crate) fn note_membership(&self, action: Action, it: &Membership) -> Entry {
        self.note_with(action, Subject::User(it.user.clone()), it.organization.to_string())
    }

    /// As [`Self::note`], with more to say.
    pub(crate) fn note_with(
        &self,
        action: Action,
        subject: Subject,
        detail: impl Into<Option<String>>,
    ) -> Entry {
        Entry { detail: detail.into(), ..self.note(action, subject) }
    }
}
