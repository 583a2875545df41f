//! Members who are added at once: one a request, and in batches with and without pins.

use std::fmt::Write as _;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::bench::{
    figures::{DATABASES, Figures},
    frame::Frame,
    http::Http,
    load::Wrk,
    markdown::{figure, paragraph, percent, table},
    server::Server,
};

/// How many users there are to add in each second: more than could be added.
const USERS: u32 = 60_000;

/// What is measured: its name, connections, users a request, whether each gets a pin.
const MEASURES: [(&str, u32, u32, bool); 6] = [
    ("one, 1 connection", 1, 1, false),
    ("one, 16 connections", 16, 1, false),
    ("100, 1 connection", 1, 100, false),
    (BATCHES, 4, 100, false),
    ("100 with pins, 1 connection", 1, 100, true),
    ("100 with pins, 4 connections", 4, 100, true),
];
/// The one that is held to an aim.
pub(super) const BATCHES: &str = "100, 4 connections";

pub(super) fn measure(frame: &mut Frame<'_>, database: &str) -> Result<()> {
    let url = frame.postgres.url_for(frame.sh, database)?;
    let settings = [("USHER_MAIL__URL", "none"), ("USHER_PINS__LENGTH", "8")];
    let server = Server::start(frame.sh, &url, &settings)?;
    server.command(&["import", "organizations", "-"], &organizations())?;
    let count = USERS * frame.args.seconds;
    server.command(&["import", "users", "-"], &users(count))?;
    let target = server.target();
    let mut http = Http::to(target.port);
    for (number, (name, connections, rows, pins)) in MEASURES.into_iter().enumerate() {
        let organization = format!("sub{number}");
        let key = server.key(&["--authority", "HELPDESK", "--organization", &organization])?;
        let (size, all, pin) = (rows.to_string(), count.to_string(), u32::from(pins).to_string());
        let variables = [("KEY", &*key.bound), ("SIZE", &size), ("ALL", &all), ("PIN", &pin)];
        let script = "xtask/bench/members.lua";
        let load = Wrk { script, variables: &variables, connections, rows };
        let requests = frame.load(&format!("{database} members {name}"), target, &load)?;
        let header = format!("key: {}", key.bound);
        let answer = http.read("/urac/admin/users/count", &header)?;
        let answer: Value = serde_json::from_str(&answer)?;
        let members = answer["data"].as_u64().context("a count")?;
        let all = (requests * u64::from(rows)).min(count.into());
        ensure!(members >= all, "{requests} requests of {rows} made {members} members");
        ensure!(requests * u64::from(rows) <= count.into(), "there are not enough users");
    }
    Ok(())
}

pub(super) fn page(page: &mut String, figures: &Figures, seconds: u32) {
    paragraph(page, "## Members added at once");
    let rows = DATABASES.into_iter().flat_map(|database| {
        MEASURES.into_iter().map(move |(name, connections, rows, _)| {
            let limit = match rows {
                1 => figures.median(&format!("{database} {connections} limit")),
                _ => figures.median(&format!("{database} rows limit")),
            };
            let measure = format!("{database} members {name}");
            let of = |what: &str| figures.median(&format!("{measure}{what}"));
            vec![
                format!("{database}, {name}"),
                figure(limit, 0),
                figure(of(""), 0),
                percent(of(""), limit),
                figure(of(" p50"), 2),
                figure(of(" p99"), 2),
                figures.processor(database, &measure),
            ]
        })
    });
    let head = [
        "database, users a request",
        "limit, users/s",
        "usher, users/s",
        "of the limit",
        "p50 ms",
        "p99 ms",
        "processor µs a user, usher; PostgreSQL",
    ];
    table(page, &head, rows);
    paragraph(
        page,
        &format!(
            "`PUT /urac/admin/users/invite` for {} users, none of them a member yet, with `mail.url = none`. The limits are those of above: two rows a \
         transaction for one user a request, and those of batches for the rest. The original (npm soajs.urac on a \
         stand-in for MongoDB, two cores, another day) did 346 and 789 requests a second at 1 and 16 connections, and 1900 users a second in batches.",
            USERS * seconds
        ),
    );
}
fn organizations() -> String {
    let mut lines = format!("{}\n", json!({ "id": "main", "name": "Main" }));
    for number in 0..MEASURES.len() {
        let line = json!({ "id": format!("sub{number}"), "name": "Sub", "parent": "main" });
        let _ = writeln!(lines, "{line}");
    }
    lines
}

fn users(count: u32) -> String {
    let mut lines = String::new();
    for n in 0..count {
        let _ = writeln!(
            lines,
            "{}",
            json!({ "id": format!("{n:024x}"), "username": format!("user.{n}"), "email": format!("u{n}@example.com"),
                "firstName": "Ada", "lastName": format!("Number {n}"), "status": "active", "organization": "main" })
        );
    }
    lines
}
