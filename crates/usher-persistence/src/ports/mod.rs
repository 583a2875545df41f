//! The ports of the store, one file a port.

mod attempts;
mod audit;
mod counts;
mod credentials;
mod directory;
mod invitations;
mod ledger;
mod organizations;
mod outbox;
#[cfg(test)]
mod plans;
mod profiles;
mod purges;
mod roles;
mod sessions;
mod tasks;
mod tenants;
mod users;
