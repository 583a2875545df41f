//! The jobs that mail letters.

use usher_domain::{Invitation, Job, JobId, JobKind, Membership};

use crate::ports::entropy::Entropy;

/// The job that mails the invitation's latest letter; none for a quiet one.
pub(crate) fn letter_job(entropy: &dyn Entropy, invitation: &Invitation) -> Option<Job> {
    (!invitation.offer.quiet).then(|| Job {
        id: JobId(entropy.id()),
        tenant: invitation.tenant,
        kind: JobKind::MailInvitation { invitation: invitation.id, letter: invitation.letters },
        due_at: invitation.mailed_at,
        attempts: 0,
    })
}

/// The job that mails a member the letter that was decided on last: they are in.
pub(crate) fn welcome(entropy: &dyn Entropy, it: &Membership) -> Option<Job> {
    let kind = JobKind::MailWelcome { membership: it.id, letter: it.letters };
    (it.letters > 0).then(|| job(entropy, it, kind))
}

pub(crate) fn job(entropy: &dyn Entropy, it: &Membership, kind: JobKind) -> Job {
    let id = JobId(entropy.id());
    Job { id, tenant: it.tenant, kind, due_at: it.mailed_at, attempts: 0 }
}
