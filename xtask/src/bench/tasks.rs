//! A task of many users: how fast it runs, what it costs, and who waits for it.

use std::{
    fmt::Write as _,
    io::{Read as _, Write as _},
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use xshell::Shell;

use crate::bench::{
    figures::{DATABASES, Figures},
    load::Load,
    postgres::Postgres,
    server::Server,
};

/// How many users the two tasks have.
const SMALL: u32 = 10_000;
const LARGE: u32 = 100_000;

/// How many tasks there are whose status is asked for, and what went wrong in each.
const TASKS: u32 = 1_000;
const MESSAGES: u32 = 10_000;

pub(super) fn measure(
    sh: &Shell,
    database: &str,
    postgres: &Postgres,
    seconds: u32,
    figures: &mut Figures,
) -> Result<()> {
    let url = postgres.url_for(sh, database)?;
    let settings = [("USHER_INVITATIONS__BATCH", "100000"), ("USHER_MAIL__URL", "none")];
    let server = Server::start(sh, &url, &settings)?;
    server.command(&["import", "users", "-"], &users())?;
    let boss = ["key", "create", "--authority", "ORG_ADMIN", "--user", "boss", "--json"];
    let boss = bearer(&server.command(&boss, "")?)?;
    let neighbour = ["key", "create", "--authority", "ORG_ADMIN", "--json"];
    let elsewhere = [("USHER_TENANT__NAME", "elsewhere")];
    let neighbour = bearer(&server.command_with(&elsewhere, &neighbour, "")?)?;

    let api = Api { port: server.port(), token: boss };
    api.carried_out(0..SMALL)?;
    figures.add(format!("{database} task small memory"), server.peak()?);

    let over = Arc::new(AtomicBool::new(false));
    let other = Api { port: server.port(), token: neighbour };
    let witness = thread::spawn({
        let over = over.clone();
        move || other.waits(&over)
    });
    let rate = api.carried_out(SMALL..SMALL + LARGE);
    over.store(true, Ordering::Relaxed);
    let mut waits = witness.join().map_err(|_| anyhow::anyhow!("the witness panicked"))??;
    figures.add(format!("{database} task"), rate?);
    figures.add(format!("{database} task large memory"), server.peak()?);
    waits.sort_by(f64::total_cmp);
    let p99 = waits.get(waits.len() * 99 / 100).copied().context("nobody waited")?;
    figures.add(format!("{database} task neighbour"), p99);

    let unknown: Vec<_> = (0..MESSAGES).map(|it| format!("nobody{it}")).collect();
    let failed = api.submitted(&json!({ "ids": unknown }))?;
    api.ended(&failed, "ERROR")?;
    server.multiply(sh, &url, &failed, TASKS)?;
    let _token = sh.push_env("TOKEN", &api.token);
    let _tasks = sh.push_env("TASKS", TASKS.to_string());
    let Load { p99, .. } = server.load_with(sh, "xtask/bench/status.lua", 1, seconds)?;
    figures.add(format!("{database} status"), p99);
    Ok(())
}

pub(super) fn page(page: &mut String, figures: &Figures) -> Result<()> {
    let m = |name: &str| figures.median(name);
    writeln!(page, "## A task of {LARGE} users\n")?;
    writeln!(
        page,
        "| database | limit, rows/s | usher, rows/s | of the limit | another tenant's invitation meanwhile, p99 ms | peak memory after {SMALL} | after {LARGE} | status of a task, p99 ms |\n|---|--:|--:|--:|--:|--:|--:|--:|"
    )?;
    for database in DATABASES {
        let of = |what: &str| m(&format!("{database} task{what}"));
        writeln!(
            page,
            "| {database} | {:.0} | {:.0} | {:.0} % | {:.0} | {:.0} MB | {:.0} MB | {:.1} |",
            of(" limit"),
            of(""),
            100.0 * of("") / of(" limit"),
            of(" neighbour"),
            of(" small memory"),
            of(" large memory"),
            m(&format!("{database} status")),
        )?;
    }
    writeln!(
        page,
        "\nFrom the answer 202 to SUCCESS, with `mail.url = none`: each row writes its invitation, its user, a letter's job and an audit entry, \
         and the letters are settled meanwhile. The limit is a row in each of two tables, 1000 of each a transaction. The other tenant sends one \
         invitation after the other. The status is that of one of {TASKS} tasks with {MESSAGES} messages each, all of which are in the answer.\n"
    )?;
    Ok(())
}

/// A client of the dialect that has tasks.
struct Api {
    port: u16,
    token: String,
}

impl Api {
    /// Has them invited; rows a second from the answer to the end.
    fn carried_out(&self, users: std::ops::Range<u32>) -> Result<f64> {
        let rows = users.len();
        let ids: Vec<_> = users.map(|it| format!("u{it}")).collect();
        let task = self.submitted(&json!({ "ids": ids }))?;
        let took = self.ended(&task, "SUCCESS")?;
        #[expect(clippy::cast_precision_loss, reason = "far less than that")]
        Ok(rows as f64 / took.as_secs_f64())
    }

    /// The id of the task.
    fn submitted(&self, body: &Value) -> Result<String> {
        let (status, answer) = self.ask("POST", "/identities/invite", &body.to_string())?;
        ensure!(status == 202, "a task was not taken on: {status} {answer}");
        let task: Value = serde_json::from_str(&answer)?;
        Ok(task["id"].as_str().context("an id")?.to_owned())
    }

    /// Waits for the end of a task, which must be this; how long it took from now on.
    fn ended(&self, task: &str, expected: &str) -> Result<Duration> {
        let start = Instant::now();
        loop {
            let (_, answer) = self.ask("GET", &format!("/task-status/{task}"), "")?;
            let task: Value = serde_json::from_str(&answer)?;
            if let Some(how) = task["completionStatus"].as_str() {
                ensure!(how == expected, "a task ended as {how}");
                return Ok(start.elapsed());
            }
            ensure!(start.elapsed() < Duration::from_mins(10), "a task never ends");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Invites one after the other until it is over; how long each took, in milliseconds.
    fn waits(&self, over: &AtomicBool) -> Result<Vec<f64>> {
        let mut waits = Vec::new();
        while !over.load(Ordering::Relaxed) {
            let body = json!({
                "invitedEmail": format!("n{}@example.org", waits.len()),
                "inviter": "Next door",
            });
            let start = Instant::now();
            let (status, answer) = self.ask("POST", "/v1/userInvitations", &body.to_string())?;
            ensure!(status == 200, "the neighbour was turned away: {status} {answer}");
            waits.push(start.elapsed().as_secs_f64() * 1e3);
            thread::sleep(Duration::from_millis(10));
        }
        Ok(waits)
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> Result<(u16, String)> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        let head = format!(
            "{method} {path} HTTP/1.0\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            self.token,
            body.len()
        );
        stream.write_all(head.as_bytes())?;
        stream.write_all(body.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").context("no answer")?;
        let status = head.split(' ').nth(1).context("no status")?.parse()?;
        Ok((status, body.to_owned()))
    }
}

/// Everybody, and an administrator.
fn users() -> String {
    let boss = json!({ "id": "boss", "email": "boss@example.org", "status": "active" });
    let mut lines = format!("{boss}\n");
    for n in 0..SMALL + LARGE {
        let _ = writeln!(
            lines,
            "{}",
            json!({ "id": format!("u{n}"), "username": format!("user.{n}"), "email": format!("u{n}@example.com"),
                "firstName": "Ada", "lastName": format!("Number {n}") })
        );
    }
    lines
}

fn bearer(key: &str) -> Result<String> {
    let key: Value = serde_json::from_str(key)?;
    let text = |name: &str| key[name].as_str().context("a key");
    Ok(format!("{}.{}", text("id")?, text("secret")?))
}
