//! The tables over the tree.

use crate::{
    layers::{
        loops,
        map::{MAP, MAPPED},
        rooms,
    },
    source::package::packages,
    tree::{files, root},
};

#[test]
fn every_crate_has_the_rooms_of_the_map_and_no_other_edge() {
    let packages = packages(&files(root()).unwrap(), MAPPED);
    let faults = packages.iter().flat_map(|it| rooms::faults_of(MAP, it));
    assert_eq!(faults.collect::<Vec<_>>(), [""; 0]);
    let mapped: Vec<_> = MAP.iter().map(|(name, _)| *name).collect();
    assert_eq!(mapped, MAPPED, "each crate of the map is checked, and the other way round");
}

#[test]
fn no_crate_is_without_a_map() {
    let files = files(root()).unwrap();
    let members = files.iter().filter_map(|(path, text)| {
        let named = text.lines().find_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'));
        named.filter(|_| path.ends_with("Cargo.toml") && text.contains("[package]"))
    });
    let without: Vec<_> = members.filter(|name| !MAPPED.contains(name)).collect();
    assert_eq!(without, [""; 0]);
}

#[test]
fn no_file_leads_back_to_itself() {
    let packages = packages(&files(root()).unwrap(), MAPPED);
    assert_eq!(packages.iter().flat_map(loops::faults).collect::<Vec<_>>(), [""; 0]);
}
