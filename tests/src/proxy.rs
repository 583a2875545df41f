//! A TCP proxy whose connections a test can cut, or have swallow what is sent over them.

use std::net::SocketAddr;

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// Passes connections on to an address, unless it is cut.
pub struct Proxy {
    pub address: SocketAddr,
    state: watch::Sender<State>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Connected,
    Cut,
    Silent,
}

impl Proxy {
    /// To this address; connected from the start, or cut.
    pub async fn to(target: &str, connected: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let initial = if connected { State::Connected } else { State::Cut };
        let (sender, state) = watch::channel(initial);
        let target = target.to_owned();
        tokio::spawn(async move {
            while let Ok((mut from, _)) = listener.accept().await {
                let (mut state, target) = (state.clone(), target.clone());
                tokio::spawn(async move {
                    if *state.borrow() == State::Cut {
                        return;
                    }
                    let Ok(mut to) = TcpStream::connect(&target).await else { return };
                    tokio::select! {
                        _ = copy_bidirectional(&mut from, &mut to) => return,
                        _ = state.wait_for(|it| *it != State::Connected) => {}
                    }
                    // One that fell silent stays so, with both ends open, until it is cut.
                    let _ = state.wait_for(|it| *it == State::Cut).await;
                });
            }
        });
        Self { address, state: sender }
    }

    /// Ends every connection, and each new one at once.
    pub fn cut(&self) {
        self.state.send_replace(State::Cut);
    }

    /// Every connection stays open, and swallows what is sent over it.
    pub fn fall_silent(&self) {
        self.state.send_replace(State::Silent);
    }

    /// Passes new connections on again.
    pub fn mend(&self) {
        self.state.send_replace(State::Connected);
    }
}
