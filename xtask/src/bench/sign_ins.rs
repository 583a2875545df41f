//! People who sign in with the right password, alone and while somebody guesses passwords.

use std::{
    fmt::Write as _,
    num::NonZero,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use argon2::{Argon2, password_hash::PasswordHasher as _};
use serde_json::json;
use xshell::{Shell, cmd};

use crate::bench::{
    figures::{DATABASES, Figures},
    load::Load,
    postgres::Postgres,
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
pub(super) fn limit(seconds: u32, figures: &mut Figures) -> Result<()> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let end = Instant::now() + Duration::from_secs(seconds.into());
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
    figures.add("sign-ins limit", f64::from(all) / start.elapsed().as_secs_f64());
    Ok(())
}

pub(super) fn measure(
    sh: &Shell,
    database: &str,
    postgres: &Postgres,
    seconds: u32,
    figures: &mut Figures,
) -> Result<()> {
    let url = postgres.url_for(sh, database)?;
    let settings = [("USHER_MAIL__URL", "none"), ("USHER_HTTP__TRUSTED_PROXIES", "127.0.0.0/8")];
    let server = Server::start(sh, &url, &settings)?;
    server.command(&["import", "users", "-"], &users()?)?;
    let (nonce, cookie) = form(sh, &server)?;
    let _nonce = sh.push_env("NONCE", nonce);
    let _cookie = sh.push_env("COOKIE", cookie);
    let _users = sh.push_env("USERS", USERS.to_string());
    let _password = sh.push_env("PASSWORD", PASSWORD);
    for (number, (name, is_attacked)) in MEASURES.into_iter().enumerate() {
        // No address signs in twice.
        let _first = sh.push_env("FIRST", (number * 1_000_000).to_string());
        let attack = is_attacked.then(|| Attack::start(sh, &server, seconds + 2)).transpose()?;
        let Load { rate, p50, p99, .. } =
            server.load_with(sh, "xtask/bench/sign_in.lua", CONNECTIONS, seconds)?;
        drop(attack);
        figures.add(format!("{database} sign-ins {name}"), rate);
        figures.add(format!("{database} sign-ins {name} p50"), p50);
        figures.add(format!("{database} sign-ins {name} p99"), p99);
    }
    Ok(())
}

pub(super) fn page(page: &mut String, figures: &Figures) -> Result<()> {
    let m = |name: &str| figures.median(name);
    writeln!(page, "## Sign-ins\n")?;
    writeln!(
        page,
        "| database | limit, hashes/s | usher, sign-ins/s | of the limit | p50 ms | p99 ms |\n|---|--:|--:|--:|--:|--:|"
    )?;
    let limit = m("sign-ins limit");
    for database in DATABASES {
        for (name, _) in MEASURES {
            let of = |what: &str| m(&format!("{database} sign-ins {name}{what}"));
            writeln!(
                page,
                "| {database}, {name} | {limit:.0} | {:.0} | {:.0} % | {:.0} | {:.0} |",
                of(""),
                100.0 * of("") / limit,
                of(" p50"),
                of(" p99"),
            )?;
        }
    }
    writeln!(
        page,
        "\nRight passwords at `/signin` over {CONNECTIONS} connections, of {USERS} users, each from an address of its own. The limit is argon2id (19 MiB, t = 2, p = 1) on \
         all cores and nothing else. Meanwhile, under attack, somebody guesses over {ATTACKERS} connections from one address, as fast as answers come.\n"
    )?;
    Ok(())
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
fn form(sh: &Shell, server: &Server) -> Result<(String, String)> {
    let address = format!("http://127.0.0.1:{}/signin", server.port());
    let answer = cmd!(sh, "curl -si {address}").quiet().read()?;
    let after = |text: &str| answer.split_once(text).map(|(_, it)| it);
    let nonce = after(r#"name="nonce" value=""#).and_then(|it| it.split('"').next());
    let cookies = answer.lines().filter_map(|it| {
        let (name, value) = it.split_once(": ")?;
        name.eq_ignore_ascii_case("set-cookie").then(|| value.split(';').next())?
    });
    Ok((nonce.context("a nonce")?.to_owned(), cookies.collect::<Vec<_>>().join("; ")))
}

/// Somebody who guesses, until it is dropped.
struct Attack(Child);

impl Attack {
    fn start(sh: &Shell, server: &Server, seconds: u32) -> Result<Self> {
        let address = format!("http://127.0.0.1:{}", server.port());
        let mut command = Command::new("wrk");
        command.current_dir(sh.current_dir()).args(["-t1", &format!("-c{ATTACKERS}")]);
        command.args([&format!("-d{seconds}s"), "-s", "xtask/bench/guess.lua", &address]);
        for name in ["NONCE", "COOKIE", "USERS"] {
            command.env(name, sh.var(name)?);
        }
        let attack = Self(command.stdout(Stdio::null()).spawn()?);
        thread::sleep(Duration::from_secs(1));
        Ok(attack)
    }
}

impl Drop for Attack {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
