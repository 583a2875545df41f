//! One contract, two databases.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod keys;
mod limits;
mod network;
mod notices;
mod outcomes;
mod pooler;
mod postgres;
mod sessions;
mod slow;
mod sqlite;
mod tls;
mod upkeep;
