//! How far a task is, on standard error.

use indicatif::ProgressBar;
use usher_domain::Task;

use crate::commands::task::{progress, tally};

/// A bar; without a terminal there is none. It is gone when dropped.
pub(crate) struct Meter {
    bar: ProgressBar,
    told: String,
}

impl Meter {
    pub(crate) fn new() -> Self {
        Self { bar: ProgressBar::new(0), told: String::new() }
    }

    pub(crate) fn show(&self, task: &Task) {
        self.bar.set_length(task.rows.into());
        self.bar.set_position(task.tally.done().into());
    }

    /// Says it in words where there is no bar, unless nothing has changed.
    pub(crate) fn say(&mut self, task: &Task) {
        let line = format!("{}: {}", progress(task), tally(task));
        if self.bar.is_hidden() && line != self.told {
            eprintln!("{line}");
            self.told = line;
        }
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
