//! The results of a task's rows: read from the store slice by slice, and written as CSV.

use std::io::{self, Write};

use usher_application::RowResult;
use usher_domain::{Caller, Task};

use crate::wiring::Wired;

/// Calls `on_row` with the result of each row in the order of the rows. One slice is held in memory
/// at a time, so a task may have any number of rows.
pub(crate) async fn for_each_row(
    wired: &Wired,
    caller: &Caller,
    task: &Task,
    mut on_row: impl FnMut(&RowResult) -> io::Result<()>,
) -> anyhow::Result<()> {
    let mut next = Some(0);
    while let Some(slice) = next {
        let page = wired.usher.tasks.read.results(caller, task, slice).await?;
        page.rows.iter().try_for_each(&mut on_row)?;
        next = page.next;
    }
    Ok(())
}

/// Writes results as CSV with a header.
pub(crate) struct ResultWriter<W: Write>(csv::Writer<W>);

impl<W: Write> ResultWriter<W> {
    /// Writes the header.
    pub(crate) fn new(to: W) -> io::Result<Self> {
        let mut csv = csv::Writer::from_writer(to);
        csv.write_record(RowResult::HEADER)?;
        Ok(Self(csv))
    }

    pub(crate) fn write(&mut self, it: &RowResult) -> io::Result<()> {
        Ok(self.0.write_record(it.cells())?)
    }

    /// Writes what is still buffered.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.0.flush()
    }
}
