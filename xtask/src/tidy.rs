//! Rules of the house that no compiler checks.

use std::{collections::BTreeSet, fs};

use xshell::{Shell, cmd};

use crate::tree::root;

const DIALECTS: &[&str] = &["confidence", "loginradius", "sailpoint", "soajs"];

/// A file's path from the root, and its text.
type File = (String, String);

fn dialects_abroad(files: &[File]) -> Vec<String> {
    let lists = ["crates/usher-http/src/dialect/mod.rs", "crates/usher-http/src/lib.rs"];
    let mut found = Vec::new();
    for (path, text) in files.iter().filter(|(path, _)| path.starts_with("crates/")) {
        let text = text.to_lowercase();
        for name in DIALECTS {
            let home = format!("crates/usher-http/src/dialect/{name}/");
            if text.contains(name) && !path.starts_with(&home) && !lists.contains(&path.as_str()) {
                found.push(format!("{path} names {name}"));
            }
        }
    }
    found
}

fn modules_without_a_sentence(files: &[File]) -> Vec<String> {
    let modules = ending(files, ".rs").filter(|(path, _)| !path.ends_with("tests.rs"));
    modules.filter(|(_, text)| !text.starts_with("//! ")).map(|(path, _)| path.clone()).collect()
}

fn tests_that_do_not_count(files: &[File]) -> Vec<String> {
    lines(files, ".rs", |line| {
        let line = line.trim_start();
        line.starts_with("#[ignore") || line.starts_with("#[should_panic")
    })
}

/// A path of the machine that a file was written on means nothing on any other.
fn machine_paths(files: &[File]) -> Vec<String> {
    let homes = ["Users", "home", "root", "work"].map(|it| format!("/{it}/"));
    lines(files, "", |line| {
        homes.iter().any(|home| {
            line.match_indices(home.as_str()).any(|(at, _)| {
                // Within a longer path or an address it is somebody's resource.
                let before = line[..at].chars().next_back();
                before.is_none_or(|it| !it.is_alphanumeric() && !"/.-_~}".contains(it))
            })
        })
    })
}

fn members_without_lints(files: &[File]) -> Vec<String> {
    let manifests = ending(files, "Cargo.toml");
    let members = manifests.filter(|(_, text)| text.contains("[package]"));
    let bare = members.filter(|(_, text)| !text.contains("[lints]\nworkspace = true\n"));
    bare.map(|(path, _)| path.clone()).collect()
}

fn drift(architecture: &str, members: &BTreeSet<String>) -> Vec<String> {
    let words = architecture.split(|it: char| !it.is_ascii_alphanumeric() && it != '-');
    let named: BTreeSet<_> = words.map(|it| it.trim_matches('-').to_owned()).collect();
    let silent = members.difference(&named).map(|it| format!("says nothing of {it}"));
    let strangers = named.difference(members).filter(|it| it.starts_with("usher-"));
    silent.chain(strangers.map(|it| format!("names {it}, which is no crate"))).collect()
}

fn lines(files: &[File], suffix: &str, guilty: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in ending(files, suffix) {
        let lines = text.lines().zip(1..).filter(|(line, _)| guilty(line));
        found.extend(lines.map(|(line, number)| format!("{path}:{number}: {}", line.trim())));
    }
    found
}

fn ending<'a>(files: &'a [File], suffix: &'a str) -> impl Iterator<Item = &'a File> {
    files.iter().filter(move |(path, _)| path.ends_with(suffix))
}

mod the_tree {
    use super::*;

    const CLEAN: [&str; 0] = [];

    #[test]
    fn names_a_dialect_only_in_its_own_folder() {
        assert_eq!(dialects_abroad(&files()), CLEAN);
    }

    #[test]
    fn opens_every_module_with_a_sentence() {
        assert_eq!(modules_without_a_sentence(&files()), CLEAN);
    }

    #[test]
    fn has_no_test_that_does_not_count() {
        assert_eq!(tests_that_do_not_count(&files()), CLEAN);
    }

    #[test]
    fn knows_no_machine() {
        assert_eq!(machine_paths(&files()), CLEAN);
    }

    #[test]
    fn lints_every_member() {
        assert_eq!(members_without_lints(&files()), CLEAN);
    }

    #[test]
    fn is_what_the_architecture_says() {
        let architecture = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
        assert_eq!(drift(&architecture, &members()), CLEAN);
    }

    /// Every text file that is in git or about to be.
    fn files() -> Vec<File> {
        let sh = Shell::new().unwrap();
        sh.change_dir(root());
        let list = cmd!(sh, "git ls-files --cached --others --exclude-standard").quiet().read();
        let paths = list.unwrap();
        // What cannot be read as text is an image or a font, or has just been deleted.
        let text = |path: &str| fs::read_to_string(root().join(path)).ok();
        paths.lines().filter_map(|path| Some((path.to_owned(), text(path)?))).collect()
    }

    fn members() -> BTreeSet<String> {
        let sh = Shell::new().unwrap();
        let json = cmd!(sh, "cargo metadata --no-deps --format-version 1").quiet().read().unwrap();
        let metadata: serde_json::Value = serde_json::from_str(&json).unwrap();
        let packages = metadata["packages"].as_array().unwrap().iter();
        packages.map(|it| it["name"].as_str().unwrap().to_owned()).collect()
    }
}

mod a_planted_fault {
    use super::*;

    #[test]
    fn is_a_dialect_abroad() {
        let files = planted(&[
            ("crates/usher-http/src/dialect/soajs/wire.rs", "// SOAJS"),
            ("crates/usher-http/src/dialect/mod.rs", "mod soajs;"),
            ("crates/usher-mail/src/lib.rs", "// as SailPoint does"),
            ("crates/usher-http/src/dialect/soajs/fault.rs", "// unlike Confidence"),
            ("docs/api.md", "SailPoint"),
        ]);
        let expected = [
            "crates/usher-mail/src/lib.rs names sailpoint",
            "crates/usher-http/src/dialect/soajs/fault.rs names confidence",
        ];
        assert_eq!(dialects_abroad(&files), expected);
    }

    #[test]
    fn is_a_module_without_a_sentence() {
        let files = planted(&[
            ("xtask/src/a.rs", "//! Says so.\n"),
            ("xtask/src/b.rs", "use std::fs;\n"),
            ("xtask/src/c/tests.rs", "use std::fs;\n"),
        ]);
        assert_eq!(modules_without_a_sentence(&files), ["xtask/src/b.rs"]);
    }

    #[test]
    fn is_a_test_that_does_not_count() {
        let text = "//! Tests.\n#[test]\nfn a() {}\n\n    #[ignore = \"slow\"]\n#[should_panic]\n";
        let files = planted(&[("crates/usher-mail/tests/a.rs", text)]);
        let expected = [
            "crates/usher-mail/tests/a.rs:5: #[ignore = \"slow\"]",
            "crates/usher-mail/tests/a.rs:6: #[should_panic]",
        ];
        assert_eq!(tests_that_do_not_count(&files), expected);
    }

    #[test]
    fn is_a_path_of_one_machine() {
        let home = format!("see /{}/someone/notes", "home");
        let address = format!("https://example.com/{}/x", "work");
        let files = planted(&[("docs/a.md", &home), ("docs/b.md", &address)]);
        assert_eq!(machine_paths(&files), [format!("docs/a.md:1: {home}")]);
    }

    #[test]
    fn is_a_member_without_lints() {
        let files = planted(&[
            ("Cargo.toml", "[workspace]\n"),
            ("xtask/Cargo.toml", "[package]\n\n[lints]\nworkspace = true\n"),
            ("tests/Cargo.toml", "[package]\nname = \"usher-tests\"\n"),
        ]);
        assert_eq!(members_without_lints(&files), ["tests/Cargo.toml"]);
    }

    #[test]
    fn is_an_architecture_that_has_drifted() {
        let members = ["usher-domain", "usher-mail", "xtask"].map(str::to_owned).into();
        let expected = ["says nothing of usher-mail", "names usher-common, which is no crate"];
        assert_eq!(drift("`usher-domain`, usher-common/ and xtask.", &members), expected);
    }

    fn planted(files: &[(&str, &str)]) -> Vec<File> {
        files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
    }
}
