use super::*;
use crate::{
    policy::Policy,
    testing::{
        caller, core,
        fake_store::{FakeStore, bound_to},
    },
};

#[tokio::test]
async fn an_organization_is_found_by_whoever_may_see_it() {
    let world = FakeStore::of(vec![], vec![]);
    let find = FindOrganization::new(&core(&world.ports, &Policy::at("http://usher.test")));
    assert_eq!(find.named(&caller(), "team").await.unwrap().id.as_str(), "team");
    for (caller, text) in [(caller(), "nothing"), (bound_to("other"), "team")] {
        let outcome = find.named(&caller, text).await;
        assert!(matches!(outcome, Err(OrganizationError::Unknown)), "{text}");
    }
}
