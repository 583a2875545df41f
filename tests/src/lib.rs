//! The real binary and what surrounds it, for the end-to-end tests: mail server, database, browser, proxy.

mod binary;
mod browser;
mod cluster;
mod eventually;
mod faketime;
mod fresh_database;
mod letters;
mod load;
mod mailbox;
mod nodes;
mod patroni;
mod pgbouncer;
mod ports;
mod postgres;
mod programs;
mod proxy;
mod ranks;
mod server;
mod smtp;

pub use browser::Browser;
pub use cluster::Cluster;
pub use eventually::eventually;
pub use faketime::FakeTime;
pub use letters::{Workers, all_are_sent, by_recipient};
pub use load::{Answer, Load, addresses};
pub use mailbox::{Mail, folder, wait_for_folder};
pub use nodes::Nodes;
pub use patroni::Patroni;
pub use pgbouncer::PgBouncer;
pub use ports::free_port;
pub use postgres::Database;
pub use programs::{Unprivileged, folder_with, output};
pub use proxy::Proxy;
pub use ranks::rank_difference;
pub use server::{ON_SQLITE, Output, Server, run};
pub use smtp::{Reply, Smtp};
