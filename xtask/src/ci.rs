//! What must pass before a change is merged.

use anyhow::Result;
use xshell::{Shell, cmd};

use crate::test;

pub(crate) fn run(sh: &Shell) -> Result<()> {
    test::run(sh, &test::Args { clients: true, ..test::Args::default() })?;
    cmd!(sh, "cargo fmt --all --check").run()?;
    cmd!(sh, "cargo clippy --workspace --all-targets -- --deny warnings").run()?;
    if cmd!(sh, "cargo deny --version").quiet().ignore_stdout().ignore_stderr().run().is_err() {
        eprintln!("cargo-deny is missing: installing it");
        cmd!(sh, "cargo install --locked --debug cargo-deny").run()?;
    }
    cmd!(sh, "cargo deny check bans licenses sources").run()?;
    Ok(())
}
