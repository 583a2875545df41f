//! A TCP proxy whose connections a test can cut.

use std::net::SocketAddr;

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// Passes connections on to an address, unless it is cut.
pub struct Proxy {
    pub address: SocketAddr,
    connected: watch::Sender<bool>,
}

impl Proxy {
    /// To this address; connected from the start, or cut.
    pub async fn to(target: &str, connected: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (connected, state) = watch::channel(connected);
        let target = target.to_owned();
        tokio::spawn(async move {
            while let Ok((mut from, _)) = listener.accept().await {
                let (mut state, target) = (state.clone(), target.clone());
                tokio::spawn(async move {
                    if !*state.borrow() {
                        return;
                    }
                    let Ok(mut to) = TcpStream::connect(&target).await else { return };
                    tokio::select! {
                        _ = copy_bidirectional(&mut from, &mut to) => {}
                        _ = state.wait_for(|it| !*it) => {}
                    }
                });
            }
        });
        Self { address, connected }
    }

    /// Ends every connection, and each new one at once.
    pub fn cut(&self) {
        self.connected.send_replace(false);
    }

    /// Passes new connections on again.
    pub fn mend(&self) {
        self.connected.send_replace(true);
    }
}
