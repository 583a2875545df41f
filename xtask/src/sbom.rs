//! The list of all packages that the binary links, as `CycloneDX`: name, version, licence, checksum.

use std::{
    collections::{BTreeSet, HashMap},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use xshell::{Shell, cmd};

/// The package of the binary.
const BINARY: &str = "usher-server";

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The file to write.
    #[arg(long, default_value = "target/usher.cdx.json")]
    output: PathBuf,
}

pub(crate) fn run(sh: &Shell, Args { output }: &Args) -> Result<()> {
    write(sh, output)
}

/// Writes the list to this file.
pub(crate) fn write(sh: &Shell, output: &Path) -> Result<()> {
    let list = list(sh)?;
    sh.write_file(output, format!("{list:#}\n"))?;
    eprintln!("{} lists what the binary links", output.display());
    Ok(())
}

fn list(sh: &Shell) -> Result<Value> {
    let linked = linked(sh)?;
    let checksums = checksums(&sh.read_file("Cargo.lock")?);
    let metadata = cmd!(sh, "cargo metadata --locked --format-version 1").quiet().read()?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let packages = metadata["packages"].as_array().context("cargo names no packages")?;
    let text = |it: &Value, name: &str| it[name].as_str().unwrap_or_default().to_owned();
    let named = |it: &&Value| linked.contains(&(text(it, "name"), text(it, "version")));
    let described = packages.iter().filter(named).map(|it| {
        let (name, version) = (text(it, "name"), text(it, "version"));
        let mut component = json!({
            "type": if name == BINARY { "application" } else { "library" },
            "name": name,
            "version": version,
            "purl": format!("pkg:cargo/{name}@{version}"),
            "licenses": [{ "expression": text(it, "license").replace('/', " OR ") }],
        });
        if let Some(checksum) = checksums.get(&(name, version)) {
            component["hashes"] = json!([{ "alg": "SHA-256", "content": checksum }]);
        }
        component
    });
    let (binary, components): (Vec<_>, Vec<_>) = described.partition(|it| it["name"] == BINARY);
    Ok(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": { "component": binary.first().context("cargo does not know the binary")? },
        "components": components,
    }))
}

/// The names and versions of the packages whose code is in the binary, that of itself included. What
/// only builds or tests it is not.
fn linked(sh: &Shell) -> Result<BTreeSet<(String, String)>> {
    let (edges, format) = ("normal,no-proc-macro", "{p}");
    let tree = cmd!(
        sh,
        "cargo tree --locked --package {BINARY} --edges {edges} --prefix none --format {format}"
    );
    let lines = tree.quiet().read()?;
    let package = |line: &str| {
        let mut words = line.split_whitespace();
        let (name, version) = (words.next()?, words.next()?.strip_prefix('v')?);
        Some((name.to_owned(), version.to_owned()))
    };
    Ok(lines.lines().filter_map(package).collect())
}

/// The checksums of packages by name and version.
fn checksums(lock: &str) -> HashMap<(String, String), String> {
    let value = |block: &str, key: &str| {
        let line = block.lines().find_map(|it| it.strip_prefix(key)?.strip_prefix(" = \""));
        Some(line?.trim_end_matches('"').to_owned())
    };
    let package = |block: &str| {
        let id = (value(block, "name")?, value(block, "version")?);
        Some((id, value(block, "checksum")?))
    };
    lock.split("[[package]]").filter_map(package).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree;

    #[test]
    fn it_names_every_package_that_the_binary_links_and_no_other() {
        let sh = Shell::new().unwrap();
        sh.change_dir(tree::root());
        let list = list(&sh).unwrap();
        assert_eq!(list["metadata"]["component"]["name"], BINARY);
        let components = list["components"].as_array().unwrap();
        let text = |it: &Value, name: &str| it[name].as_str().unwrap().to_owned();
        let named: BTreeSet<_> =
            components.iter().map(|it| (text(it, "name"), text(it, "version"))).collect();
        assert_eq!(named.len(), components.len(), "each is named once");
        let mut linked = linked(&sh).unwrap();
        linked.retain(|(name, _)| name != BINARY);
        assert_eq!(named, linked);
        let has = |name: &str| named.iter().any(|it| it.0 == name);
        for name in ["usher-domain", "tokio", "sqlx-postgres", "libsqlite3-sys", "aws-lc-sys"] {
            assert!(has(name), "{name} is linked");
        }
        for name in ["proptest", "mockall", "thirtyfour", "cc", "serde_derive", "xtask"] {
            assert!(!has(name), "{name} is not linked");
        }
        for it in components {
            let name = text(it, "name");
            assert!(!it["licenses"][0]["expression"].as_str().unwrap().is_empty(), "{name}");
            let has_checksum = it["hashes"][0]["content"].as_str().is_some_and(|it| it.len() == 64);
            assert_eq!(has_checksum, !name.starts_with("usher-"), "{name}");
        }
    }

    #[test]
    fn checksums_are_read_from_the_lock_file() {
        let lock = "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1.2.3\"\nsource = \"x\"\n\
                    checksum = \"ab\"\n\n[[package]]\nname = \"own\"\nversion = \"0.1.0\"\n";
        let expected = (("a".to_owned(), "1.2.3".to_owned()), "ab".to_owned());
        assert_eq!(checksums(lock).into_iter().collect::<Vec<_>>(), [expected]);
    }
}
