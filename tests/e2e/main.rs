//! The whole story, for real: the binary, databases, mail servers, a browser, containers.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod browser;
mod bulk;
mod cells;
mod clients;
mod clocks;
mod commands;
mod compose;
mod connections;
mod failover;
mod faults;
mod members;
mod nodes;
mod organizations;
mod pooler;
mod sessions;
mod slow;
mod story;
mod tasks;
mod tls;
