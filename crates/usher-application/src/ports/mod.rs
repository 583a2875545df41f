//! Everything the use cases need from outside, one trait a file.

mod audit;
mod clock;
mod credentials;
mod directory;
mod entropy;
mod invitations;
mod ledger;
mod organizations;
mod outbox;
mod passwords;
mod postman;
mod profiles;
mod roles;
mod sessions;
mod tasks;
mod tenants;
mod users;

use std::sync::Arc;

pub use self::{
    audit::Audit,
    clock::Clock,
    credentials::Credentials,
    directory::{Directory, InviteeQuery, InviteeState},
    entropy::Entropy,
    invitations::{
        Cursor, Filter, InvitationCondition, Invitations, Page, TextField, TextMatch, TimeField,
    },
    ledger::{Changes, CommitError, Conflict, Ledger, Seated},
    organizations::Organizations,
    outbox::{Outbox, Settlement, Verdict},
    passwords::Passwords,
    postman::{DeliveryError, Postman},
    profiles::Profiles,
    roles::Roles,
    sessions::Sessions,
    tasks::{TaskCondition, Tasks},
    tenants::Tenants,
    users::{UserCondition, UserField, UserOrder, UserWithStatus, Users},
};

/// The adapters in use: chosen once, where the program is put together.
#[derive(Clone)]
pub struct Ports {
    pub audit: Arc<dyn Audit>,
    pub clock: Arc<dyn Clock>,
    pub credentials: Arc<dyn Credentials>,
    pub directory: Arc<dyn Directory>,
    pub entropy: Arc<dyn Entropy>,
    pub invitations: Arc<dyn Invitations>,
    pub ledger: Arc<dyn Ledger>,
    pub organizations: Arc<dyn Organizations>,
    pub outbox: Arc<dyn Outbox>,
    pub passwords: Arc<dyn Passwords>,
    pub postman: Arc<dyn Postman>,
    pub profiles: Arc<dyn Profiles>,
    pub roles: Arc<dyn Roles>,
    pub sessions: Arc<dyn Sessions>,
    pub tasks: Arc<dyn Tasks>,
    pub tenants: Arc<dyn Tenants>,
    pub users: Arc<dyn Users>,
}

/// The store could not answer. Nothing a caller can do but try later.
#[derive(Debug, thiserror::Error)]
#[error("the store is unavailable")]
pub struct StoreError(#[source] Box<dyn std::error::Error + Send + Sync>);

impl StoreError {
    pub fn new(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(source.into())
    }
}

#[cfg(feature = "testing")]
pub(crate) mod mocks {
    pub use super::{
        audit::MockAudit, clock::MockClock, credentials::MockCredentials, directory::MockDirectory,
        entropy::MockEntropy, invitations::MockInvitations, ledger::MockLedger,
        organizations::MockOrganizations, outbox::MockOutbox, passwords::MockPasswords,
        postman::MockPostman, profiles::MockProfiles, roles::MockRoles, sessions::MockSessions,
        tasks::MockTasks, tenants::MockTenants, users::MockUsers,
    };
}
