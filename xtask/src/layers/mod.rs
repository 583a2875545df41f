//! The architecture as tables: whatever they do not allow does not land.

#[cfg(test)]
mod crates;
pub(crate) mod loops;
pub(crate) mod map;
pub(crate) mod rooms;

#[cfg(test)]
mod tests;
