//! A TCP proxy whose connections a test can cut, lead elsewhere, or have swallow what is sent over them.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// Passes connections on to an address, unless it is cut.
pub struct Proxy {
    pub address: SocketAddr,
    state: watch::Sender<State>,
    target: Arc<Mutex<String>>,
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
        let target = Arc::new(Mutex::new(target.to_owned()));
        let current = target.clone();
        tokio::spawn(async move {
            while let Ok((mut from, _)) = listener.accept().await {
                let target = current.lock().expect("no panic").clone();
                let mut state = state.clone();
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
        Self { address, state: sender, target }
    }

    /// Passes new connections on to another address. Those that there are stay as they are.
    pub fn lead_to(&self, target: &str) {
        target.clone_into(&mut self.target.lock().expect("no panic"));
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
