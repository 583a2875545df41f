//! The real binary and what surrounds it, for the end-to-end tests: mail server, database, browser, proxy.

mod browser;
mod eventually;
mod mailbox;
mod ports;
mod postgres;
mod proxy;
mod ranks;
mod server;
mod smtp;

pub use browser::Browser;
pub use eventually::eventually;
pub use mailbox::{Mail, folder, wait_for_folder};
pub use ports::free_port;
pub use postgres::Database;
pub use proxy::Proxy;
pub use ranks::rank_difference;
pub use server::{Output, Server, run};
pub use smtp::{Reply, Smtp};
