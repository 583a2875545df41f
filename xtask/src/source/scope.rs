//! What one module of one file defines, imports and names.

use std::collections::{BTreeMap, BTreeSet};

/// The segments of a path: `["crate", "ports", "Ledger"]`.
pub(crate) type Path = Vec<String>;

/// A module as its file has it, before it is known where it stands.
#[derive(Default)]
pub(crate) struct Scope {
    /// Modules with a file of their own, and whether they are compiled for tests only.
    pub(crate) files: Vec<(String, bool)>,
    /// Modules that stand in braces, and whether they are compiled for tests only.
    pub(crate) inline: Vec<(String, bool, Scope)>,
    /// Structs, enums, unions, traits and aliases.
    pub(crate) types: BTreeSet<String>,
    /// Functions, constants, statics.
    pub(crate) values: BTreeSet<String>,
    /// `macro_rules!`.
    pub(crate) macros: BTreeSet<String>,
    /// Those of them with `#[macro_export]`, whose path is that of the crate.
    pub(crate) exported: BTreeSet<String>,
    /// `Type::member`: methods, functions, constants and variants.
    pub(crate) members: BTreeSet<String>,
    /// Names in calls of macros that make items: which of them are items is not known here.
    pub(crate) generated: BTreeSet<String>,
    /// The name in this module → the paths it may have been imported by.
    pub(crate) imports: BTreeMap<String, Vec<Path>>,
    /// What `use path::*` brings.
    pub(crate) globs: Vec<Path>,
    pub(crate) references: Vec<Reference>,
}

/// One place that names something by a path.
#[derive(Clone)]
pub(crate) struct Reference {
    pub(crate) line: usize,
    pub(crate) path: Path,
    pub(crate) kind: Kind,
    /// Whether it is compiled for tests only.
    pub(crate) test: bool,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    /// `use path`, or `pub use path`, which makes the module a face of what it imports.
    Use {
        public: bool,
    },
    /// `use path::*`: the path is that of the module.
    Glob {
        public: bool,
    },
    /// In code, within the tokens of a macro, or in the string of an attribute.
    Code,
    Doc,
}
