//! What runs until it is told to stop: the HTTP server and the worker.

mod drain_body;
pub(crate) mod listener;
pub(crate) mod serve;
pub(crate) mod worker;
