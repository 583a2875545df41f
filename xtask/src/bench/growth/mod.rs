//! Whether usher takes longer the more invitations there are: each question is asked of a small database
//! and of a large one.

mod filled;
pub(super) mod page;
mod questions;

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::bench::{
    frame::Frame,
    growth::{
        filled::{Callers, Filled},
        questions::{AUDIT_ACTION, AUDIT_USER, CLAIM, Caller, DEEP, WRITES, questions},
    },
    http::{Http, encode},
    load::unique,
    server::Server,
};

/// How many invitations the small one has.
const FEW: u32 = 10_000;

/// How often each question is asked before it counts, and then: so often, or as often as there is time.
const WARM_UP: usize = 3;
const TRIES: usize = 101;
const TIME: Duration = Duration::from_secs(6);

/// How far down a page is read.
const DEPTH: u32 = 300_000;
/// How many letters a worker claims at once.
const CLAIMED: f64 = 256.0;

pub(super) fn measure(frame: &mut Frame<'_>, database: &str) -> Result<()> {
    let filled =
        [Filled::make(frame, database, FEW)?, Filled::make(frame, database, frame.args.growth)?];
    let urls = filled.each_ref().map(|it| it.url.clone());
    let [few, many] = filled.map(Side::start);
    let mut sides = [few?, many?];
    let [few, many] = sides.each_ref().map(|it| it.rows);
    let all = [
        ask(&mut sides)?,
        commands(&mut sides)?,
        writes(&mut sides)?,
        vec![("rows", [few, many].map(f64::from))],
    ];
    for (name, medians) in all.into_iter().flatten() {
        keep(frame, database, name, medians);
    }
    // One after the other: a worker takes all that there is of the machine.
    let [few, many] = sides.map(|it| it.claims(frame.args.seconds));
    keep(frame, database, CLAIM, [few?, many?]);
    for it in urls.iter().filter(|it| !it.is_empty()) {
        frame.postgres.remove(frame.sh, it)?;
    }
    Ok(())
}

fn keep(frame: &mut Frame<'_>, database: &str, name: &str, [few, many]: [f64; 2]) {
    frame.figures.add(format!("{database} growth few {name}"), few);
    frame.figures.add(format!("{database} growth many {name}"), many);
}

/// What was measured, and the medians of both sides in milliseconds.
type Medians = Vec<(&'static str, [f64; 2])>;

/// A server of one of the databases.
struct Side {
    server: Server,
    http: Http,
    url: String,
    callers: Callers,
    rows: u32,
    letters: u32,
}

impl Side {
    fn start(filled: Filled) -> Result<Self> {
        let Filled { home, url, callers, rows, letters } = filled;
        let settings = [
            ("USHER_WORKER__ENABLED", "false"),
            ("USHER_MAIL__URL", "none"),
            // Who opens links here is one address.
            ("USHER_HTTP__SIGN_IN_RATE", "0"),
        ];
        let server = Server::start_in(home, &url, &settings)?;
        let http = Http::to(server.target().port);
        Ok(Self { server, http, url, callers, rows, letters })
    }

    fn read(&mut self, path: &str, caller: Caller) -> Result<String> {
        self.http.read(path, self.callers.header(caller))
    }

    /// A page in the middle of the list, or so far down as is far enough.
    fn deep(&mut self) -> Result<String> {
        let list = "/v1/userInvitations?pageSize=100";
        let mut path = list.to_owned();
        // A tenth of all is in it.
        for _ in 0..(self.rows / 10 / 2).min(DEPTH) / 100 {
            let page: Value = serde_json::from_str(&self.read(&path, Caller::Tenant)?)?;
            let token = page["nextPageToken"].as_str().context("a token of a page")?;
            ensure!(!token.is_empty(), "the list ends too soon");
            path = format!("{list}&pageToken={}", encode(token));
        }
        Ok(path)
    }

    /// Milliseconds that it took to make an invitation, and to do what comes of it.
    fn write(&mut self) -> Result<[f64; 4]> {
        let mut times = Vec::new();
        let header = self.callers.header(Caller::Tenant);
        let mut ask = |method: &str, path: &str, body: &Value| {
            let start = Instant::now();
            let (status, answer) = self.http.ask(method, path, header, &body.to_string())?;
            times.push(milliseconds(start));
            ensure!(status == 200, "{path} was answered with {status}: {answer}");
            anyhow::Ok(serde_json::from_str::<Value>(&answer)?)
        };
        let list = "/v1/userInvitations";
        let mailbox = format!("u{}@example.com", unique());
        let made = ask("POST", list, &json!({ "invitedEmail": mailbox, "inviter": "Ada" }))?;
        let text = |name: &str| made[name].as_str().context("an invitation");
        let (id, token) = (text("name")?, text("invitationToken")?);
        let query = encode(token);
        ask("GET", &format!("{list}:lookup?invitationToken={query}"), &Value::Null)?;
        ask("POST", &format!("/v1/{id}:resend"), &json!({}))?;
        let accept = json!({ "invitationToken": token, "fullName": "Ada Lovelace" });
        ask("POST", &format!("{list}:accept"), &accept)?;
        times.try_into().map_err(|_| anyhow::anyhow!("not everything was asked"))
    }

    /// Milliseconds that a worker takes for as many letters as it claims at once.
    fn claims(self, seconds: u32) -> Result<f64> {
        let waiting: u32 = self.server.query("SELECT count(*) FROM outbox")?.parse()?;
        ensure!(waiting >= self.letters, "the letters that are due are not there");
        let home = self.server.stop()?;
        let server = Server::start_in(home, &self.url, &[("USHER_MAIL__URL", "none")])?;
        let rate = server.drains(waiting, Duration::from_secs(seconds.into()), false)?;
        Ok(CLAIMED / rate * 1e3)
    }
}

/// What is asked of the APIs.
fn ask(sides: &mut [Side; 2]) -> Result<Medians> {
    let mut medians = Vec::new();
    let [few, many] = sides.each_ref().map(|it| questions(it.rows));
    for (few, many) in few.into_iter().zip(many) {
        let (name, asked) = (few.name, [few, many]);
        let times = in_turn(sides, |it, at| it.read(&asked[at].path, asked[at].caller).map(drop));
        medians.push((name, times.with_context(|| format!("the question `{name}`"))?));
    }
    let [few, many] = sides.each_mut().map(Side::deep);
    let pages = [few?, many?];
    medians.push((DEEP, in_turn(sides, |it, at| it.read(&pages[at], Caller::Tenant).map(drop))?));
    Ok(medians)
}

fn commands(sides: &mut [Side; 2]) -> Result<Medians> {
    let mut medians = Vec::new();
    for (name, arguments) in
        [(AUDIT_ACTION, ["audit", "--action", "reset"]), (AUDIT_USER, ["audit", "--user", "few"])]
    {
        let times = in_turn(sides, |it, _| it.server.command(&arguments, "").map(drop))?;
        medians.push((name, times));
    }
    Ok(medians)
}

fn writes(sides: &mut [Side; 2]) -> Result<Medians> {
    let mut times = WRITES.map(|_| [Vec::new(), Vec::new()]);
    for turn in 0..WARM_UP + TRIES {
        for (at, side) in sides.iter_mut().enumerate() {
            let took = side.write()?;
            for (times, took) in times.iter_mut().zip(took).filter(|_| turn >= WARM_UP) {
                times[at].push(took);
            }
        }
    }
    Ok(WRITES.into_iter().zip(times.map(|it| it.map(middle))).collect())
}

/// Asks both sides in turn, so that what else the machine does holds up both of them. The medians, in
/// milliseconds.
fn in_turn(
    sides: &mut [Side; 2],
    mut question: impl FnMut(&mut Side, usize) -> Result<()>,
) -> Result<[f64; 2]> {
    let (mut times, start) = ([Vec::new(), Vec::new()], Instant::now());
    for turn in 0..WARM_UP + TRIES {
        for (at, side) in sides.iter_mut().enumerate() {
            let asked = Instant::now();
            question(side, at)?;
            if turn >= WARM_UP {
                times[at].push(milliseconds(asked));
            }
        }
        if turn >= 2 * WARM_UP && start.elapsed() > TIME {
            break;
        }
    }
    Ok(times.map(middle))
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

fn middle(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}
