//! Published clients, unmodified, pointed at usher: the programs in `tests/clients`.

use std::{
    env,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{process::Command, time::timeout};
use usher_tests::{Database, Server};

/// Importing three versions of an SDK takes a busy machine its time.
const PATIENCE: Duration = Duration::from_mins(5);

const ADMINISTRATOR: &str = "2c9180867769897d01776ed5f1250001";
const HELPER: &str = "2c9180867769897d01776ed5f1250002";

#[tokio::test]
async fn the_python_sdk_2_of_sailpoint_works_on_sqlite() {
    works_on_sqlite(python("sailpoint", "sdk2")).await;
}

#[tokio::test]
async fn the_python_sdk_2_of_sailpoint_works_on_postgres() {
    works_on_postgres(python("sailpoint", "sdk2")).await;
}

#[tokio::test]
async fn the_python_sdk_1_of_sailpoint_works_on_sqlite() {
    works_on_sqlite(python("sailpoint", "sdk1")).await;
}

#[tokio::test]
async fn the_python_sdk_1_of_sailpoint_works_on_postgres() {
    works_on_postgres(python("sailpoint", "sdk1")).await;
}

#[tokio::test]
async fn the_typescript_sdk_1_of_sailpoint_works_on_sqlite() {
    works_on_sqlite(node("sailpoint", "sdk")).await;
}

#[tokio::test]
async fn the_typescript_sdk_1_of_sailpoint_works_on_postgres() {
    works_on_postgres(node("sailpoint", "sdk")).await;
}

#[tokio::test]
async fn the_clients_of_loginradius_for_node_work_on_sqlite() {
    invites(node("loginradius", "node"), "").await;
}

#[tokio::test]
async fn the_clients_of_loginradius_for_node_work_on_postgres() {
    let database = Database::new().await;
    invites(node("loginradius", "node"), &database.url).await;
}

#[tokio::test]
async fn the_clients_of_loginradius_for_python_work_on_sqlite() {
    invites(python("loginradius", "python"), "").await;
}

#[tokio::test]
async fn the_clients_of_loginradius_for_python_work_on_postgres() {
    let database = Database::new().await;
    invites(python("loginradius", "python"), &database.url).await;
}

/// Where `cargo xtask test --clients` has installed them.
fn installed() -> PathBuf {
    env::var_os("USHER_TEST_CLIENTS").expect("run `cargo xtask test --clients`").into()
}

fn program(of: &str, name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients").join(of).join(name)
}

fn python(of: &str, sdk: &str) -> Command {
    let mut command = Command::new(installed().join(of).join(sdk).join("bin/python"));
    // Bytecode would land among the sources.
    command.arg("-B").arg(program(of, &format!("{sdk}.py")));
    command
}

fn node(of: &str, sdk: &str) -> Command {
    let mut command = Command::new("node");
    command.arg(program(of, &format!("{sdk}.js")));
    command.env("NODE_PATH", installed().join(of).join(sdk).join("node_modules"));
    command
}

async fn works_on_sqlite(program: Command) {
    works(program, ["", ""]).await;
}

async fn works_on_postgres(program: Command) {
    let (busy, idle) = (Database::new().await, Database::new().await);
    works(program, [&busy.url, &idle.url]).await;
}

/// Runs a program to its end. It has a server for itself, and a second one on which nothing that
/// was submitted is carried out.
async fn works(mut program: Command, [busy, idle]: [&str; 2]) {
    let busy = Server::start(&[("USHER_DATABASE__URL", busy)]).await;
    let idle =
        Server::start(&[("USHER_DATABASE__URL", idle), ("USHER_WORKER__ENABLED", "false")]).await;
    let unregistered: Vec<_> =
        (1..=12).map(|it| format!("2c9180867769897d01776ed5f11000{it:02}")).collect();
    let registered: Vec<_> =
        (1..=2).map(|it| format!("2c9180867769897d01776ed5f12000{it:02}")).collect();
    for server in [&busy, &idle] {
        populate(server, &registered, &unregistered).await;
    }

    let keys = [
        ("SAIL_CLIENT", key(&busy, &["ORG_ADMIN", "--user", ADMINISTRATOR]).await),
        ("USHER_HELPDESK", key(&busy, &["HELPDESK", "--user", HELPER]).await),
        ("USHER_NOBODY", key(&busy, &["ORG_ADMIN"]).await),
        ("USHER_IDLE", key(&idle, &["ORG_ADMIN", "--user", ADMINISTRATOR]).await),
    ];
    for (name, (id, secret)) in keys {
        program.env(format!("{name}_ID"), id).env(format!("{name}_SECRET"), secret);
    }
    // Not by name: to some versions of Node.js localhost is IPv6 alone.
    let url = |it: &Server| format!("http://127.0.0.1:{}", it.port);
    program
        .env("SAIL_BASE_URL", url(&busy))
        .env("USHER_IDLE_URL", url(&idle))
        .env("USHER_REGISTERED", registered.join(","))
        .env("USHER_UNREGISTERED", unregistered.join(","));
    passes(program, &busy).await;
}

/// Runs a program that invites to its end, with a server for itself.
async fn invites(mut program: Command, database: &str) {
    let server = Server::start(&[("USHER_DATABASE__URL", database)]).await;
    populate(&server, &[], &[]).await;
    let (id, secret) = key(&server, &["ORG_ADMIN"]).await;
    program
        .env("USHER_URL", format!("http://127.0.0.1:{}", server.port))
        .env("USHER_KEY_ID", id)
        .env("USHER_KEY_SECRET", secret)
        .env("USHER_INVITER", HELPER);
    passes(program, &server).await;
}

async fn passes(mut program: Command, server: &Server) {
    let output = program.kill_on_drop(true).output();
    let output = timeout(PATIENCE, output).await.expect("the program ends").unwrap();
    let [stdout, stderr] = [output.stdout, output.stderr].map(|it| String::from_utf8(it).unwrap());
    assert!(output.status.success(), "{stdout}{stderr}\nusher printed:\n{}", server.printed());
    assert!(stdout.ends_with(" passed, 0 failed\n"), "{stdout}");
}

/// Imports an administrator, a helper, and those to work on.
async fn populate(server: &Server, registered: &[String], unregistered: &[String]) {
    let staff = [ADMINISTRATOR, HELPER].map(str::to_owned);
    let active = staff.iter().chain(registered).map(|id| (id, "active"));
    let all = active.chain(unregistered.iter().map(|id| (id, "unregistered")));
    let lines: Vec<_> = all
        .zip(1..)
        .map(|((id, status), number)| {
            let (first, last) = (format!("First{number:02}"), format!("Last{number:02}"));
            json!({
                "id": id,
                "username": format!("user.{number}"),
                "email": format!("user.{number}@example.org"),
                "firstName": first,
                "lastName": last,
                "displayName": format!("{first} {last}"),
                "status": status,
            })
            .to_string()
        })
        .collect();
    let imported = server.run_with(&["import", "users", "-"], &lines.join("\n")).await;
    assert_eq!(imported.code, Some(0), "{}", imported.stderr);
}

/// A new key of this authority: its id and its secret.
async fn key(server: &Server, authority: &[&str]) -> (String, String) {
    let arguments: Vec<_> =
        ["key", "create", "--json", "--authority"].iter().chain(authority).copied().collect();
    let made = server.run(&arguments).await;
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    let key: Value = serde_json::from_str(&made.stdout).unwrap();
    let [id, secret] = ["id", "secret"].map(|it| key[it].as_str().unwrap().to_owned());
    (id, secret)
}
