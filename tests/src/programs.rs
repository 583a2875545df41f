//! Servers of this machine's own packages, run as a user without rights, for some refuse to run as root.

use std::{
    env,
    ffi::OsString,
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

/// The folder of a program. Debian keeps servers out of the `PATH` of ordinary users, and PostgreSQL's
/// out of everybody's.
#[must_use]
pub fn folder_with(programs: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let versions = Path::new("/usr/lib/postgresql").read_dir().into_iter().flatten().flatten();
    let packaged = versions.map(|version| version.path().join("bin"));
    let has_all = |folder: &PathBuf| programs.iter().all(|it| folder.join(it).is_file());
    env::split_paths(&path).chain(["/usr/sbin".into()]).chain(packaged).find(has_all)
}

/// The path of a program.
pub(crate) fn path_of(program: &str) -> Result<PathBuf> {
    let folder = folder_with(&[program]);
    Ok(folder.with_context(|| format!("{program} is not installed"))?.join(program))
}

/// Whom servers run as: whoever runs the tests or, in place of root, the user of Debian's PostgreSQL.
#[derive(Clone, Copy)]
pub struct Unprivileged {
    is_root: bool,
}

impl Unprivileged {
    pub async fn find() -> Result<Self> {
        let id = output("id", ["--user"]).await?.stdout;
        Ok(Self { is_root: id.trim_ascii() == b"0" })
    }

    /// What a program says, unless it fails.
    pub async fn output(
        self,
        program: impl Into<OsString>,
        arguments: impl IntoIterator<Item = impl Into<OsString>>,
    ) -> Result<Output> {
        let words = self.prefix().iter().map(OsString::from).chain([program.into()]);
        output("setpriv", words.chain(arguments.into_iter().map(Into::into))).await
    }

    /// A folder of this user's own. Whoever asks for it removes it.
    pub async fn folder(self, name: &str) -> Result<PathBuf> {
        let template = format!("usher-{name}-XXXXXX");
        let made = self.output("mktemp", ["--directory", "--tmpdir", &template]).await?;
        Ok(PathBuf::from(String::from_utf8(made.stdout)?.trim()))
    }

    /// Starts a program that ends with the thread that starts it, even if that is killed.
    pub fn start(
        self,
        program: &Path,
        arguments: impl IntoIterator<Item = impl Into<OsString>>,
        log: &Path,
    ) -> Result<Daemon> {
        let log = File::create(log)?;
        let child = Command::new("setpriv")
            .args(self.prefix())
            .args(["--pdeathsig", "KILL"])
            .arg(program)
            .args(arguments.into_iter().map(Into::into))
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot run {}", program.display()))?;
        Ok(Daemon { child })
    }

    fn prefix(self) -> &'static [&'static str] {
        if self.is_root { &["--reuid=postgres", "--regid=postgres", "--init-groups"] } else { &[] }
    }
}

/// What a program says, unless it fails.
pub async fn output(
    program: &str,
    arguments: impl IntoIterator<Item = impl Into<OsString>>,
) -> Result<Output> {
    let mut command = tokio::process::Command::new(program);
    // The working folder of root is closed to others, and a terminal's signals are for the command.
    command.args(arguments.into_iter().map(Into::into)).current_dir("/").process_group(0);
    let output = command.stdin(Stdio::null()).output().await;
    let output = output.with_context(|| format!("cannot run {program}"))?;
    if !output.status.success() {
        bail!("{command:?}: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(output)
}

/// A program that runs until it is dropped.
pub struct Daemon {
    child: Child,
}

impl Daemon {
    /// Tells it to end, and waits until it has ended.
    pub fn end(&mut self, by: Signal) {
        signal(self.child.id(), by);
        let _ = self.child.wait();
    }

    /// SIGKILL, to it and to the processes that it has started: as if the machine had lost its power.
    pub fn crash(&mut self) {
        crash(self.child.id());
        let _ = self.child.wait();
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended already, and then its number may be another's.
        if let Ok(None) = self.child.try_wait() {
            self.crash();
        }
    }
}

/// SIGKILL to a process and to those that it has started.
pub(crate) fn crash(process: u32) {
    // From here on it starts no others.
    signal(process, Signal::STOP);
    let children = children(process);
    signal(process, Signal::KILL);
    for it in children {
        signal(it, Signal::KILL);
    }
}

/// The processes that a process has started, and those that they have started.
fn children(of: u32) -> Vec<u32> {
    let list = fs::read_to_string(format!("/proc/{of}/task/{of}/children")).unwrap_or_default();
    let own: Vec<u32> = list.split_whitespace().filter_map(|it| it.parse().ok()).collect();
    let theirs: Vec<_> = own.iter().flat_map(|it| children(*it)).collect();
    [own, theirs].concat()
}

/// Sends a signal to a process that may have ended.
pub(crate) fn signal(process: u32, signal: Signal) {
    if let Some(it) = process.try_into().ok().and_then(Pid::from_raw) {
        let _ = kill_process(it, signal);
    }
}

/// Removes what a server of PostgreSQL that was killed leaves behind beside its data, which its next start
/// would remove.
pub(crate) fn remove_shared_memory(data: &Path) {
    let file = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
    let keys = file.lines().nth(6).unwrap_or_default();
    if let Some(id) = keys.split_whitespace().nth(1) {
        let _ = Command::new("ipcrm").args(["--shmem-id", id]).output();
    }
}
