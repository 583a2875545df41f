//! What runs until it is told to stop: the HTTP server and the worker.

mod audit_loop;
mod connection;
mod connections;
mod descriptors;
mod drain_body;
pub(crate) mod greeting;
mod job_loop;
mod listener;
pub(crate) mod serve;
mod shutdown;
mod watched;
pub(crate) mod worker;
