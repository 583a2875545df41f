//! `cargo xtask rules`: every rule over every crate, with the map of its rooms as the code has it.

use std::path::PathBuf;

use anyhow::{Result, ensure};

use crate::{
    layers::{loops, map, rooms},
    source::package::packages,
    tidy::{
        architecture, committers, dialects, glossary, idle_tests, imports, length, lints,
        machine_paths, memberships, promises, sentence,
    },
    tree::{self, File},
};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The crates to look at; all of the workspace otherwise.
    crates: Vec<String>,
    /// The tree to look at, which need not be the one that this was built from.
    #[arg(long)]
    root: Option<PathBuf>,
}

type Rule = (&'static str, fn(&[File]) -> Vec<String>);

/// The rules that look at texts.
const TEXT: [Rule; 8] = [
    ("length", length::faults),
    ("a sentence at the head", sentence::faults),
    ("dialects at home", dialects::faults),
    ("tests that count", idle_tests::faults),
    ("paths of no machine", machine_paths::faults),
    ("lints", lints::faults),
    ("callers within their bounds", committers::faults),
    ("memberships behind the gate", memberships::faults),
];

#[expect(clippy::print_stdout, reason = "the findings are what the command answers")]
pub(crate) fn run(Args { crates, root }: &Args) -> Result<()> {
    let files = tree::files(root.as_deref().unwrap_or_else(|| tree::root()))?;
    let only: Vec<_> = crates.iter().map(String::as_str).collect();
    let mut count = 0;
    let packages = packages(&files, &only);
    for package in &packages {
        let within = |(path, _): &&File| path.starts_with(&package.folder);
        let own: Vec<_> = files.iter().filter(within).cloned().collect();
        let mut all = vec![
            ("modules", package.faults.clone()),
            ("imports", imports::faults(package)),
            ("loops", loops::faults(package)),
            ("rooms", rooms::faults_of(map::MAP, package)),
        ];
        all.extend(TEXT.map(|(name, faults)| (name, faults(&own))));
        let held = map::MAPPED.contains(&package.name.as_str());
        println!(
            "== {}{}",
            package.name,
            if held { "" } else { " (not in MAPPED: no test holds it)" }
        );
        for (name, faults) in all.iter().filter(|(_, faults)| !faults.is_empty()) {
            println!("-- {name}: {}", faults.len());
            for it in faults {
                println!("{it}");
            }
            count += faults.len();
        }
        println!("-- the map as the code has it");
        print!("{}", rooms::row(&package.name, &rooms::measured(package)));
    }
    if only.is_empty() {
        let members = packages.iter().map(|it| it.name.clone()).collect();
        let crates = packages.iter().filter(|it| it.folder.starts_with("crates/"));
        let names = crates.flat_map(|it| it.names.iter().cloned()).collect();
        let page = files.iter().find(|(path, _)| path == "docs/architecture.md");
        let page = page.map_or("", |(_, text)| text);
        let faults = [
            architecture::faults(page, &members),
            glossary::faults(page, &names),
            promises::faults(&files),
        ]
        .concat();
        println!("== docs");
        for it in &faults {
            println!("{it}");
        }
        count += faults.len();
    }
    ensure!(count == 0, "{count} faults");
    Ok(())
}
