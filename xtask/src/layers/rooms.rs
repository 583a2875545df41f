//! The edges between the rooms of a crate: its top-level modules, be they files or folders.
//!
//! A crate's root (`lib.rs`, `main.rs`) has no row: it stands above all of them, for nothing may be
//! imported from it. Rooms that are compiled for tests only have none either.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use crate::{
    layers::map::{COMMON, Map, Rooms},
    source::package::Package,
};

/// A room → the rooms that it uses, and one place where it does.
pub(crate) type Edges = BTreeMap<String, BTreeMap<String, String>>;

/// What the code says, without the edges to [`COMMON`] rooms.
pub(crate) fn measured(package: &Package) -> Edges {
    let Some(target) = package.targets.first() else { return Edges::new() };
    let root = &target.modules[0];
    let rooms = root.children.iter().filter(|(_, id)| !target.modules[**id].test);
    let mut edges: Edges = rooms.map(|(name, _)| (name.clone(), BTreeMap::new())).collect();
    for it in target.uses() {
        if let (Some(from), Some(to)) = (target.room(it.from), target.room(it.to))
            && from != to
            && !COMMON.contains(&(&package.name, to))
            && let Some(used) = edges.get_mut(from)
        {
            let place = format!("{}:{}", target.modules[it.from].file, it.reference.line);
            used.entry(to.to_owned()).or_insert(format!("{place} names {}", it.item));
        }
    }
    edges
}

/// Where the map and a crate differ.
pub(crate) fn faults_of(map: Map, package: &Package) -> Vec<String> {
    let name = &package.name;
    let faults = match map.iter().find(|(it, _)| it == name) {
        None => vec!["it has no map: add its rows to xtask/src/layers/map.rs".to_owned()],
        Some((_, rooms)) => faults(rooms, &measured(package)),
    };
    faults.into_iter().map(|it| format!("{name}: {it}")).collect()
}

/// Where the table and the code differ, and where the table does not point downwards.
fn faults(rooms: Rooms, edges: &Edges) -> Vec<String> {
    let mut found = Vec::new();
    let mut below = BTreeSet::new();
    for (room, uses) in rooms {
        let above = uses.iter().filter(|it| !below.contains(*it));
        found.extend(
            above.map(|it| format!("the row {room} names {it}, which has no row above it")),
        );
        below.insert(room);
        match edges.get(*room) {
            None => found.push(format!("the row {room} is no room of the crate: delete it")),
            Some(used) => {
                let unused = uses.iter().filter(|it| !used.contains_key(**it));
                found.extend(unused.map(|it| format!("{room} does not use {it}: strike it out")));
                let strays = used.iter().filter(|(it, _)| !uses.contains(&it.as_str()));
                let stray = |(it, place)| format!("{room} must not use {it}: {place}");
                found.extend(strays.map(stray));
            }
        }
    }
    let missing = edges.keys().filter(|it| !below.contains(&it.as_str()));
    found.extend(missing.map(|it| format!("the room {it} has no row")));
    found
}

/// A row of the map as the code has it, to be pasted; rooms that are in a loop come last.
pub(crate) fn row(name: &str, edges: &Edges) -> String {
    let mut text = format!("    (\n        \"{name}\",\n        &[\n");
    let mut left: Vec<_> = edges.iter().collect();
    let mut done = BTreeSet::new();
    while !left.is_empty() {
        // None are missing unless there is a loop: then whoever lacks least comes first.
        let lacking = |uses: &BTreeMap<_, _>| uses.keys().filter(|it| !done.contains(*it)).count();
        let least = left.iter().map(|(_, uses)| lacking(uses)).min().unwrap_or_default();
        let (mut next, mut rest): (Vec<_>, Vec<_>) =
            left.into_iter().partition(|(_, uses)| lacking(uses) == least);
        if least > 0 {
            rest.extend(next.split_off(1));
            rest.sort();
        }
        for (room, uses) in next {
            let uses: Vec<_> = uses.keys().map(|it| format!("\"{it}\"")).collect();
            let mark = if least > 0 { " // in a loop" } else { "" };
            let _ = writeln!(text, "            (\"{room}\", &[{}]),{mark}", uses.join(", "));
            done.insert(room);
        }
        left = rest;
    }
    text + "        ],\n    ),\n"
}

#[cfg(test)]
mod tests {
    use super::{Edges, faults, faults_of, measured, row};
    use crate::source::package::planted;

    fn edges() -> Edges {
        measured(&planted(&[
            (
                "src/lib.rs",
                "mod ports;\nmod shared;\nmod tasks;\nmod users;\n#[cfg(test)]\nmod testing;\n",
            ),
            ("src/ports/mod.rs", "pub mod ledger;\n"),
            (
                "src/ports/ledger.rs",
                "pub struct Ledger;\n#[cfg(test)]\nmod tests { use crate::tasks::T; }\n",
            ),
            ("src/shared.rs", "use crate::ports::ledger::Ledger;\npub struct S(Ledger);\n"),
            (
                "src/tasks.rs",
                "use crate::shared::S;\npub struct T;\nfn a(_: crate::ports::ledger::Ledger) {}\n",
            ),
            ("src/users.rs", ""),
            ("src/testing.rs", "use crate::users::U;\n"),
        ]))
    }

    #[test]
    fn a_crate_without_a_map_is_found() {
        let package = planted(&[("src/lib.rs", "mod a;\n"), ("src/a.rs", "")]);
        let expected = ["planted: it has no map: add its rows to xtask/src/layers/map.rs"];
        assert_eq!(faults_of(&[("other", &[])], &package), expected);
        assert_eq!(faults_of(&[("planted", &[("a", &[])])], &package), [""; 0]);
    }

    #[test]
    fn a_map_that_is_true_has_no_fault() {
        let rooms = [
            ("users", &[][..]),
            ("ports", &[]),
            ("shared", &["ports"]),
            ("tasks", &["ports", "shared"]),
        ];
        assert_eq!(faults(&rooms, &edges()), [""; 0]);
    }

    #[test]
    fn an_edge_that_the_map_does_not_have_is_found() {
        let rooms =
            [("users", &[][..]), ("ports", &[]), ("shared", &["ports"]), ("tasks", &["shared"])];
        let expected = ["tasks must not use ports: crates/planted/src/tasks.rs:3 names Ledger"];
        assert_eq!(faults(&rooms, &edges()), expected);
    }

    #[test]
    fn what_the_code_no_longer_has_is_found() {
        let rooms = [
            ("users", &[][..]),
            ("ports", &["users"]),
            ("shared", &["ports"]),
            ("letters", &[]),
            ("tasks", &["ports", "shared"]),
        ];
        let expected = [
            "ports does not use users: strike it out",
            "the row letters is no room of the crate: delete it",
        ];
        assert_eq!(faults(&rooms, &edges()), expected);
    }

    #[test]
    fn a_room_without_a_row_is_found() {
        let rooms = [("ports", &[][..]), ("shared", &["ports"]), ("tasks", &["ports", "shared"])];
        assert_eq!(faults(&rooms, &edges()), ["the room users has no row"]);
    }

    #[test]
    fn a_row_that_points_upwards_is_found() {
        let rooms = [
            ("users", &[][..]),
            ("ports", &[]),
            ("tasks", &["ports", "shared"]),
            ("shared", &["ports"]),
        ];
        assert_eq!(
            faults(&rooms, &edges()),
            ["the row tasks names shared, which has no row above it"]
        );
    }

    #[test]
    fn the_measured_map_is_written_from_the_bottom_up() {
        let expected = "    (
        \"usher-planted\",
        &[
            (\"ports\", &[]),
            (\"users\", &[]),
            (\"shared\", &[\"ports\"]),
            (\"tasks\", &[\"ports\", \"shared\"]),
        ],
    ),
";
        assert_eq!(row("usher-planted", &edges()), expected);
    }
}
