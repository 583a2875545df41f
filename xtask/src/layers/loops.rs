//! No file depends on itself by way of others: whoever reads one need not have read it before.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use crate::source::{modules::Target, package::Package};

/// A file → the files that it names, and the items.
type Graph = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

/// One text for each set of files that all lead to each other, with what they name.
pub(crate) fn faults(package: &Package) -> Vec<String> {
    package.targets.iter().flat_map(|it| loops(&graph(it))).collect()
}

fn graph(target: &Target) -> Graph {
    let mut graph = Graph::new();
    for it in target.uses() {
        let root = target.modules[it.to].parent.is_none();
        let [from, to] = [it.from, it.to].map(|it| target.modules[it].file.clone());
        // Whatever names the root is wrong by the rule of imports, and would be in one loop with all.
        if from != to && !root {
            graph.entry(from).or_default().entry(to).or_default().insert(it.item);
        }
    }
    graph
}

fn loops(graph: &Graph) -> Vec<String> {
    let reached: BTreeMap<_, _> = graph.keys().map(|it| (it, reachable(graph, it))).collect();
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for (file, reach) in reached.iter().filter(|(file, reach)| reach.contains(**file)) {
        if seen.contains(file) {
            continue;
        }
        let leads_back = |it: &&&String| reached.get(**it).is_some_and(|it| it.contains(*file));
        let files: BTreeSet<_> = reach.iter().filter(leads_back).copied().collect();
        let mut text = format!("{} files are a loop:", files.len());
        for from in &files {
            for (to, items) in graph[*from].iter().filter(|(to, _)| files.contains(to)) {
                let items: Vec<_> = items.iter().map(String::as_str).collect();
                let _ = write!(text, "\n    {from} → {to} ({})", items.join(", "));
            }
        }
        seen.extend(files);
        found.push(text);
    }
    found
}

fn reachable<'a>(graph: &'a Graph, from: &str) -> BTreeSet<&'a String> {
    let mut found = BTreeSet::new();
    let mut next: Vec<_> = graph[from].keys().collect();
    while let Some(file) = next.pop() {
        if found.insert(file) {
            next.extend(graph.get(file).into_iter().flat_map(BTreeMap::keys));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::faults;
    use crate::source::package::planted;

    #[test]
    fn a_loop_is_found_through_every_face() {
        let package = planted(&[
            ("src/lib.rs", "mod a;\nmod b;\nmod c;\nmod d;\npub use b::B;\n"),
            ("src/a.rs", "use crate::B;\npub fn a(_: B) {}\n"),
            ("src/b.rs", "use super::c;\npub struct B;\nfn b() { assert!(c::c()) }\n"),
            ("src/c.rs", "pub fn c() -> bool { crate::a::a(); crate::d::D }\n"),
            ("src/d.rs", "pub const D: bool = true;\n"),
        ]);
        let expected = "3 files are a loop:\
            \n    crates/planted/src/a.rs → crates/planted/src/b.rs (B)\
            \n    crates/planted/src/b.rs → crates/planted/src/c.rs (c)\
            \n    crates/planted/src/c.rs → crates/planted/src/a.rs (a)";
        assert_eq!(faults(&package), [expected]);
    }

    #[test]
    fn a_child_that_needs_the_parent_who_calls_it_is_a_loop() {
        let package = planted(&[
            ("src/main.rs", "mod a;\n"),
            ("src/a.rs", "mod b;\nfn a() { b::b() }\nfn help() {}\n"),
            ("src/a/b.rs", "pub(super) fn b() { super::help() }\n"),
        ]);
        let expected = "2 files are a loop:\
            \n    crates/planted/src/a.rs → crates/planted/src/a/b.rs (b)\
            \n    crates/planted/src/a/b.rs → crates/planted/src/a.rs (help)";
        assert_eq!(faults(&package), [expected]);
    }

    #[test]
    fn tests_and_comments_make_no_loop() {
        let package = planted(&[
            ("src/lib.rs", "mod a;\nmod b;\n#[cfg(feature = \"testing\")]\npub mod testing;\n"),
            ("src/a.rs", "/// As [`crate::b::b`].\npub fn a() {}\n#[cfg(test)]\nmod tests;\n"),
            ("src/a/tests.rs", "use super::*;\nuse crate::b::b;\n"),
            (
                "src/b.rs",
                "use crate::a::a;\npub fn b() { a() }\n#[cfg(test)]\nuse crate::testing::T;\n",
            ),
            ("src/testing.rs", "use crate::b::b;\npub struct T;\n"),
        ]);
        assert_eq!(faults(&package), [""; 0]);
    }
}
