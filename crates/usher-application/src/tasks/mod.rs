//! Use cases of tasks: batches that are too long for one answer.

pub(crate) mod cancel;
pub(crate) mod maintain;
pub(crate) mod plan;
pub(crate) mod read;
pub(crate) mod run;
pub(crate) mod submit;

use std::sync::Arc;

use crate::{
    shared::core::Core,
    tasks::{
        cancel::CancelTask, maintain::MaintainTasks, read::ReadTasks, run::RunTasks,
        submit::SubmitTask,
    },
};

/// Everything that can be done with tasks.
pub struct TaskUseCases {
    pub submit: SubmitTask,
    pub read: ReadTasks,
    pub run: RunTasks,
    pub cancel: CancelTask,
    pub maintain: MaintainTasks,
}

impl TaskUseCases {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self {
            submit: SubmitTask::new(core),
            read: ReadTasks::new(core),
            run: RunTasks::new(core),
            cancel: CancelTask::new(core),
            maintain: MaintainTasks::new(core),
        }
    }
}
