//! The jobs that mail letters. Each of them is counted in the commit that it is part of: see
//! [`Budget`](crate::shared::budget::Budget).

use usher_domain::{
    AccountLetterKind, AccountLetters, AccountLettersId, Invitation, Job, JobId, JobKind,
    Membership, Timestamp, User,
};

use crate::ports::entropy::Entropy;

/// The job that mails the invitation's latest letter; none for a quiet one.
pub(crate) fn letter_job(entropy: &dyn Entropy, invitation: &Invitation) -> Option<Job> {
    let kind = JobKind::MailInvitation { invitation: invitation.id, letter: invitation.letters };
    let job = || Job::new(JobId(entropy.id()), invitation.tenant, kind, invitation.mailed_at);
    (!invitation.offer.quiet).then(job)
}

/// The job that mails a member the letter that was decided on last: they are in.
pub(crate) fn welcome(entropy: &dyn Entropy, it: &Membership) -> Option<Job> {
    let kind = JobKind::MailWelcome { membership: it.id, letter: it.letters };
    (it.letters > 0).then(|| job(entropy, it, kind))
}

/// The job that mails a member their new pin.
pub(crate) fn new_pin(entropy: &dyn Entropy, it: &Membership) -> Job {
    job(entropy, it, JobKind::MailPin { membership: it.id, letter: it.letters })
}

fn job(entropy: &dyn Entropy, it: &Membership, kind: JobKind) -> Job {
    Job::new(JobId(entropy.id()), it.tenant, kind, it.mailed_at)
}

/// The user with a new letter about their account, and the job that mails it. Whether one may be sent
/// on request is asked before: see [`User::wait_for_letter`].
pub(crate) fn account_letter(
    entropy: &dyn Entropy,
    user: User,
    kind: AccountLetterKind,
    now: Timestamp,
) -> (User, Job) {
    let none = || AccountLetters::none(AccountLettersId(entropy.id()));
    let letters = user.letters.unwrap_or_else(none).with_next(kind, now);
    let job = JobKind::MailAccount { letters: letters.id, letter: letters.count };
    let job = Job::new(JobId(entropy.id()), user.tenant, job, now);
    (User { letters: Some(letters), ..user }, job)
}
