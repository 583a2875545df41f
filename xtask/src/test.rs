//! Sets up what the tests need, builds once, and runs them all.

use std::path::Path;

use anyhow::{Result, ensure};
use xshell::{Shell, cmd};

use crate::{compose, engine_answers, image, installed};

/// The tests of this module drive docker-compose.yml: whoever runs them sets `USHER_TEST_IMAGE`.
const COMPOSE_TESTS: &str = "compose::";

/// What the end-to-end tests call, and the Debian packages that bring it.
const PROGRAMS: &[(&str, &str)] = &[
    ("chromium", "chromium"),
    ("chromedriver", "chromium-driver"),
    ("curl", "curl"),
    ("psql", "postgresql-client"),
    ("python3", "python3"),
];

#[derive(clap::Args, Default)]
pub(crate) struct Args {
    /// Only the tests whose name contains this; may be given several times.
    #[arg(long)]
    filter: Vec<String>,
}

pub(crate) fn run(sh: &Shell, Args { filter }: &Args) -> Result<()> {
    provide_programs(sh)?;
    cmd!(sh, "cargo build --workspace --all-targets").run()?;

    let mut leave_out: &[&str] = &["--skip", COMPOSE_TESTS];
    if !engine_answers(sh) {
        warn_without_compose("no Docker engine answers");
    } else if compose(sh).is_none() {
        warn_without_compose("neither `docker compose` nor `docker-compose` is installed");
    } else {
        image::build(sh, Path::new("target/debug/usher"), image::TAG)?;
        sh.set_var("USHER_TEST_IMAGE", image::TAG);
        leave_out = &[];
    }

    let with_postgres = "target/debug/with-postgres";
    if installed("cargo-nextest") {
        cmd!(sh, "{with_postgres} cargo nextest run --workspace {filter...} -- {leave_out...}")
            .run()?;
        // nextest leaves the examples in doc comments to cargo.
        cmd!(sh, "cargo test --quiet --workspace --doc -- {filter...}").run()?;
    } else {
        cmd!(sh, "{with_postgres} cargo test --workspace -- {filter...} {leave_out...}").run()?;
    }
    Ok(())
}

fn provide_programs(sh: &Shell) -> Result<()> {
    let missing = PROGRAMS.iter().filter(|(program, _)| !installed(program));
    let packages: Vec<_> = missing.map(|(_, package)| *package).collect();
    if packages.is_empty() {
        return Ok(());
    }
    let root = cmd!(sh, "id --user").quiet().read().is_ok_and(|id| id == "0");
    ensure!(
        root && installed("apt-get"),
        "the tests call programs that are not here: install them (on Debian: apt-get install {})",
        packages.join(" "),
    );
    sh.set_var("DEBIAN_FRONTEND", "noninteractive");
    cmd!(sh, "apt-get update --quiet").run()?;
    cmd!(sh, "apt-get install --quiet --yes --no-install-recommends {packages...}").run()?;
    Ok(())
}

fn warn_without_compose(reason: &str) {
    eprintln!("\nWARNING: {reason}: the tests `{COMPOSE_TESTS}*` are left out of this run\n");
}
