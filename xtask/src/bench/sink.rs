//! A mail server that takes everything and keeps nothing.

use std::process::{Child, Command, Stdio};

use anyhow::Result;
use xshell::Shell;

use crate::bench::ports::{free_port, wait_for_port};

/// Ends when dropped.
pub(super) struct Sink {
    pub(super) port: u16,
    child: Child,
}

impl Sink {
    pub(super) fn start(sh: &Shell) -> Result<Self> {
        let port = free_port()?;
        let child = Command::new("/usr/sbin/smtp-sink")
            .args(["-u", "nobody", &format!("127.0.0.1:{port}"), "4096"])
            .current_dir(sh.current_dir())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        wait_for_port(port)?;
        Ok(Self { port, child })
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
