//! Members who are added at once: one a request, and in batches with and without pins.

use std::fmt::Write as _;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use xshell::{Shell, cmd};

use crate::bench::{
    figures::{DATABASES, Figures},
    load::Load,
    postgres::Postgres,
    server::Server,
};

/// How many users there are to add.
const USERS: u32 = 100_000;

/// What is measured: its name, connections, users a request, whether each gets a pin.
const MEASURES: [(&str, u32, u32, bool); 6] = [
    ("one, 1 connection", 1, 1, false),
    ("one, 16 connections", 16, 1, false),
    ("100, 1 connection", 1, 100, false),
    ("100, 4 connections", 4, 100, false),
    ("100 with pins, 1 connection", 1, 100, true),
    ("100 with pins, 4 connections", 4, 100, true),
];

pub(super) fn measure(
    sh: &Shell,
    database: &str,
    postgres: &Postgres,
    seconds: u32,
    figures: &mut Figures,
) -> Result<()> {
    let url = postgres.url_for(sh, database)?;
    let settings = [("USHER_MAIL__URL", "none"), ("USHER_PINS__LENGTH", "8")];
    let server = Server::start(sh, &url, &settings)?;
    server.command(&["import", "organizations", "-"], &organizations())?;
    server.command(&["import", "users", "-"], &users())?;
    for (number, (name, connections, size, pins)) in MEASURES.into_iter().enumerate() {
        let organization = format!("sub{number}");
        let arguments = ["key", "create", "--authority", "HELPDESK", "--json", "--organization"];
        let made = server.command(&[&arguments[..], &[&*organization]].concat(), "")?;
        let made: Value = serde_json::from_str(&made)?;
        let key = made["key"].as_str().context("a key")?;
        let _key = sh.push_env("KEY", key);
        let _size = sh.push_env("SIZE", size.to_string());
        let _all = sh.push_env("ALL", USERS.to_string());
        let _pin = sh.push_env("PIN", u32::from(pins).to_string());
        let Load { rate, p50, p99, requests, .. } =
            server.load_with(sh, "xtask/bench/members.lua", connections, seconds)?;
        let address = format!("http://127.0.0.1:{}/urac/admin/users/count", server.port());
        let header = format!("key: {key}");
        let answer = cmd!(sh, "curl -s {address} -H {header}").quiet().read()?;
        let answer: Value = serde_json::from_str(&answer)?;
        let members = answer["data"].as_u64().context("a count")?;
        let all = (requests * u64::from(size)).min(USERS.into());
        ensure!(members >= all, "{requests} requests of {size} made {members} members");
        ensure!(requests * u64::from(size) <= USERS.into(), "there are not enough users");
        figures.add(format!("{database} members {name}"), rate * f64::from(size));
        figures.add(format!("{database} members {name} p50"), p50);
        figures.add(format!("{database} members {name} p99"), p99);
    }
    Ok(())
}

pub(super) fn page(page: &mut String, figures: &Figures) -> Result<()> {
    let m = |name: &str| figures.median(name);
    writeln!(page, "## Members added at once\n")?;
    writeln!(
        page,
        "| database, users a request | limit, users/s | usher, users/s | of the limit | p50 ms | p99 ms |\n|---|--:|--:|--:|--:|--:|"
    )?;
    for database in DATABASES {
        for (name, connections, size, _) in MEASURES {
            let limit = match size {
                1 => m(&format!("{database} {connections} limit")),
                _ => m(&format!("{database} task limit")),
            };
            let of = |what: &str| m(&format!("{database} members {name}{what}"));
            writeln!(
                page,
                "| {database}, {name} | {limit:.0} | {:.0} | {:.0} % | {:.2} | {:.2} |",
                of(""),
                100.0 * of("") / limit,
                of(" p50"),
                of(" p99"),
            )?;
        }
    }
    writeln!(
        page,
        "\n`PUT /urac/admin/users/invite` for {USERS} users, none of them a member yet, with `mail.url = none`. The limits are those of above: two rows a \
         transaction for one user a request, and for batches a row in each of two tables, 1000 of each a transaction. The original (npm soajs.urac on a \
         stand-in for MongoDB, two cores, another day) did 346 and 789 requests a second at 1 and 16 connections, and 1900 users a second in batches.\n"
    )?;
    Ok(())
}

fn organizations() -> String {
    let mut lines = format!("{}\n", json!({ "id": "main", "name": "Main" }));
    for number in 0..MEASURES.len() {
        let line = json!({ "id": format!("sub{number}"), "name": "Sub", "parent": "main" });
        let _ = writeln!(lines, "{line}");
    }
    lines
}

fn users() -> String {
    let mut lines = String::new();
    for n in 0..USERS {
        let _ = writeln!(
            lines,
            "{}",
            json!({ "id": format!("{n:024x}"), "username": format!("user.{n}"), "email": format!("u{n}@example.com"),
                "firstName": "Ada", "lastName": format!("Number {n}"), "status": "active", "organization": "main" })
        );
    }
    lines
}
