//! What runs until it is told to stop: the HTTP server and the worker.

mod audit_loop;
mod drain_body;
pub(crate) mod greeting;
mod job_loop;
mod listener;
pub(crate) mod serve;
mod shutdown;
pub(crate) mod worker;
