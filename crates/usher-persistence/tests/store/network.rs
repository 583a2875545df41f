//! A network between a store and its server that can fall silent, so that connections stay and whatever is
//! sent over them is swallowed, and that can lose an answer.

use std::{
    future::pending,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// A way to a server.
pub(crate) struct Network {
    pub address: SocketAddr,
    /// How often it has fallen silent.
    silences: watch::Sender<u32>,
    /// What ends the next connection that it is sent over.
    last: Arc<Mutex<Option<Last>>>,
}

/// The last words of a client that get through, or do not.
struct Last {
    words: Vec<u8>,
    then: Then,
}

/// What becomes of a connection.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    /// It ends once the server has answered.
    EndAnswered,
    /// It ends before the server hears the words.
    EndUnheard,
    /// It stays, and nothing is heard any more.
    Silence,
}

impl Network {
    pub(crate) async fn to(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (silences, heard) = watch::channel(0);
        let last: Arc<Mutex<Option<Last>>> = Arc::default();
        let (server, end) = (server.to_owned(), last.clone());
        tokio::spawn(async move {
            while let Ok((from, _)) = listener.accept().await {
                let (mut heard, server, end) = (heard.clone(), server.clone(), end.clone());
                let before = *heard.borrow();
                tokio::spawn(async move {
                    // A server that is not there refuses.
                    let Ok(to) = TcpStream::connect(server).await else { return };
                    let (mut from, mut to) = (from, to);
                    tokio::select! {
                        // Nothing passes once it was told to be silent.
                        biased;
                        _ = heard.wait_for(|it| *it > before) => {}
                        _ = pass_on(&mut from, &mut to, &end) => return,
                    }
                    // Both ends stay open.
                    let _ = heard.wait_for(|_| false).await;
                });
            }
        });
        Self { address, silences, last }
    }

    /// All connections that there are swallow what they are given. New ones lead to the server.
    pub(crate) fn fall_silent(&self) {
        self.silences.send_modify(|it| *it += 1);
    }

    /// Ends the next connection that these words are sent over once the server has answered, before the
    /// client hears that.
    pub(crate) fn lose_answer_to(&self, words: &str) {
        self.at(words, Then::EndAnswered);
    }

    /// Ends the next connection that these words are sent over, before the server hears them.
    pub(crate) fn lose(&self, words: &str) {
        self.at(words, Then::EndUnheard);
    }

    /// Swallows these words, and all that is said on their connection afterwards.
    pub(crate) fn swallow(&self, words: &str) {
        self.at(words, Then::Silence);
    }

    fn at(&self, words: &str, then: Then) {
        *self.last.lock().unwrap() = Some(Last { words: words.into(), then });
    }

    /// Whether a connection has ended like that.
    pub(crate) fn has_lost_it(&self) -> bool {
        self.last.lock().unwrap().is_none()
    }
}

/// Passes all on, both ways, until one of them ends.
async fn pass_on(
    from: &mut TcpStream,
    to: &mut TcpStream,
    end: &Mutex<Option<Last>>,
) -> std::io::Result<()> {
    let (mut up, mut down) = (vec![0; 65_536], vec![0; 65_536]);
    let mut is_over = false;
    loop {
        tokio::select! {
            count = from.read(&mut up) => {
                let sent = &up[..count?];
                if sent.is_empty() {
                    return Ok(());
                }
                let last = end.lock().unwrap().take_if(|it| {
                    sent.windows(it.words.len()).any(|them| *them == *it.words)
                });
                match last.map(|it| it.then) {
                    Some(Then::EndUnheard) => return Ok(()),
                    Some(Then::Silence) => return pending().await,
                    Some(Then::EndAnswered) => is_over = true,
                    None => {}
                }
                to.write_all(sent).await?;
            }
            count = to.read(&mut down) => {
                let answered = &down[..count?];
                if answered.is_empty() || is_over {
                    return Ok(());
                }
                from.write_all(answered).await?;
            }
        }
    }
}
