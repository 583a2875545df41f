//! Offers: what an invitation gives to whoever accepts it.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use crate::{
    authority::Authority,
    id::{OrganizationId, UserId},
    locale::Locale,
};

/// What an invitation gives, and how it is sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    /// None: the tenant itself.
    pub organization: Option<OrganizationId>,
    pub roles: Vec<String>,
    /// What they may do in the tenant from then on.
    pub authority: Option<Authority>,
    pub labels: BTreeMap<String, String>,
    /// Where the browser goes after accepting.
    pub redirect: Option<String>,
    pub message: Option<String>,
    pub locale: Option<Locale>,
    /// The name of a custom template; none: the built-in one.
    pub template: Option<String>,
    /// In whose name the invitation is made.
    pub inviter: Option<Inviter>,
    /// How long the invitation is valid after it was issued, or sent again when it had expired.
    pub lifetime: TimeDelta,
    /// No letter is sent: the caller hands the link over.
    pub quiet: bool,
}

impl Offer {
    /// To the tenant itself, by mail, with nothing but this lifetime said about it.
    #[must_use]
    pub fn new(lifetime: TimeDelta) -> Self {
        Self {
            organization: None,
            roles: Vec::new(),
            authority: None,
            labels: BTreeMap::new(),
            redirect: None,
            message: None,
            locale: None,
            template: None,
            inviter: None,
            lifetime,
            quiet: false,
        }
    }
}

/// In whose name an invitation is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inviter {
    /// Set when the caller named a user rather than a name.
    pub user: Option<UserId>,
    pub name: String,
}
