//! Which crates may depend on which, and on what of the outside.

use std::collections::{BTreeMap, BTreeSet};

use xshell::{Shell, cmd};

type Table = &'static [(&'static str, &'static [&'static str])];

/// Who may depend on whom: adapters meet only in the bin, and tools look on from outside.
const LAYERS: Table = &[
    ("usher-domain", &[]),
    ("usher-application", &["usher-domain"]),
    ("usher-persistence", &["usher-application", "usher-domain"]),
    ("usher-mail", &["usher-application", "usher-domain"]),
    ("usher-http", &["usher-application", "usher-domain"]),
    (
        "usher-server",
        &["usher-application", "usher-domain", "usher-http", "usher-mail", "usher-persistence"],
    ),
    ("usher-tests", &[]),
    ("xtask", &[]),
];

/// All that the core may use of the outside: no framework, no database, no wire format.
const CORE: Table = &[
    (
        "usher-domain",
        &[
            "aws-lc-rs",
            "base64",
            "caseless",
            "chrono",
            "hmac",
            "idna",
            "sha2",
            "strum",
            "subtle",
            "thiserror",
            "unicode-normalization",
            "unicode-properties",
            "url",
            "uuid",
        ],
    ),
    (
        "usher-application",
        &[
            "async-trait",
            "chrono",
            "futures-util",
            "metrics",
            "mockall",
            "thiserror",
            "tokio",
            "tracing",
            "url",
            "uuid",
        ],
    ),
];

/// What each member of the workspace depends on, its tests left out.
type Edges = BTreeMap<String, BTreeSet<String>>;

fn strays(edges: &Edges) -> Vec<String> {
    let row = |table: Table, name: &str| table.iter().find(|(it, _)| *it == name).map(|row| row.1);
    let mut found = Vec::new();
    for (name, dependencies) in edges {
        let Some(inwards) = row(LAYERS, name) else {
            found.push(format!("{name} has no layer"));
            continue;
        };
        let outside = row(CORE, name);
        for dependency in dependencies {
            let it = dependency.as_str();
            let allowed = if edges.contains_key(it) {
                inwards.contains(&it)
            } else {
                outside.is_none_or(|list| list.contains(&it))
            };
            if !allowed {
                found.push(format!("{name} must not depend on {it}"));
            }
        }
    }
    found
}

#[test]
fn crates_depend_inwards_only_and_the_core_knows_nothing_of_the_world() {
    assert_eq!(strays(&edges()), [""; 0]);
}

#[test]
fn a_stray_dependency_is_found() {
    let planted = [
        ("usher-domain", ["serde", "uuid"]),
        ("usher-http", ["axum", "usher-persistence"]),
        ("usher-newcomer", ["axum", "usher-domain"]),
        ("usher-persistence", ["sea-orm", "usher-domain"]),
    ];
    let edges: Edges = planted
        .map(|(name, it)| (name.to_owned(), it.map(str::to_owned).into_iter().collect()))
        .into_iter()
        .collect();
    let expected = [
        "usher-domain must not depend on serde",
        "usher-http must not depend on usher-persistence",
        "usher-newcomer has no layer",
    ];
    assert_eq!(strays(&edges), expected);
}

fn edges() -> Edges {
    let sh = Shell::new().unwrap();
    let json = cmd!(sh, "cargo metadata --no-deps --format-version 1").quiet().read().unwrap();
    let metadata: serde_json::Value = serde_json::from_str(&json).unwrap();
    let named = |it: &serde_json::Value| it["name"].as_str().unwrap().to_owned();
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages
        .map(|package| {
            let dependencies = package["dependencies"].as_array().unwrap().iter();
            (named(package), dependencies.filter(|it| it["kind"] != "dev").map(named).collect())
        })
        .collect()
}
