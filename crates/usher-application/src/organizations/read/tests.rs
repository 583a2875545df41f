use usher_domain::Authority;

use super::*;
use crate::{
    policy::Policy,
    testing::{
        caller, core,
        fake_store::{FakeStore, bound_to, place},
    },
};

#[tokio::test]
async fn one_sees_what_one_oversees() {
    let world = FakeStore::of(vec![], vec![]);
    let read = ReadOrganizations::new(&core(&world.ports, &Policy::at("http://usher.test")));
    let seen = async |caller: &Caller| {
        let found = read.list(caller).await.unwrap();
        found.iter().map(|it| it.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(seen(&caller()).await, ["top", "team", "other", "far"]);
    assert_eq!(seen(&bound_to("top")).await, ["top", "team", "other"]);
    assert_eq!(seen(&bound_to("far")).await, ["far"]);
    let reader = Caller { authority: Authority::Reader, ..bound_to("far") };
    assert!(read.find(&reader, &place("far")).await.is_ok());
    let hidden = read.find(&reader, &place("team")).await;
    assert!(matches!(hidden, Err(OrganizationError::Unknown)));
}
