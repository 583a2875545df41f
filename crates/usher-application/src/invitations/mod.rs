//! Use cases of one invitation or a batch of them.

pub(crate) mod accept;
pub(crate) mod change;
pub(crate) mod find;
pub(crate) mod invite;
