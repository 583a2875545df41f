//! `cargo xtask`: tests, checks, images and benchmarks, the same on a developer's machine and in CI.

mod bench;
mod ci;
mod clients;
mod image;
mod layers;
mod once;
mod packages;
mod rules;
mod sbom;
mod source;
mod test;
mod tidy;
mod tools;
mod tree;
mod up;

use anyhow::Result;
use clap::Parser;
use xshell::Shell;

#[derive(Parser)]
#[command(
    bin_name = "cargo xtask",
    about = "The tasks of this project that cargo has no command for"
)]
enum Xtask {
    /// Runs what CI runs, in its order: tests, formatting, lints, licences.
    Ci,
    /// Sets up what is missing and runs every test there is.
    Test(test::Args),
    /// Puts a built binary into the runtime image.
    Image(image::Args),
    /// Measures a release build against what the machine allows, and writes docs/benchmarks.md.
    Bench(bench::args::Args),
    /// Checks the rules of the house over some crates or all, and prints the map of their rooms.
    Rules(rules::Args),
    /// Lists the packages that the binary links, with licences and checksums, as `CycloneDX`.
    Sbom(sbom::Args),
    /// Starts usher, its database and a mail catcher, and prints where they are.
    Up,
}

fn main() -> Result<()> {
    let sh = Shell::new()?;
    sh.change_dir(tree::root());
    match Xtask::parse() {
        Xtask::Ci => ci::run(&sh),
        Xtask::Test(args) => test::run(&sh, &args),
        Xtask::Image(args) => image::run(&sh, &args),
        Xtask::Bench(args) => bench::run(&sh, &args),
        Xtask::Rules(args) => rules::run(&args),
        Xtask::Sbom(args) => sbom::run(&sh, &args),
        Xtask::Up => up::run(&sh),
    }
}
