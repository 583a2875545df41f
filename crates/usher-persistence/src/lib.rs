//! The store: every store port on SQLite or PostgreSQL, whichever the URL names. One code path
//! serves both; `backend` holds all that differs.

mod backend;
mod cache;
mod commit;
mod entity;
mod filter;
mod migration;
mod ports;
mod shared;
mod store;
mod together;

pub use backend::server::Server;
pub use store::{Listen, SqlStore, StoreOptions};
