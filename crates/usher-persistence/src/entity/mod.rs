//! The rows of each table, and how they become values of the domain. No other crate sees a row.

pub(crate) mod audit;
pub(crate) mod columns;
pub(crate) mod convert;
pub(crate) mod credential;
pub(crate) mod delivery;
mod gift;
pub(crate) mod invitation;
pub(crate) mod membership;
pub(crate) mod organization;
pub(crate) mod outbox;
pub(crate) mod person;
pub(crate) mod profile;
pub(crate) mod role;
pub(crate) mod session;
pub(crate) mod slice;
pub(crate) mod task;
pub(crate) mod tenant;
pub(crate) mod versioned;
