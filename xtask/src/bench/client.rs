//! The program that writes to databases as this one cannot: `bench-client`.

use std::{
    io::{self, Write as _},
    path::PathBuf,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};

use crate::tree::root;

pub(super) fn program() -> PathBuf {
    root().join("target/release/bench-client")
}

/// Runs statements that insert many rows, and builds the indexes afterwards; false if that was not done
/// in time.
pub(super) fn fill(url: &str, statements: &str, time: Duration) -> Result<bool> {
    let mut child = Command::new(program()).args(["fill", url]).stdin(Stdio::piped()).spawn()?;
    let sent = child.stdin.take().context("a pipe")?.write_all(statements.as_bytes());
    // It says itself why it reads no more.
    ensure!(
        !matches!(&sent, Err(it) if it.kind() != io::ErrorKind::BrokenPipe),
        "no statements were sent"
    );
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            ensure!(status.success(), "a database was not filled");
            return Ok(true);
        }
        if start.elapsed() > time {
            child.kill()?;
            child.wait()?;
            return Ok(false);
        }
        thread::sleep(Duration::from_millis(20));
    }
}
