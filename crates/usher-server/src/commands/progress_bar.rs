//! The progress of a task, on standard error.

use indicatif::ProgressBar;
use usher_domain::Task;

use crate::commands::task_text::{progress, tally};

/// A progress bar. It is hidden when standard error is no terminal, and disappears when dropped.
pub(crate) struct TaskProgress {
    bar: ProgressBar,
    last_line: String,
}

impl TaskProgress {
    pub(crate) fn new() -> Self {
        Self { bar: ProgressBar::new(0), last_line: String::new() }
    }

    pub(crate) fn show(&self, task: &Task) {
        self.bar.set_length(task.rows.into());
        self.bar.set_position(task.tally.done().into());
    }

    /// Where the bar is hidden, prints the progress as a line if it differs from the last one.
    pub(crate) fn print_where_hidden(&mut self, task: &Task) {
        let line = format!("{}: {}", progress(task), tally(task));
        if self.bar.is_hidden() && line != self.last_line {
            eprintln!("{line}");
            self.last_line = line;
        }
    }
}

impl Drop for TaskProgress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
