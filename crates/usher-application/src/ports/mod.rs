//! Everything that the use cases need from outside: one trait a file.

pub(crate) mod attempts;
pub(crate) mod audit;
pub(crate) mod clock;
pub(crate) mod counts;
pub(crate) mod credentials;
pub(crate) mod directory;
pub(crate) mod entropy;
pub(crate) mod error;
pub(crate) mod invitations;
pub(crate) mod ledger;
pub(crate) mod organizations;
pub(crate) mod outbox;
pub(crate) mod passwords;
pub(crate) mod postman;
pub(crate) mod profiles;
pub(crate) mod purges;
pub(crate) mod roles;
pub(crate) mod sessions;
pub(crate) mod tasks;
pub(crate) mod tenants;
pub(crate) mod users;

use std::sync::Arc;

use crate::ports::{
    attempts::Attempts, audit::Audit, clock::Clock, counts::Counts, credentials::Credentials,
    directory::Directory, entropy::Entropy, invitations::Invitations, ledger::Ledger,
    organizations::Organizations, outbox::Outbox, passwords::Passwords, postman::Postman,
    profiles::Profiles, purges::Purges, roles::Roles, sessions::Sessions, tasks::Tasks,
    tenants::Tenants, users::Users,
};

/// The adapters in use. They are chosen once, where the program is put together.
#[derive(Clone)]
pub struct Ports {
    pub attempts: Arc<dyn Attempts>,
    pub audit: Arc<dyn Audit>,
    pub clock: Arc<dyn Clock>,
    pub counts: Arc<dyn Counts>,
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
    pub purges: Arc<dyn Purges>,
    pub roles: Arc<dyn Roles>,
    pub sessions: Arc<dyn Sessions>,
    pub tasks: Arc<dyn Tasks>,
    pub tenants: Arc<dyn Tenants>,
    pub users: Arc<dyn Users>,
}
