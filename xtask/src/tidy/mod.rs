//! Rules of the house that no compiler checks, one a file.

pub(crate) mod architecture;
pub(crate) mod committers;
pub(crate) mod dialects;
pub(crate) mod glossary;
pub(crate) mod idle_tests;
pub(crate) mod imports;
pub(crate) mod length;
pub(crate) mod lints;
pub(crate) mod machine_paths;
pub(crate) mod memberships;
pub(crate) mod promises;
pub(crate) mod sentence;
mod text;

#[cfg(test)]
mod tests;
