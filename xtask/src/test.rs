//! Sets up what the tests need, builds once, and runs them all.

use std::path::Path;

use anyhow::Result;
use xshell::{Shell, cmd};

use crate::{
    clients, image,
    packages::{install, missing},
    tools::{compose, engine_answers, installed},
};

/// The tests of this module drive docker-compose.yml: whoever runs them sets `USHER_TEST_IMAGE`.
const COMPOSE_TESTS: &str = "compose::";

/// The tests of this module take minutes.
const SLOW_TESTS: &str = "slow::";

/// What the end-to-end tests call, and the Debian packages that bring it.
const PROGRAMS: &[(&str, &str)] = &[
    ("chromium", "chromium"),
    ("chromedriver", "chromium-driver"),
    ("curl", "curl"),
    ("faketime", "faketime"),
    ("initdb", "postgresql"),
    ("pgbouncer", "pgbouncer"),
    ("psql", "postgresql-client"),
    ("python3", "python3"),
];

/// What the tests call in addition that take minutes.
const SLOW_PROGRAMS: &[(&str, &str)] =
    &[("etcd", "etcd-server"), ("haproxy", "haproxy"), ("patroni", "patroni")];

#[derive(clap::Args, Default)]
pub(crate) struct Args {
    /// Also install published clients of the APIs that usher answers, and point them at it.
    #[arg(long)]
    pub(crate) clients: bool,
    /// Also run the tests that take minutes, and the end-to-end tests once more on tables that are
    /// split by tenant.
    #[arg(long)]
    pub(crate) slow: bool,
    /// Only the tests whose name contains this; may be given several times.
    #[arg(long)]
    pub(crate) filter: Vec<String>,
}

/// The workspace, with the program that nothing else builds.
pub(crate) const EVERYTHING: [&str; 3] = ["--workspace", "--features", "xtask/bench-client"];

pub(crate) fn run(sh: &Shell, Args { clients, slow, filter }: &Args) -> Result<()> {
    let mut packages = missing(PROGRAMS);
    if *slow {
        packages.extend(missing(SLOW_PROGRAMS));
    }
    install(sh, &packages)?;
    let mut leave_out = Vec::new();
    if *clients {
        sh.set_var(clients::FOLDER, clients::provide(sh)?);
    } else {
        leave_out.extend(without(clients::TESTS, "--clients was not asked for"));
    }
    if !slow {
        leave_out.extend(without(SLOW_TESTS, "--slow was not asked for"));
    }
    let all = EVERYTHING;
    cmd!(sh, "cargo build {all...} --all-targets").run()?;

    if !engine_answers(sh) {
        leave_out.extend(without(COMPOSE_TESTS, "no Docker engine answers"));
    } else if compose(sh).is_none() {
        let reason = "neither `docker compose` nor `docker-compose` is installed";
        leave_out.extend(without(COMPOSE_TESTS, reason));
    } else {
        image::build(sh, Path::new("target/debug/usher"), image::TAG)?;
        sh.set_var("USHER_TEST_IMAGE", image::TAG);
    }

    let with_postgres = "target/debug/with-postgres";
    if *slow {
        let _partitions = sh.push_env("USHER_TEST_PARTITIONS", "yes");
        let skipped = [&leave_out[..], &["--skip", SLOW_TESTS]].concat();
        let run = if installed("cargo-nextest") { &["nextest", "run"][..] } else { &["test"][..] };
        cmd!(
            sh,
            "{with_postgres} cargo {run...} --workspace --test e2e {filter...} -- {skipped...}"
        )
        .run()?;
    }
    if installed("cargo-nextest") {
        cmd!(sh, "{with_postgres} cargo nextest run {all...} {filter...} -- {leave_out...}")
            .run()?;
        // nextest leaves the examples in doc comments to cargo.
        cmd!(sh, "cargo test --quiet {all...} --doc -- {filter...}").run()?;
    } else {
        cmd!(sh, "{with_postgres} cargo test {all...} -- {filter...} {leave_out...}").run()?;
    }
    Ok(())
}

/// The arguments that leave tests out; a warning says so.
fn without(tests: &'static str, reason: &str) -> [&'static str; 2] {
    eprintln!("\nWARNING: {reason}: the tests `{tests}*` are left out of this run\n");
    ["--skip", tests]
}
