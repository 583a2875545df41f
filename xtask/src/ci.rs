//! What must pass before a change is merged.

use std::path::Path;

use anyhow::Result;
use xshell::{Shell, cmd};

use crate::{sbom, test};

/// How long to wait for the database of advisories.
const FETCH_SECONDS: u32 = 120;

pub(crate) fn run(sh: &Shell) -> Result<()> {
    test::run(sh, &test::Args { clients: true, ..test::Args::default() })?;
    cmd!(sh, "cargo fmt --all --check").run()?;
    let all = test::EVERYTHING;
    cmd!(sh, "cargo clippy {all...} --all-targets -- --deny warnings").run()?;
    if cmd!(sh, "cargo deny --version").quiet().ignore_stdout().ignore_stderr().run().is_err() {
        eprintln!("cargo-deny is missing: installing it");
        cmd!(sh, "cargo install --locked --debug cargo-deny").run()?;
    }
    cmd!(sh, "cargo deny check bans licenses sources").run()?;
    check_advisories(sh)?;
    sbom::write(sh, Path::new("target/usher.cdx.json"))
}

/// Holds the packages against the database of advisories. A machine that cannot get it says so, and
/// goes on.
fn check_advisories(sh: &Shell) -> Result<()> {
    let seconds = FETCH_SECONDS.to_string();
    if cmd!(sh, "timeout {seconds} cargo deny fetch db").run().is_err() {
        eprintln!(
            "The database of advisories could not be fetched within {seconds} s: nobody has looked \
             whether a dependency is known to be vulnerable. Run this again where it can be."
        );
        return Ok(());
    }
    cmd!(sh, "cargo deny --offline check advisories").run()?;
    Ok(())
}
