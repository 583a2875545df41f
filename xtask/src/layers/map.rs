//! The map: the rooms of every crate from the bottom up, and which of those above it each one uses.
//!
//! It is checked both ways: the code has no other edge, and the table none that the code has not.
//! `cargo xtask rules CRATE` prints the rows as the code has them.

use crate::layers::rooms::Map;

/// The crates that the tests hold to the map, to the rule of imports, to no loops and to the length.
pub(crate) const MAPPED: &[&str] = &["usher-tests", "xtask"];

pub(crate) const MAP: Map = &[
    (
        "usher-tests",
        &[
            ("eventually", &[]),
            ("ports", &[]),
            ("postgres", &[]),
            ("proxy", &[]),
            ("browser", &["eventually", "ports"]),
            ("mailbox", &["eventually"]),
            ("server", &["eventually", "ports"]),
            ("smtp", &["mailbox"]),
        ],
    ),
    (
        "xtask",
        &[
            ("image", &[]),
            ("once", &[]),
            ("tools", &[]),
            ("tree", &[]),
            ("bench", &["tools", "tree"]),
            ("packages", &["tools"]),
            ("source", &["tree"]),
            ("up", &["image", "tools"]),
            ("clients", &["once", "packages", "tree"]),
            ("layers", &["source"]),
            ("tidy", &["source", "tree"]),
            ("rules", &["layers", "source", "tidy", "tree"]),
            ("test", &["clients", "image", "packages", "tools"]),
            ("ci", &["test"]),
        ],
    ),
];
