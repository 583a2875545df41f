//! Use cases of tasks: batches that are too long for one answer.

pub(crate) mod cancel;
pub(crate) mod maintain;
pub(crate) mod read;
pub(crate) mod run;
pub(crate) mod submit;
