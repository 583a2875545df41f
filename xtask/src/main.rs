//! `cargo xtask`: the whole test run, what lands, images and stacks, the same here and in CI.

mod bench;
mod ci;
mod clients;
mod image;
#[cfg(test)]
mod layers;
mod once;
mod test;
#[cfg(test)]
mod tidy;
mod up;

use std::{env, path::Path};

use anyhow::Result;
use clap::Parser;
use xshell::{Shell, cmd};

#[derive(Parser)]
#[command(bin_name = "cargo xtask", about = "Everything that cargo alone cannot say")]
enum Xtask {
    /// Everything CI runs, in its order: test, formatting, lints, licences.
    Ci,
    /// Sets up what is missing and runs every test there is.
    Test(test::Args),
    /// Puts a built binary into the runtime image.
    Image(image::Args),
    /// Measures a release build against what the machine allows, and writes docs/benchmarks.md.
    Bench(bench::Args),
    /// Starts usher, its database and a mail catcher, and prints where they are.
    Up,
}

fn main() -> Result<()> {
    let sh = Shell::new()?;
    sh.change_dir(root());
    match Xtask::parse() {
        Xtask::Ci => ci::run(&sh),
        Xtask::Test(args) => test::run(&sh, &args),
        Xtask::Image(args) => image::run(&sh, &args),
        Xtask::Bench(args) => bench::run(&sh, &args),
        Xtask::Up => up::run(&sh),
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask has a parent")
}

/// Whether a program of this name is in `PATH`.
fn installed(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Whether a Docker engine answers; having the client is not enough.
fn engine_answers(sh: &Shell) -> bool {
    cmd!(sh, "docker info").quiet().ignore_stdout().ignore_stderr().run().is_ok()
}

/// The words that call Compose: the plugin, or the older program of its own.
fn compose(sh: &Shell) -> Option<(&'static str, &'static [&'static str])> {
    let plugin = cmd!(sh, "docker compose version").quiet().ignore_stdout().ignore_stderr();
    if plugin.run().is_ok() {
        Some(("docker", &["compose"]))
    } else {
        installed("docker-compose").then_some(("docker-compose", &[]))
    }
}
