//! The store: SQLite or PostgreSQL, whichever the URL names. One code path for both.

mod backend;
mod cache;
mod commit;
mod entity;
mod filter;
mod migration;
mod ports;
mod shared;
mod store;

pub use store::{SqlStore, StoreOptions};
