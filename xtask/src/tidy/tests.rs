//! The rules over the tree.

use std::{collections::BTreeSet, fs};

use xshell::{Shell, cmd};

use crate::{
    layers::map::MAPPED,
    source::package::{manifests, packages},
    tidy::{
        architecture, committers, dialects, glossary, idle_tests, imports, length, lints,
        machine_paths, memberships, promises, sentence,
    },
    tree::{files, root},
};

const CLEAN: [&str; 0] = [];

#[test]
fn a_dialects_name_occurs_only_in_its_own_folder() {
    assert_eq!(dialects::faults(&files(root()).unwrap()), CLEAN);
}

#[test]
fn every_new_membership_passes_the_admission() {
    assert_eq!(memberships::faults(&files(root()).unwrap()), CLEAN);
}

#[test]
fn what_the_documents_promise_is_held_by_tests_that_there_are() {
    assert_eq!(promises::faults(&files(root()).unwrap()), CLEAN);
}

#[test]
fn whoever_writes_for_a_caller_holds_them_to_their_bounds() {
    assert_eq!(committers::faults(&files(root()).unwrap()), CLEAN);
}

#[test]
fn every_module_opens_with_a_sentence() {
    assert_eq!(sentence::faults(&files(root()).unwrap()), CLEAN);
}

#[test]
fn every_test_counts() {
    assert_eq!(idle_tests::faults(&files(root()).unwrap()), CLEAN);
}

#[test]
fn no_file_knows_the_machine_it_was_written_on() {
    assert_eq!(machine_paths::faults(&files(root()).unwrap()), CLEAN);
}

#[test]
fn every_member_takes_the_lints() {
    assert_eq!(lints::faults(&files(root()).unwrap()), CLEAN);
}

#[test]
fn every_name_is_imported_from_where_it_is_defined() {
    let packages = packages(&files(root()).unwrap(), MAPPED);
    let faults = packages.iter().flat_map(|it| [it.faults.clone(), imports::faults(it)]);
    assert_eq!(faults.flatten().collect::<Vec<_>>(), CLEAN);
}

#[test]
fn no_file_is_too_long_to_be_read_at_once() {
    let files = files(root()).unwrap();
    let mapped = manifests(&files).filter(|(name, ..)| MAPPED.contains(name));
    let folders: Vec<_> = mapped.map(|(_, folder, _)| folder).collect();
    let own = files.iter().filter(|(path, _)| folders.iter().any(|it| path.starts_with(it)));
    assert_eq!(length::faults(&own.cloned().collect::<Vec<_>>()), CLEAN);
}

#[test]
fn the_architecture_names_the_crates_that_there_are() {
    let sh = Shell::new().unwrap();
    let json = cmd!(sh, "cargo metadata --no-deps --format-version 1").quiet().read().unwrap();
    let metadata: serde_json::Value = serde_json::from_str(&json).unwrap();
    let packages = metadata["packages"].as_array().unwrap().iter();
    let members = packages.map(|it| it["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(architecture::faults(&text(), &members), CLEAN);
}

#[test]
fn the_words_of_the_glossary_are_those_of_the_code() {
    let packages = packages(&files(root()).unwrap(), &[]);
    let crates = packages.into_iter().filter(|it| it.folder.starts_with("crates/"));
    let names: BTreeSet<_> = crates.flat_map(|it| it.names).collect();
    assert_eq!(glossary::faults(&text(), &names), CLEAN);
}

fn text() -> String {
    fs::read_to_string(root().join("docs/architecture.md")).unwrap()
}
