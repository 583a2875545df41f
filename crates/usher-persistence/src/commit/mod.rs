//! Commits: how they are packed into rows, wait in a queue, and are written in groups.

mod aggregates;
mod at_once;
mod attempt;
mod committing;
mod counts;
mod group;
pub(crate) mod packed;
pub(crate) mod queue;
mod removals;
mod row;
pub(crate) mod seats;
mod statements;
pub(crate) mod table;
mod task_queue;
#[cfg(test)]
mod tests;
mod texts;
mod writer;
