//! A network between a store and its server that can fall silent: connections stay, and whatever is
//! sent over them is swallowed.

use std::net::SocketAddr;

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// A way to a server.
pub(crate) struct Network {
    pub address: SocketAddr,
    /// How often it has fallen silent.
    silences: watch::Sender<u32>,
}

impl Network {
    pub(crate) async fn to(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (silences, heard) = watch::channel(0);
        let server = server.to_owned();
        tokio::spawn(async move {
            while let Ok((mut from, _)) = listener.accept().await {
                let (mut heard, server) = (heard.clone(), server.clone());
                let before = *heard.borrow();
                tokio::spawn(async move {
                    let mut to = TcpStream::connect(server).await.unwrap();
                    tokio::select! {
                        _ = copy_bidirectional(&mut from, &mut to) => return,
                        _ = heard.wait_for(|it| *it > before) => {}
                    }
                    // Both ends stay open.
                    let _ = heard.wait_for(|_| false).await;
                });
            }
        });
        Self { address, silences }
    }

    /// All connections that there are swallow what they are given. New ones lead to the server.
    pub(crate) fn fall_silent(&self) {
        self.silences.send_modify(|it| *it += 1);
    }
}
