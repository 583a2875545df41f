//! The real binary and what surrounds it: what the end-to-end tests stand on.

mod browser;
mod mailbox;
mod postgres;
mod proxy;
mod server;
mod smtp;

pub use browser::Browser;
pub use mailbox::{Mail, folder, wait_for_folder};
pub use postgres::Database;
pub use proxy::Proxy;
pub use server::{Output, Server, run};
pub use smtp::{Answer, Smtp};

use std::{
    future::Future,
    time::{Duration, Instant},
};

/// A port that nobody listens on.
#[must_use]
pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

/// Asks again and again until there is an answer; panics when there is none within a minute.
pub async fn eventually<T, F: Future<Output = Option<T>>>(
    what: &str,
    mut ask: impl FnMut() -> F,
) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(start.elapsed() < Duration::from_mins(1), "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
