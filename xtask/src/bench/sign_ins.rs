//! People who sign in with the right password, alone and while somebody guesses passwords.

use std::{
    fmt::Write as _,
    num::NonZero,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use argon2::{Argon2, password_hash::PasswordHasher as _};
use serde_json::json;
use xshell::{Shell, cmd};

use crate::bench::{
    figures::{DATABASES, Figures},
    frame::Frame,
    load::Wrk,
    markdown::{figure, paragraph, percent, table},
    server::Server,
};

const USERS: u32 = 2_000;
const PASSWORD: &str = "seven+llamas+dance+at+night";
/// How many people sign in at the same time.
const CONNECTIONS: u32 = 16;
/// Over how many connections somebody guesses, from one address.
const ATTACKERS: u32 = 200;

/// What is measured: its name, and whether somebody guesses meanwhile.
const MEASURES: [(&str, bool); 2] = [("alone", false), ("under attack", true)];

/// How many hashes a second all cores of the machine make together.
pub(super) fn limit(frame: &mut Frame<'_>) -> Result<()> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let end = Instant::now() + Duration::from_secs(frame.args.seconds.into());
    let start = Instant::now();
    let threads: Vec<_> = (0..cores)
        .map(|_| {
            thread::spawn(move || {
                let mut hashes = 0;
                while Instant::now() < end {
                    hash()?;
                    hashes += 1;
                }
                anyhow::Ok(hashes)
            })
        })
        .collect();
    let mut all = 0;
    for it in threads {
        all += it.join().map_err(|_| anyhow::anyhow!("a thread panicked"))??;
    }
    frame.figures.add("sign-ins limit", f64::from(all) / start.elapsed().as_secs_f64());
    Ok(())
}

pub(super) fn measure(frame: &mut Frame<'_>, database: &str) -> Result<()> {
    let (sh, seconds) = (frame.sh, frame.args.seconds);
    let url = frame.postgres.url_for(sh, database)?;
    let settings = [("USHER_MAIL__URL", "none"), ("USHER_HTTP__TRUSTED_PROXIES", "127.0.0.0/8")];
    let server = Server::start(sh, &url, &settings)?;
    server.command(&["import", "users", "-"], &users()?)?;
    let target = server.target();
    let (nonce, cookie) = form(sh, target.port)?;
    let count = USERS.to_string();
    let form = [("NONCE", &*nonce), ("COOKIE", &*cookie), ("USERS", &*count)];
    for (number, (name, is_attacked)) in MEASURES.into_iter().enumerate() {
        let script = "xtask/bench/guess.lua";
        let guesses = Wrk { script, variables: &form, connections: ATTACKERS, rows: 1 };
        let attack =
            is_attacked.then(|| guesses.start(sh, target.port, seconds + 2)).transpose()?;
        if is_attacked {
            thread::sleep(Duration::from_secs(1));
        }
        // No address signs in twice.
        let first = (number * 1_000_000).to_string();
        let variables = [&form[..], &[("PASSWORD", PASSWORD), ("FIRST", &first)]].concat();
        let script = "xtask/bench/sign_in.lua";
        let load = Wrk { script, variables: &variables, connections: CONNECTIONS, rows: 1 };
        frame.load(&format!("{database} sign-ins {name}"), target, &load)?;
        drop(attack);
    }
    Ok(())
}

pub(super) fn page(page: &mut String, figures: &Figures) {
    paragraph(page, "## Sign-ins");
    let limit = figures.median("sign-ins limit");
    let rows = DATABASES.into_iter().flat_map(|database| {
        MEASURES.into_iter().map(move |(name, _)| {
            let of = |what: &str| figures.median(&format!("{database} sign-ins {name}{what}"));
            vec![
                format!("{database}, {name}"),
                figure(limit, 0),
                figure(of(""), 0),
                percent(of(""), limit),
                figure(of(" p50"), 0),
                figure(of(" p99"), 0),
            ]
        })
    });
    let head =
        ["database", "limit, hashes/s", "usher, sign-ins/s", "of the limit", "p50 ms", "p99 ms"];
    table(page, &head, rows);
    paragraph(
        page,
        &format!(
            "Right passwords at `/signin` over {CONNECTIONS} connections, of {USERS} users, each from an address of its own. The limit is argon2id (19 MiB, t = 2, p = 1) on \
         all cores and nothing else. Meanwhile, under attack, somebody guesses over {ATTACKERS} connections from one address, as fast as answers come."
        ),
    );
}

fn hash() -> Result<String> {
    let password = PASSWORD.replace('+', " ");
    Ok(Argon2::default().hash_password(password.as_bytes())?.to_string())
}

fn users() -> Result<String> {
    let (mut lines, hash) = (String::new(), hash()?);
    for n in 0..USERS {
        let user = json!({ "id": format!("user-{n}"), "username": format!("user.{n}"), "email": format!("u{n}@example.com"),
            "firstName": "Ada", "lastName": "Lovelace", "status": "active", "passwordHash": hash });
        writeln!(lines, "{user}")?;
    }
    Ok(lines)
}

/// The nonce of the form, and the cookies that came with it.
fn form(sh: &Shell, port: u16) -> Result<(String, String)> {
    let address = format!("http://127.0.0.1:{port}/signin");
    let answer = cmd!(sh, "curl -si {address}").quiet().read()?;
    let after = |text: &str| answer.split_once(text).map(|(_, it)| it);
    let nonce = after(r#"name="nonce" value=""#).and_then(|it| it.split('"').next());
    let cookies = answer.lines().filter_map(|it| {
        let (name, value) = it.split_once(": ")?;
        name.eq_ignore_ascii_case("set-cookie").then(|| value.split(';').next())?
    });
    Ok((nonce.context("a nonce")?.to_owned(), cookies.collect::<Vec<_>>().join("; ")))
}
