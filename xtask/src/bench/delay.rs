//! A TCP proxy that passes on what it is sent a while later, as a network to a distant place does.

use std::{
    io::{self, Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

/// It takes no new connections once it is dropped; those that it has go on until one side ends them.
pub(super) struct Delay {
    pub(super) port: u16,
    is_over: Arc<AtomicBool>,
}

impl Delay {
    /// To this port, so much later each way.
    pub(super) fn to(port: u16, delay: Duration) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let is_over = Arc::new(AtomicBool::new(false));
        let it = Self { port: listener.local_addr()?.port(), is_over: is_over.clone() };
        thread::spawn(move || {
            for from in listener.incoming().flatten() {
                if is_over.load(Ordering::Relaxed) {
                    break;
                }
                // Whoever connects learns that nobody answers there when the connection ends.
                let _ =
                    TcpStream::connect(("127.0.0.1", port)).and_then(|to| join(&from, &to, delay));
            }
        });
        Ok(it)
    }
}

impl Drop for Delay {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        // It waits for a connection before it looks.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn join(from: &TcpStream, to: &TcpStream, delay: Duration) -> io::Result<()> {
    for (source, target) in [(from, to), (to, from)] {
        // What waits for more before it is sent would be late by more than the delay.
        source.set_nodelay(true)?;
        pass(source.try_clone()?, target.try_clone()?, delay);
    }
    Ok(())
}

/// However much is on its way, none of it waits for the rest.
fn pass(mut source: TcpStream, mut target: TcpStream, delay: Duration) {
    let (sender, receiver) = mpsc::channel::<(Instant, Vec<u8>)>();
    thread::spawn(move || {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(length @ 1..) = source.read(&mut buffer) {
            let Some(piece) = buffer.get(..length) else { break };
            if sender.send((Instant::now() + delay, piece.to_vec())).is_err() {
                break;
            }
        }
    });
    thread::spawn(move || {
        for (due, piece) in receiver {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            if target.write_all(&piece).is_err() {
                break;
            }
        }
        let _ = target.shutdown(Shutdown::Both);
    });
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read as _, Write as _},
        net::{TcpListener, TcpStream},
        thread,
        time::{Duration, Instant},
    };

    use super::Delay;

    /// What the machine does may take longer, and never less.
    #[test]
    fn an_answer_comes_later_by_both_ways_and_whole() {
        let delay = Duration::from_millis(30);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Delay::to(listener.local_addr().unwrap().port(), delay).unwrap();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut question = [0; 4];
            stream.read_exact(&mut question).unwrap();
            stream.write_all(&question.repeat(100_000)).unwrap();
        });
        let mut stream = TcpStream::connect(("127.0.0.1", proxy.port)).unwrap();
        let start = Instant::now();
        stream.write_all(b"ping").unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        assert!(start.elapsed() >= delay * 2, "{:?}", start.elapsed());
        assert_eq!(answer, b"ping".repeat(100_000));
    }
}
