//! Inside a crate every name is imported from the module that defines it.
//!
//! The crate's face (`lib.rs`) is for other crates. An import through it, or through a folder's
//! `mod.rs`, hides who depends on whom, and with it the loops.

use std::collections::BTreeSet;

use crate::source::{
    modules::{Id, Module, Target},
    package::Package,
    resolve::{DEPTH, Named, Origin},
    scope::{Kind, Reference},
};

pub(crate) fn faults(package: &Package) -> Vec<String> {
    let mut found = BTreeSet::new();
    for target in &package.targets {
        for (id, module) in target.modules.iter().enumerate() {
            for reference in &module.references {
                let fault =
                    face(module, reference).or_else(|| through(target, id, module, reference));
                let line = reference.line;
                found.extend(fault.map(|it| (&module.file, line, it)));
            }
        }
    }
    found.into_iter().map(|(file, line, fault)| format!("{file}:{line}: {fault}")).collect()
}

/// A `pub use` outside of `lib.rs`.
fn face(module: &Module, Reference { path, kind, .. }: &Reference) -> Option<String> {
    let (Kind::Use { public: true } | Kind::Glob { public: true }) = kind else { return None };
    // This is how the macros of a module get a path at all.
    let own_macro = matches!(&path[..], [name] if module.macros.contains(name));
    (!module.file.ends_with("/src/lib.rs") && !own_macro).then(|| {
        format!("only lib.rs may export {} again: import it where it is defined", path.join("::"))
    })
}

/// A path by way of a module that itself imports what the path names.
fn through(target: &Target, from: Id, module: &Module, reference: &Reference) -> Option<String> {
    let Reference { path, kind, test, .. } = reference;
    let (mut at, led, anchored) = target.start(from, path)?;
    if *kind == Kind::Doc && !anchored {
        return None;
    }
    let in_test = *test || module.test;
    // A test stands beside what it tests, and sees all that this sees: `use super::*`.
    let beside = in_test && path[0] == "super";
    let glob = matches!(kind, Kind::Glob { .. });
    let rest = &path[led..];
    for (index, name) in rest.iter().enumerate() {
        let last = index + 1 == rest.len();
        let named = || path[..=led + index].join("::");
        let in_scope = index == 0 && (!anchored || beside);
        match target.origin(at, name, last && !glob, DEPTH) {
            Origin::Child(child) => at = child,
            Origin::Own | Origin::Unknown if index == 0 && !anchored => return None,
            // An example in a text may name what there is not; rustdoc checks the links.
            Origin::Unknown if *kind == Kind::Doc => return None,
            // `#[macro_export]` gives a macro no other path than the crate's.
            Origin::Unknown if at == 0 && target.exported.contains_key(name) => return None,
            Origin::Own | Origin::Unknown => {
                let root = target.modules[at].parent.is_none();
                return (root && !in_scope && !(last && glob)).then(|| {
                    let file = file_name(&target.modules[at].file);
                    format!("{} is defined in {file}: move it to a module", named())
                });
            }
            Origin::Import(import) if in_scope => match import {
                Some(Named::Module(module)) => at = module,
                _ => return None,
            },
            Origin::Import(import) => {
                let definer = import.map(|it| match it {
                    Named::Module(id) => target.modules[id].path.clone(),
                    Named::Item(id, item) => format!("{}::{item}", target.modules[id].path),
                });
                let path = named();
                return Some(match definer {
                    Some(definer) => format!("{path} is defined elsewhere: name {definer}"),
                    None => format!("{path} comes from another crate: import it from there"),
                });
            }
        }
    }
    None
}

fn file_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::faults;
    use crate::source::package::planted;

    const LIB: &str =
        "//! Lib.\nmod ports;\nmod shared;\npub use ports::ledger::Ledger;\npub fn face() {}\n";
    const PORTS: &str = "//! Ports.\npub mod ledger;\nuse std::fmt::Debug;\nuse self::ledger::Ledger;\npub struct Ports(Ledger);\n";
    const LEDGER: &str = "//! Ledger.\npub struct Ledger;\nimpl Ledger { pub fn new() {} }\n";

    fn of(shared: &str) -> Vec<String> {
        let package = planted(&[
            ("src/lib.rs", LIB),
            ("src/ports/mod.rs", PORTS),
            ("src/ports/ledger.rs", LEDGER),
            ("src/shared.rs", shared),
        ]);
        assert_eq!(package.faults, [""; 0]);
        let found = faults(&package);
        found.iter().map(|it| it.replace("crates/planted/src/shared.rs:", "")).collect()
    }

    const BY_FACE: &str = "crate::Ledger is defined elsewhere: name crate::ports::ledger::Ledger";
    const BY_FOLDER: &str =
        "crate::ports::Ledger is defined elsewhere: name crate::ports::ledger::Ledger";

    #[test]
    fn a_name_from_the_module_that_defines_it_is_fine() {
        let shared = "//! [`crate::ports::ledger::Ledger`]\nuse crate::{ports::{Ports, ledger::{self, Ledger}}};\n\
             fn a() { ledger::Ledger::new(); crate::ports::ledger::Ledger::new(); Ledger::new() }\n";
        assert_eq!(of(shared), [""; 0]);
    }

    #[test]
    fn an_import_through_the_crates_face_is_found() {
        assert_eq!(of("use crate::Ledger;\n"), [format!("1: {BY_FACE}")]);
        assert_eq!(of("use crate::{\n    Ledger,\n};\n"), [format!("2: {BY_FACE}")]);
        assert_eq!(
            of("use super::Ledger as It;\n"),
            [format!("1: {BY_FACE}").replace("crate::L", "super::L")]
        );
    }

    #[test]
    fn an_import_through_a_folder_is_found() {
        assert_eq!(of("use crate::ports::Ledger;\n"), [format!("1: {BY_FOLDER}")]);
        assert_eq!(
            of("use crate::ports;\nfn a() { ports::Ledger::new() }\n"),
            ["2: ports::Ledger is defined elsewhere: name crate::ports::ledger::Ledger"]
        );
        assert_eq!(
            of("use crate::ports::Debug;\n"),
            ["1: crate::ports::Debug comes from another crate: import it from there"]
        );
    }

    #[test]
    fn a_path_in_code_in_a_macro_or_in_a_comment_counts_as_an_import_does() {
        assert_eq!(of("fn a() { crate::Ledger::new() }\n"), [format!("1: {BY_FACE}")]);
        assert_eq!(of("fn a() { assert!(x, crate::Ledger::new()); }\n"), [format!("1: {BY_FACE}")]);
        assert_eq!(
            of("//! Says so.\n\n/// See [it](crate::Ledger).\nfn a() {}\n"),
            [format!("3: {BY_FACE}")]
        );
        assert_eq!(
            of("#[serde(with = \"crate::Ledger\")]\nstruct A;\n"),
            [format!("1: {BY_FACE}")]
        );
    }

    #[test]
    fn a_text_is_no_import() {
        let text = "/// Like `crate::wire::date`.\nfn a() { assert!(a, \"crate::Ledger\"); b(\"crate::Ledger\") }\n";
        assert_eq!(of(text), [""; 0]);
    }

    #[test]
    fn an_item_of_the_crates_root_is_found() {
        assert_eq!(
            of("use crate::face;\n"),
            ["1: crate::face is defined in lib.rs: move it to a module"]
        );
        assert_eq!(
            of("fn a() { super::face() }\n"),
            ["1: super::face is defined in lib.rs: move it to a module"]
        );
    }

    #[test]
    fn a_second_face_is_found() {
        let expected =
            ["1: only lib.rs may export crate::ports::Ports again: import it where it is defined"];
        assert_eq!(of("pub(crate) use crate::ports::Ports;\n"), expected);
        assert_eq!(of("pub use crate::ports::Ports;\n"), expected);
        assert_eq!(of("macro_rules! both { () => {} }\npub(crate) use both;\n"), [""; 0]);
        let exported =
            "#[macro_export]\nmacro_rules! both { () => {} }\nfn a() { crate::both!() }\n";
        assert_eq!(of(exported), [""; 0]);
    }

    #[test]
    fn a_test_sees_what_stands_beside_it() {
        let shared = "use crate::ports::ledger::Ledger;\n#[cfg(test)]\nmod tests { use super::*; use super::Ledger; }\n";
        assert_eq!(of(shared), [""; 0]);
        let shared = "#[cfg(test)]\nmod tests { use crate::Ledger; }\n";
        assert_eq!(of(shared), [format!("2: {BY_FACE}")]);
    }
}
