//! Commits: how they are packed into rows, wait in a queue, and are written in groups.

mod aggregates;
mod attempt;
mod group;
pub(crate) mod packed;
pub(crate) mod queue;
mod removals;
mod row;
pub(crate) mod seats;
mod statements;
pub(crate) mod table;
#[cfg(test)]
mod tests;
mod writer;
