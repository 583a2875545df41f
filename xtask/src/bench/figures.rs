//! What was measured, by name, and what is measured in turn.

use std::collections::BTreeMap;

use crate::bench::markdown::processor;

/// How many connections ask at once.
pub(super) const CONNECTIONS: [u32; 3] = [1, 16, 64];

/// The databases, as the figures and the page name them.
pub(super) const DATABASES: [&str; 2] = [POSTGRES, SQLITE];
pub(super) const POSTGRES: &str = "PostgreSQL";
pub(super) const SQLITE: &str = "SQLite";

/// Name of a measure → what each round gave.
#[derive(Default)]
pub(super) struct Figures(BTreeMap<String, Vec<f64>>);

impl Figures {
    pub(super) fn add(&mut self, name: impl Into<String>, figure: f64) {
        self.0.entry(name.into()).or_default().push(figure);
    }

    /// Not a number, where nothing was taken.
    pub(super) fn median(&self, name: &str) -> f64 {
        let mut all = self.0.get(name).cloned().unwrap_or_default();
        all.sort_by(f64::total_cmp);
        all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
    }

    /// What each request, or each row in it, cost the server and the database.
    pub(super) fn processor(&self, database: &str, name: &str) -> String {
        let of = |what: &str| self.median(&format!("{name}{what}"));
        processor(of(" cpu"), of(" database cpu"), database == POSTGRES)
    }
}
