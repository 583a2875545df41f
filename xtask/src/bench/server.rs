//! A release build of usher under load.

use std::{
    fmt::Write as _,
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use xshell::{Shell, TempDir, cmd};

use crate::{
    bench::{
        load::{self, Load},
        ports::free_port,
    },
    tree::root,
};

pub(super) struct Server {
    home: Option<TempDir>,
    settings: Vec<(String, String)>,
    port: u16,
    token: String,
    child: Child,
}

impl Server {
    pub(super) fn start(sh: &Shell, url: &str, settings: &[(&str, &str)]) -> Result<Self> {
        Self::start_in(sh, sh.create_temp_dir()?, url, settings)
    }

    pub(super) fn start_in(
        sh: &Shell,
        home: TempDir,
        url: &str,
        settings: &[(&str, &str)],
    ) -> Result<Self> {
        let port = free_port()?;
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
        let mut server =
            Self { home: Some(home), settings: all, port, token: String::new(), child };
        server.first_200()?;
        let made = server.command(&["key", "create", "--authority", "ORG_ADMIN", "--json"], "")?;
        let key: serde_json::Value = serde_json::from_str(&made)?;
        let text = |name: &str| key[name].as_str().map(str::to_owned).context("a key");
        let grant = format!(
            r#"{{"grantType":"client_credentials","clientId":"{}","clientSecret":"{}"}}"#,
            text("id")?,
            text("secret")?
        );
        let address = format!("http://127.0.0.1:{port}/v1/oauth/token");
        let json = "Content-Type: application/json";
        let answer = cmd!(sh, "curl -s {address} -H {json} -d {grant}").quiet().read()?;
        let answer: serde_json::Value = serde_json::from_str(&answer)?;
        answer["accessToken"].as_str().context("a token")?.clone_into(&mut server.token);
        Ok(server)
    }

    pub(super) fn port(&self) -> u16 {
        self.port
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

    pub(super) fn load(&self, sh: &Shell, connections: u32, seconds: u32) -> Result<Load> {
        let _token = sh.push_env("TOKEN", &self.token);
        let _run = sh.push_env("RUN", load::unique());
        self.load_with(sh, "xtask/bench/invite.lua", connections, seconds)
    }

    /// What a script of wrk asks for.
    pub(super) fn load_with(
        &self,
        sh: &Shell,
        script: &str,
        connections: u32,
        seconds: u32,
    ) -> Result<Load> {
        load::wrk(sh, self.port, self.child.id(), script, connections, seconds)
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
    pub(super) fn multiply(&self, sh: &Shell, url: &str, task: &str, count: u32) -> Result<()> {
        let count = count.to_string();
        if url.is_empty() {
            let file = self.home.as_ref().context("a folder")?.path().join("usher.db");
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
    pub(super) fn drained(&self, url: &str, count: u32) -> Result<f64> {
        let mut first = None;
        let start = Instant::now();
        loop {
            let left: u32 = self.waiting(url)?;
            if left < count && first.is_none() {
                first = Some((Instant::now(), left));
            }
            if left == 0 {
                let (at, left) = first.context("a letter")?;
                return Ok(f64::from(left) / at.elapsed().as_secs_f64());
            }
            ensure!(start.elapsed() < Duration::from_mins(5), "{left} letters are still waiting");
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn waiting(&self, url: &str) -> Result<u32> {
        let query = "SELECT count(*) FROM outbox";
        let output = if url.is_empty() {
            let file = self.home.as_ref().context("a folder")?.path().join("usher.db");
            let script = format!(
                "import sqlite3,sys; print(sqlite3.connect(sys.argv[1]).execute('{query}').fetchone()[0])"
            );
            Command::new("python3").args(["-c", &script]).arg(file).output()?
        } else {
            Command::new("psql").args([url, "-qtAc", query]).output()?
        };
        Ok(String::from_utf8(output.stdout)?.trim().parse()?)
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
