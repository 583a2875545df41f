//! The packages of the workspace, each with its targets, read from the files of the tree.

use std::{collections::BTreeMap, thread};

use crate::{
    source::{modules::Target, scope::Scope, syntax},
    tree::{File, ending},
};

pub(crate) struct Package {
    pub(crate) name: String,
    /// From the root, with a slash at its end.
    pub(crate) folder: String,
    /// The library or the binary first, of whose rooms there is a map.
    pub(crate) targets: Vec<Target>,
    /// Everything in its files that a text may name: modules, items and their members.
    pub(crate) names: Vec<String>,
    /// Files that could not be parsed, or that no target has.
    pub(crate) faults: Vec<String>,
}

/// A package's manifest: its name, its folder with a slash at the end, and its text.
type Manifest<'a> = (&'a str, &'a str, &'a str);

/// The packages of these names, or all of them, in the order of the files.
pub(crate) fn packages(files: &[File], only: &[&str]) -> Vec<Package> {
    let wanted = manifests(files).filter(|(name, ..)| only.is_empty() || only.contains(name));
    wanted.map(|it| read(it, files)).collect()
}

pub(crate) fn manifests(files: &[File]) -> impl Iterator<Item = Manifest<'_>> {
    ending(files, "/Cargo.toml").filter_map(|(path, text)| {
        let (_, package) = text.split_once("[package]")?;
        let name = package.lines().find_map(|it| it.strip_prefix("name = "))?.trim_matches('"');
        Some((name, path.trim_end_matches("Cargo.toml"), text.as_str()))
    })
}

fn read((name, folder, manifest): Manifest, files: &[File]) -> Package {
    let sources = ending(files, ".rs").filter(|(path, _)| path.starts_with(folder));
    let (mut scopes, mut faults) = scopes(&sources.collect::<Vec<_>>());
    let mut names = Vec::new();
    for (path, scope) in &scopes {
        names.push(path.clone());
        gather(scope, &mut names);
    }
    let mut roots: Vec<_> = ["src/lib.rs", "src/main.rs"].map(str::to_owned).into();
    roots.extend(manifest.lines().filter_map(|it| {
        let path = it.strip_prefix("path = ")?.trim_matches('"');
        scopes.contains_key(&format!("{folder}{path}")).then(|| path.to_owned())
    }));
    let found = scopes.keys().filter_map(|it| it.strip_prefix(folder)).filter(|it| is_root(it));
    roots.extend(found.map(str::to_owned));
    let roots = roots.into_iter().map(|it| format!("{folder}{it}"));
    let targets = roots.filter_map(|it| Target::take(&it, &mut scopes)).collect();
    faults.extend(
        scopes
            .into_keys()
            .map(|it| format!("{it} is in no module tree: delete it, or declare it with mod")),
    );
    Package { name: name.to_owned(), folder: folder.to_owned(), targets, names, faults }
}

/// The files that cargo finds by itself.
fn is_root(path: &str) -> bool {
    let names: Vec<_> = path.split('/').collect();
    matches!(
        names[..],
        ["build.rs"]
            | ["tests" | "benches" | "examples", _]
            | ["tests" | "benches" | "examples", _, "main.rs"]
            | ["src", "bin", _]
            | ["src", "bin", _, "main.rs"]
    )
}

fn gather(scope: &Scope, names: &mut Vec<String>) {
    let Scope { files, inline, types, values, macros, members, generated, .. } = scope;
    names.extend(files.iter().map(|(name, _)| name.clone()));
    let sets = [types, values, macros, members, generated];
    names.extend(sets.into_iter().flatten().cloned());
    for (name, _, scope) in inline {
        names.push(name.clone());
        gather(scope, names);
    }
}

/// Parsing is most of the work of a rule, so every processor takes a share.
fn scopes(files: &[&File]) -> (BTreeMap<String, Scope>, Vec<String>) {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let share = files.len().div_ceil(threads).max(1);
    let mut found = (BTreeMap::new(), Vec::new());
    thread::scope(|threads| {
        let shares: Vec<_> = files
            .chunks(share)
            .map(|files| {
                threads.spawn(|| {
                    let read = |it: &&File| (it.0.clone(), syntax::read(&it.1));
                    files.iter().map(read).collect::<Vec<_>>()
                })
            })
            .collect();
        for (path, scope) in shares.into_iter().flat_map(|it| it.join().unwrap_or_default()) {
            match scope {
                Ok(scope) => drop(found.0.insert(path, scope)),
                Err(error) => found.1.push(format!("{path} cannot be parsed: {error}")),
            }
        }
    });
    found
}

/// A package of these files, as a test plants faults in them.
#[cfg(test)]
pub(crate) fn planted(files: &[(&str, &str)]) -> Package {
    let manifest = ("Cargo.toml", "[package]\nname = \"planted\"\n");
    let files = files.iter().chain([&manifest]);
    let below =
        |(path, text): &(&str, &str)| (format!("crates/planted/{path}"), (*text).to_owned());
    packages(&files.map(below).collect::<Vec<_>>(), &[]).remove(0)
}

#[cfg(test)]
mod tests {
    use super::planted;

    #[test]
    fn every_file_is_in_the_module_tree_of_a_target() {
        let package = planted(&[
            ("src/lib.rs", "mod a;\nmod b;\n"),
            ("src/a/mod.rs", "mod c;\n"),
            ("src/a/c.rs", ""),
            ("src/b.rs", "mod d { mod e; }\n"),
            ("src/b/d/e.rs", ""),
            ("src/bin/tool.rs", ""),
            ("tests/store/main.rs", "mod sqlite;\n"),
            ("tests/store/sqlite.rs", ""),
        ]);
        assert_eq!(package.faults, [""; 0]);
        let paths =
            package.targets.iter().map(|it| it.modules.iter().map(|it| &*it.path).collect());
        let expected: [Vec<_>; 3] = [
            ["crate", "crate::a", "crate::a::c", "crate::b", "crate::b::d", "crate::b::d::e"]
                .into(),
            ["crate"].into(),
            ["crate", "crate::sqlite"].into(),
        ];
        assert_eq!(paths.collect::<Vec<Vec<_>>>(), expected);
    }

    #[test]
    fn a_file_that_nothing_declares_or_nobody_can_read_is_found() {
        let package =
            planted(&[("src/lib.rs", "mod a;\n"), ("src/a.rs", "fn a( {}\n"), ("src/b.rs", "")]);
        let expected = [
            "crates/planted/src/a.rs cannot be parsed: cannot parse string into token stream",
            "crates/planted/src/b.rs is in no module tree: delete it, or declare it with mod",
        ];
        assert_eq!(package.faults, expected);
    }
}
