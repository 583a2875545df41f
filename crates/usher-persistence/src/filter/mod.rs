//! Filters as SQL.

mod combine;
pub(crate) mod invitations;
pub(crate) mod pieces;
pub(crate) mod tasks;
mod text;
pub(crate) mod users;
