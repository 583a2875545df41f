//! A pooler as `PgBouncer` is in transaction mode, from 1.21 on, with its stock settings: whoever begins a
//! transaction gets the session that was given back last, with the statements that they prepared.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::Notify,
};

/// The parameters that a client may set at its start.
const PARAMETERS: &[&str] =
    &["user", "database", "client_encoding", "DateStyle", "TimeZone", "application_name"];

/// A session with the server, and the statements that it knows.
struct Session {
    stream: TcpStream,
    known: HashSet<Vec<u8>>,
}

pub(crate) struct Pooler {
    pub address: SocketAddr,
}

struct Pool {
    server: String,
    size: u32,
    keeps_statements_apart: bool,
    opened: AtomicU32,
    free: Mutex<Vec<Session>>,
    freed: Notify,
}

/// A message without its length, which the protocol puts between kind and body.
struct Message {
    kind: u8,
    body: Vec<u8>,
}

impl Message {
    async fn read(from: &mut TcpStream) -> io::Result<Self> {
        let kind = from.read_u8().await?;
        let mut body = vec![0; from.read_u32().await? as usize - 4];
        from.read_exact(&mut body).await?;
        Ok(Self { kind, body })
    }

    fn append_to(&self, bytes: &mut Vec<u8>) {
        bytes.push(self.kind);
        bytes.extend(u32::try_from(self.body.len() + 4).unwrap().to_be_bytes());
        bytes.extend(&self.body);
    }

    async fn write(&self, to: &mut TcpStream) -> io::Result<()> {
        let mut bytes = Vec::new();
        self.append_to(&mut bytes);
        to.write_all(&bytes).await
    }
}

impl Pooler {
    /// To this server, with so many sessions.
    pub(crate) async fn to(server: &str, size: u32) -> Self {
        Self::start(server, size, true).await
    }

    /// The same as before 1.21: a session has the prepared statements of all who had it.
    pub(crate) async fn mixing_statements(server: &str, size: u32) -> Self {
        Self::start(server, size, false).await
    }

    async fn start(server: &str, size: u32, keeps_statements_apart: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let pool = Arc::new(Pool {
            server: server.to_owned(),
            size,
            keeps_statements_apart,
            opened: AtomicU32::new(0),
            free: Mutex::default(),
            freed: Notify::new(),
        });
        tokio::spawn(async move {
            let mut clients = 0_u32;
            while let Ok((client, _)) = listener.accept().await {
                clients += 1;
                client.set_nodelay(true).unwrap();
                tokio::spawn(serve(client, clients, pool.clone()));
            }
        });
        Self { address }
    }
}

impl Pool {
    async fn take(&self) -> Session {
        loop {
            let freed = self.freed.notified();
            if let Some(it) = self.free.lock().unwrap().pop() {
                return it;
            }
            freed.await;
        }
    }

    fn give_back(&self, session: Session) {
        self.free.lock().unwrap().push(session);
        self.freed.notify_one();
    }
}

async fn serve(mut client: TcpStream, number: u32, pool: Arc<Pool>) -> io::Result<()> {
    log_in(&mut client, &pool).await?;
    let mut statements: HashMap<Vec<u8>, Vec<u8>> = HashMap::new();
    let mut held: Option<Session> = None;
    loop {
        let mut batch = Vec::new();
        loop {
            match Message::read(&mut client).await {
                Ok(it) if it.kind != b'X' => batch.push(it),
                _ => {
                    if let Some(mut session) = held.take() {
                        let rollback = Message { kind: b'Q', body: b"ROLLBACK\0".to_vec() };
                        rollback.write(&mut session.stream).await?;
                        while Message::read(&mut session.stream).await?.kind != b'Z' {}
                        pool.give_back(session);
                    }
                    return Ok(());
                }
            }
            if matches!(batch.last().unwrap().kind, b'Q' | b'S') {
                break;
            }
        }
        let mut session = match held.take() {
            Some(it) => it,
            None => pool.take().await,
        };
        let mut bytes = Vec::new();
        // The statements that are prepared, and whether the client waits to hear of each.
        let mut prepared: VecDeque<(Vec<u8>, bool)> = VecDeque::new();
        for message in batch {
            let message = if pool.keeps_statements_apart {
                renamed(message, number, &mut statements)
            } else {
                message
            };
            if let (Some(name), b'B' | b'D') = (used(&message), message.kind)
                && !session.known.contains(&name)
                && !prepared.iter().any(|(it, _)| *it == name)
                && let Some(body) = statements.get(&name)
            {
                Message { kind: b'P', body: body.clone() }.append_to(&mut bytes);
                prepared.push_back((name, false));
            }
            if message.kind == b'C' && message.body[0] == b'S' {
                session.known.remove(until_zero(&message.body[1..]));
            }
            if message.kind == b'P' {
                prepared.push_back((until_zero(&message.body).to_vec(), true));
            }
            message.append_to(&mut bytes);
        }
        session.stream.write_all(&bytes).await?;
        loop {
            let answer = Message::read(&mut session.stream).await?;
            if answer.kind == b'1' {
                let (name, is_awaited) = prepared.pop_front().unwrap();
                session.known.insert(name);
                if !is_awaited {
                    continue;
                }
            }
            answer.write(&mut client).await?;
            if answer.kind == b'Z' {
                match answer.body[0] {
                    b'I' => pool.give_back(session),
                    _ => held = Some(session),
                }
                break;
            }
        }
    }
}

/// Lets a client log in to the server. The session that this makes is for everybody.
async fn log_in(client: &mut TcpStream, pool: &Pool) -> io::Result<()> {
    let startup = loop {
        let mut body = vec![0; client.read_u32().await? as usize - 4];
        client.read_exact(&mut body).await?;
        match body[..4] {
            // It asks for TLS.
            [4, 210, 22, 47] => client.write_all(b"N").await?,
            _ => break body,
        }
    };
    let words: Vec<_> = startup[4..].split(|it| *it == 0).collect();
    for pair in words.chunks_exact(2).filter(|it| !it[0].is_empty()) {
        let name = String::from_utf8_lossy(pair[0]);
        if !PARAMETERS.contains(&name.as_ref()) {
            let text = format!("SFATAL\0C08P01\0Munsupported startup parameter: {name}\0\0");
            return Message { kind: b'E', body: text.into_bytes() }.write(client).await;
        }
    }
    let mut stream = TcpStream::connect(&pool.server).await?;
    stream.set_nodelay(true)?;
    stream.write_u32(u32::try_from(startup.len() + 4).unwrap()).await?;
    stream.write_all(&startup).await?;
    loop {
        let answer = Message::read(&mut stream).await?;
        answer.write(client).await?;
        // All requests of passwords but the word that none is wanted, or no more.
        let is_asked = answer.kind == b'R' && !matches!(answer.body[..4], [0, 0, 0, 0 | 12]);
        if is_asked {
            Message::read(client).await?.write(&mut stream).await?;
        }
        match answer.kind {
            b'Z' => break,
            b'E' => return Ok(()),
            _ => {}
        }
    }
    if pool.opened.fetch_add(1, Ordering::Relaxed) < pool.size {
        pool.give_back(Session { stream, known: HashSet::new() });
    }
    Ok(())
}

/// A message whose named statement is called so that no two clients mean the same.
fn renamed(message: Message, client: u32, statements: &mut HashMap<Vec<u8>, Vec<u8>>) -> Message {
    let at = match message.kind {
        b'P' => 0,
        b'B' => until_zero(&message.body).len() + 1,
        b'D' | b'C' if message.body[0] == b'S' => 1,
        _ => return message,
    };
    let (before, rest) = message.body.split_at(at);
    let name = until_zero(rest);
    if name.is_empty() {
        return message;
    }
    let new = [format!("{client}_").as_bytes(), name].concat();
    let body = [before, &new, &rest[name.len()..]].concat();
    if message.kind == b'P' {
        statements.insert(new, body.clone());
    }
    Message { kind: message.kind, body }
}

/// The named statement that a message is about.
fn used(message: &Message) -> Option<Vec<u8>> {
    let name = match message.kind {
        b'B' => until_zero(&message.body[until_zero(&message.body).len() + 1..]),
        b'D' if message.body[0] == b'S' => until_zero(&message.body[1..]),
        _ => return None,
    };
    (!name.is_empty()).then(|| name.to_vec())
}

fn until_zero(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.iter().position(|it| *it == 0).unwrap()]
}
