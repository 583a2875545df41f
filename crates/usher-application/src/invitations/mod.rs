//! Use cases of one invitation or a batch of them.

pub(crate) mod accept;
pub(crate) mod batch;
pub(crate) mod change;
pub(crate) mod decline;
pub(crate) mod edit;
pub(crate) mod find;
pub(crate) mod invite;
pub(crate) mod list;
pub(crate) mod look_up;
pub(crate) mod resend;
pub(crate) mod revoke;
