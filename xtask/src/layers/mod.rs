//! The architecture as tables: whatever they do not allow does not land.

mod crates;
