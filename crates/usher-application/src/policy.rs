//! The operator's choices that the use cases heed.

use chrono::TimeDelta;
use usher_domain::{OrphanPolicy, PasswordRules, PinRules, Quotas, ResendPolicy};

/// What an operator may set.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// The name of the tenant whose people sign in where none is named.
    pub tenant: String,
    /// Where people reach usher: scheme, host and maybe a path, without a slash at the end.
    pub public_url: String,
    /// How long an invitation lasts unless the caller says otherwise.
    pub lifetime: TimeDelta,
    /// The shortest and the longest that a caller may say.
    pub lifetimes: (TimeDelta, TimeDelta),
    /// The most invitees of one call.
    pub batch: usize,
    /// What becomes of the link before, unless the caller says otherwise.
    pub resend: ResendPolicy,
    /// What becomes of invitations when what they rest on goes.
    pub orphans: OrphanPolicy,
    pub passwords: PasswordRules,
    /// What the pins of members are made of.
    pub pins: PinRules,
    /// How long a browser stays signed in.
    pub session: TimeDelta,
    /// How long an access token is good.
    pub access_token: TimeDelta,
    /// How long a new key for the APIs is good, unless it is said; `None`: until it is revoked.
    pub key: Option<TimeDelta>,
    pub retention: Retention,
    /// How many letters, invitations, tasks and sessions there may be.
    pub quotas: Quotas,
}

/// How long what is over is kept; none: for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Sessions, from their end on.
    pub sessions: Option<TimeDelta>,
    /// Invitations, from when they were closed or expired.
    pub invitations: Option<TimeDelta>,
    /// Deliveries, whose invitation may be kept for longer, but not for less.
    pub deliveries: Option<TimeDelta>,
    /// Jobs that can never succeed, from when that was known.
    pub dead_jobs: Option<TimeDelta>,
    /// Entries of the audit.
    pub audit: Option<TimeDelta>,
    /// Tasks with their results, from when they were submitted.
    pub tasks: Option<TimeDelta>,
}

impl Default for Retention {
    fn default() -> Self {
        let days = |it| Some(TimeDelta::days(it));
        Self {
            sessions: days(30),
            invitations: days(365),
            deliveries: days(365),
            dead_jobs: days(30),
            audit: None,
            tasks: days(90),
        }
    }
}

impl Policy {
    #[must_use]
    pub fn at(public_url: &str) -> Self {
        Self {
            tenant: "default".to_owned(),
            public_url: public_url.trim_end_matches('/').to_owned(),
            lifetime: TimeDelta::days(7),
            lifetimes: (TimeDelta::minutes(1), TimeDelta::days(30)),
            batch: 10_000,
            resend: ResendPolicy::default(),
            orphans: OrphanPolicy::default(),
            passwords: PasswordRules::default(),
            pins: PinRules::default(),
            session: TimeDelta::hours(12),
            access_token: TimeDelta::hours(24),
            key: None,
            retention: Retention::default(),
            quotas: Quotas::default(),
        }
    }
}
