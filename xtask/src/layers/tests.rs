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
fn no_file_leads_back_to_itself() {
    let packages = packages(&files(root()).unwrap(), MAPPED);
    assert_eq!(packages.iter().flat_map(loops::faults).collect::<Vec<_>>(), [""; 0]);
}
