//! A task of many users: how fast it runs, what it costs, and who waits for it.

use std::{
    fmt::Write as _,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::bench::{
    figures::{DATABASES, Figures},
    frame::Frame,
    http::Http,
    limits::{BATCH, CLIENTS},
    load::Wrk,
    markdown::{figure, paragraph, percent, table},
    server::Server,
};

/// How many users the two tasks have.
const SMALL: u32 = 10_000;
const LARGE: u32 = 100_000;

/// How many tasks there are whose status is asked for, and what went wrong in each.
const TASKS: u32 = 1_000;
const MESSAGES: u32 = 10_000;

pub(super) fn measure(frame: &mut Frame<'_>, database: &str) -> Result<()> {
    let url = frame.postgres.url_for(frame.sh, database)?;
    let settings = [("USHER_INVITATIONS__BATCH", "100000"), ("USHER_MAIL__URL", "none")];
    let server = Server::start(frame.sh, &url, &settings)?;
    server.command(&["import", "users", "-"], &users())?;
    let boss = server.key(&["--authority", "ORG_ADMIN", "--user", "boss"])?;
    let elsewhere = [("USHER_TENANT__NAME", "elsewhere")];
    let neighbour = server.key_with(&elsewhere, &["--authority", "ORG_ADMIN"])?;
    let target = server.target();

    let mut api = Api::new(target.port, &boss.bearer);
    api.carried_out(0..SMALL)?;
    frame.figures.add(format!("{database} task small memory"), server.peak()?);

    let over = Arc::new(AtomicBool::new(false));
    let mut other = Api::new(target.port, &neighbour.bearer);
    let witness = thread::spawn({
        let over = over.clone();
        move || other.waits(&over)
    });
    let (name, meter) = (format!("{database} task"), frame.meter(target.process)?);
    let rate = api.carried_out(SMALL..SMALL + LARGE);
    over.store(true, Ordering::Relaxed);
    let mut waits = witness.join().map_err(|_| anyhow::anyhow!("the witness panicked"))??;
    frame.figures.add(&name, rate?);
    frame.cost(&name, &meter, LARGE.into())?;
    frame.figures.add(format!("{name} large memory"), server.peak()?);
    waits.sort_by(f64::total_cmp);
    let p99 = waits.get(waits.len() * 99 / 100).copied().context("nobody waited")?;
    frame.figures.add(format!("{name} neighbour"), p99);

    let unknown: Vec<_> = (0..MESSAGES).map(|it| format!("nobody{it}")).collect();
    let failed = api.submitted(&json!({ "ids": unknown }))?;
    api.ended(&failed, "ERROR")?;
    server.multiply(frame.sh, &failed, TASKS)?;
    let tasks = TASKS.to_string();
    let variables = [("TOKEN", &*boss.bearer), ("TASKS", &tasks)];
    let script = "xtask/bench/status.lua";
    let load = Wrk { script, variables: &variables, connections: 1, rows: 1 };
    frame.load(&format!("{database} status"), target, &load)?;
    Ok(())
}

pub(super) fn page(page: &mut String, figures: &Figures) {
    paragraph(page, &format!("## A task of {LARGE} users"));
    let rows = DATABASES.into_iter().map(|database| {
        let name = format!("{database} task");
        let of = |what: &str| figures.median(&format!("{name}{what}"));
        let limit = figures.median(&format!("{database} rows limit"));
        vec![
            database.to_owned(),
            figure(limit, 0),
            figure(of(""), 0),
            percent(of(""), limit),
            figures.processor(database, &name),
            figure(of(" neighbour"), 0),
            format!("{} MB", figure(of(" small memory"), 0)),
            format!("{} MB", figure(of(" large memory"), 0)),
            figure(figures.median(&format!("{database} status p99")), 1),
        ]
    });
    let small = format!("peak memory after {SMALL}");
    let large = format!("after {LARGE}");
    let head = [
        "database",
        "limit, rows/s",
        "usher, rows/s",
        "of the limit",
        "processor µs a row, usher; PostgreSQL",
        "another tenant's invitation meanwhile, p99 ms",
        &small,
        &large,
        "status of a task, p99 ms",
    ];
    table(page, &head, rows);
    paragraph(
        page,
        &format!(
            "From the answer 202 to SUCCESS, with `mail.url = none`: each row writes its invitation, its user, a letter's job and an audit entry, \
         and the letters are settled meanwhile. The limit is that of batches: a row in each of two tables, {BATCH} of each a transaction. A client sends them to \
         PostgreSQL as arrays, in one prepared statement with `unnest`, over each of {CLIENTS} connections; SQLite has one writer. The other tenant sends one \
         invitation after the other, and what that costs is in the processor time. The status is that of one of {TASKS} tasks with {MESSAGES} messages each, all of \
         which are in the answer."
        ),
    );
}

/// A client of the dialect that has tasks.
struct Api {
    http: Http,
    header: String,
}

impl Api {
    fn new(port: u16, bearer: &str) -> Self {
        Self { http: Http::to(port), header: format!("Authorization: Bearer {bearer}") }
    }

    /// Has them invited; rows a second from the answer to the end.
    fn carried_out(&mut self, users: std::ops::Range<u32>) -> Result<f64> {
        let rows = users.len();
        let ids: Vec<_> = users.map(|it| format!("u{it}")).collect();
        let task = self.submitted(&json!({ "ids": ids }))?;
        let took = self.ended(&task, "SUCCESS")?;
        #[expect(clippy::cast_precision_loss, reason = "far less than that")]
        Ok(rows as f64 / took.as_secs_f64())
    }

    /// The id of the task.
    fn submitted(&mut self, body: &Value) -> Result<String> {
        let (status, answer) = self.ask("POST", "/identities/invite", &body.to_string())?;
        ensure!(status == 202, "a task was not taken on: {status} {answer}");
        let task: Value = serde_json::from_str(&answer)?;
        Ok(task["id"].as_str().context("an id")?.to_owned())
    }

    /// Waits for the end of a task, which must be this; how long it took from now on.
    fn ended(&mut self, task: &str, expected: &str) -> Result<Duration> {
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
    fn waits(&mut self, over: &AtomicBool) -> Result<Vec<f64>> {
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

    fn ask(&mut self, method: &str, path: &str, body: &str) -> Result<(u16, String)> {
        self.http.ask(method, path, &self.header, body)
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
