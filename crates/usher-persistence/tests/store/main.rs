//! One contract, two databases.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod limits;
mod postgres;
mod slow;
mod sqlite;
mod tls;
