//! Commits: how they queue up, are packed into rows, and are written in groups.

pub(crate) mod removals;
pub(crate) mod seats;
pub(crate) mod table;
pub(crate) mod writer;
