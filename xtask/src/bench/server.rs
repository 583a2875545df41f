//! A release build of usher under load.

use std::{
    fmt::Write as _,
    fs::{self, Permissions},
    io::{Read as _, Write as _},
    net::TcpStream,
    os::unix::fs::PermissionsExt as _,
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use xshell::{Shell, TempDir, cmd};

use crate::{
    bench::{frame::Target, http::Http, load::unique, ports::free_port},
    tree::root,
};

pub(super) struct Server {
    home: Option<TempDir>,
    url: String,
    settings: Vec<(String, String)>,
    port: u16,
    token: String,
    child: Child,
}

/// A key for the APIs, in the two forms that they take.
pub(super) struct Key {
    /// What follows `Bearer`.
    pub(super) bearer: String,
    /// Empty unless the key is bound to an organization.
    pub(super) bound: String,
}

impl Server {
    pub(super) fn start(sh: &Shell, url: &str, settings: &[(&str, &str)]) -> Result<Self> {
        Self::start_in(sh.create_temp_dir()?, url, settings)
    }

    pub(super) fn start_in(home: TempDir, url: &str, settings: &[(&str, &str)]) -> Result<Self> {
        let port = free_port()?;
        // As usher wants it.
        fs::set_permissions(home.path(), Permissions::from_mode(0o700))?;
        let mut all = vec![
            ("USHER_DATA_DIR".to_owned(), home.path().display().to_string()),
            ("USHER_HTTP__LISTEN".to_owned(), format!("127.0.0.1:{port}")),
            ("USHER_DATABASE__URL".to_owned(), url.to_owned()),
            ("USHER_LOG__LEVEL".to_owned(), "warn".to_owned()),
            // One key does here what many do elsewhere. What it does is counted all the same.
            ("USHER_QUOTAS__CALLER".to_owned(), "1000000000".to_owned()),
            ("USHER_QUOTAS__TENANT".to_owned(), "1000000000".to_owned()),
            ("USHER_QUOTAS__TASKS".to_owned(), "1000000".to_owned()),
        ];
        all.extend(settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
        let child = spawn(&all)?;
        let mut server = Self {
            home: Some(home),
            url: url.to_owned(),
            settings: all,
            port,
            token: String::new(),
            child,
        };
        server.first_200()?;
        let key = server.key(&["--authority", "ORG_ADMIN"])?;
        let (id, secret) = key.bearer.split_once('.').context("a key")?;
        let grant =
            json!({ "grantType": "client_credentials", "clientId": id, "clientSecret": secret });
        let (_, answer) = Http::to(port).ask(
            "POST",
            "/v1/oauth/token",
            "Accept: application/json",
            &grant.to_string(),
        )?;
        let answer: Value = serde_json::from_str(&answer)?;
        answer["accessToken"].as_str().context("a token")?.clone_into(&mut server.token);
        Ok(server)
    }

    /// A new key, made with these arguments.
    pub(super) fn key(&self, arguments: &[&str]) -> Result<Key> {
        self.key_with(&[], arguments)
    }

    /// With some settings of its own.
    pub(super) fn key_with(&self, settings: &[(&str, &str)], arguments: &[&str]) -> Result<Key> {
        let all = [&["key", "create", "--json"][..], arguments].concat();
        let key: Value = serde_json::from_str(&self.command_with(settings, &all, "")?)?;
        let text = |name: &str| key[name].as_str().context("a key");
        Ok(Key {
            bearer: format!("{}.{}", text("id")?, text("secret")?),
            bound: text("key").unwrap_or_default().to_owned(),
        })
    }

    pub(super) fn target(&self) -> Target {
        Target { port: self.port, process: self.child.id() }
    }

    /// What the script that invites new addresses has to know.
    pub(super) fn invites(&self) -> [(&'static str, String); 2] {
        [("TOKEN", self.token.clone()), ("RUN", unique())]
    }

    /// Resident megabytes.
    pub(super) fn resident(&self) -> Result<f64> {
        self.size("VmRSS:")
    }

    /// The most megabytes that were resident so far.
    pub(super) fn peak(&self) -> Result<f64> {
        self.size("VmHWM:")
    }

    fn size(&self, which: &str) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find(|it| it.starts_with(which)).context("a size")?;
        let kilobytes: f64 = line.split_whitespace().nth(1).context("a size")?.parse()?;
        Ok(kilobytes * 1024.0 / 1e6)
    }

    /// Invites so many addresses through the command.
    pub(super) fn invite(&self, count: u32) -> Result<()> {
        for part in 0..count.div_ceil(10_000) {
            let mut addresses = String::new();
            for n in part * 10_000..count.min((part + 1) * 10_000) {
                writeln!(addresses, "letter{n}@example.com")?;
            }
            self.command(&["invite", "-"], &addresses)?;
        }
        Ok(())
    }

    /// Writes a task down many times, under ids that count from 1.
    pub(super) fn multiply(&self, sh: &Shell, task: &str, count: u32) -> Result<()> {
        let (url, count) = (&self.url, count.to_string());
        if url.is_empty() {
            let file = self.file()?;
            cmd!(sh, "python3 xtask/bench/tasks.py {file} {task} {count}").quiet().run()?;
        } else {
            let values = [format!("task={task}"), format!("count={count}")];
            let [task, count] = &values;
            cmd!(sh, "psql {url} -q -v {task} -v {count} -f xtask/bench/tasks.sql")
                .quiet()
                .run()?;
        }
        Ok(())
    }

    /// Waits until every letter is out; letters a second since the first was.
    pub(super) fn drained(&self, count: u32) -> Result<f64> {
        self.drains(count, Duration::from_mins(5), true)
    }

    /// Letters a second since the first of so many was out, until all are or the time is up.
    pub(super) fn drains(&self, count: u32, time: Duration, all: bool) -> Result<f64> {
        let mut first = None;
        let start = Instant::now();
        loop {
            let asked = Instant::now();
            let left: u32 = self.query("SELECT count(*) FROM outbox")?.parse()?;
            let (is_over, took) = (start.elapsed() > time, asked.elapsed());
            if left < count && first.is_none() {
                first = Some((asked, left));
            } else if let Some((at, before)) = first.filter(|_| left == 0 || is_over) {
                ensure!(left == 0 || !all, "{left} letters are still waiting");
                return Ok(f64::from(before - left) / (asked - at).as_secs_f64());
            }
            ensure!(!is_over, "no letter goes out");
            // To count takes the time of a processor, too.
            thread::sleep(Duration::from_millis(20).max(took * 4));
        }
    }

    /// The one value that a query of the database finds.
    pub(super) fn query(&self, query: &str) -> Result<String> {
        let output = if self.url.is_empty() {
            let script = "import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchone()[0])";
            Command::new("python3").args(["-c", script]).arg(self.file()?).arg(query).output()?
        } else {
            Command::new("psql").args([&self.url, "-qtAc", query]).output()?
        };
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "the database refused `{query}`: {errors}");
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    /// The file of SQLite.
    fn file(&self) -> Result<PathBuf> {
        Ok(self.home.as_ref().context("a folder")?.path().join("usher.db"))
    }

    /// Stops it and starts it again; milliseconds to the first 200.
    pub(super) fn restart(&mut self) -> Result<f64> {
        self.child.kill()?;
        self.child.wait()?;
        self.child = spawn(&self.settings)?;
        self.first_200()
    }

    /// Ends it and hands its folder on.
    pub(super) fn stop(mut self) -> Result<TempDir> {
        self.child.kill()?;
        self.child.wait()?;
        self.home.take().context("a folder")
    }

    fn first_200(&self) -> Result<f64> {
        let start = Instant::now();
        loop {
            if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) {
                stream.write_all(b"GET /readyz HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
                let mut answer = String::new();
                if stream.read_to_string(&mut answer).is_ok() && answer.contains(" 200 ") {
                    return Ok(start.elapsed().as_secs_f64() * 1e3);
                }
            }
            ensure!(start.elapsed() < Duration::from_mins(1), "usher does not start");
            thread::sleep(Duration::from_millis(1));
        }
    }

    pub(super) fn command(&self, arguments: &[&str], input: &str) -> Result<String> {
        self.command_with(&[], arguments, input)
    }

    /// With some settings of its own.
    pub(super) fn command_with(
        &self,
        settings: &[(&str, &str)],
        arguments: &[&str],
        input: &str,
    ) -> Result<String> {
        let mut child = usher(&self.settings)
            .envs(settings.iter().copied())
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut stdin = child.stdin.take().context("a pipe")?;
        let input = input.to_owned();
        let writer = thread::spawn(move || stdin.write_all(input.as_bytes()));
        let output = child.wait_with_output()?;
        writer.join().map_err(|_| anyhow::anyhow!("the writer panicked"))??;
        ensure!(output.status.success(), "usher {arguments:?} failed");
        Ok(String::from_utf8(output.stdout)?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn usher(settings: &[(String, String)]) -> Command {
    let mut command = Command::new(root().join("target/release/usher"));
    command.envs(settings.iter().cloned());
    command
}

fn spawn(settings: &[(String, String)]) -> Result<Child> {
    Ok(usher(settings).arg("serve").stdout(Stdio::null()).spawn()?)
}
