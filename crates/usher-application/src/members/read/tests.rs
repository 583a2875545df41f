use usher_domain::Authority;

use super::*;
use crate::{
    policy::Policy,
    testing::{
        MockPorts, caller, core,
        fake_store::{FakeStore, bound_to, place},
        membership, user_id,
    },
};

#[tokio::test]
async fn only_who_may_read_users_reads_and_nothing_is_read_for_others() {
    let read =
        ReadMembers::new(&core(&MockPorts::default().into(), &Policy::at("http://usher.test")));
    let inviter = Caller { authority: Authority::Inviter, ..caller() };
    let outcome = read.run(&inviter, &[user_id("ada")]).await;
    assert!(matches!(outcome, Err(ReadUsersError::Forbidden)));
    let outcome = read.organizations(&inviter, vec![place("team")]).await;
    assert!(matches!(outcome, Err(ReadUsersError::Forbidden)));
}

#[tokio::test]
async fn a_bound_key_sees_its_organization_and_those_right_below() {
    let everywhere = ["far", "other", "team", "top"];
    let joined = ["ada", "bob"].iter().flat_map(|it| everywhere.map(|at| membership(it, at)));
    let world = FakeStore::of(vec![], joined.collect());
    let reader = |it: Caller| Caller { authority: Authority::Reader, ..it };
    for (caller, seen) in [
        (caller(), everywhere.to_vec()),
        (bound_to("top"), vec!["other", "team", "top"]),
        (bound_to("team"), vec!["far", "team"]),
        (bound_to("far"), vec!["far"]),
    ] {
        let read = ReadMembers::new(&core(&world.ports, &Policy::at("http://usher.test")));
        let (found, organizations) = read.run(&reader(caller), &[user_id("ada")]).await.unwrap();
        assert!(found.iter().all(|it| it.user == user_id("ada")));
        let found: Vec<_> = found.iter().map(|it| it.organization.as_str()).collect();
        assert_eq!(found, seen);
        // Organizations that the caller may not see are not among the answers either.
        let mut ids: Vec<_> = organizations.keys().map(OrganizationId::as_str).collect();
        ids.sort_unstable();
        assert_eq!(ids, seen);
    }
}

#[tokio::test]
async fn what_organizations_are_called_is_told_once_each_and_unknown_ones_are_left_out() {
    let world = FakeStore::of(vec![], vec![]);
    let read = ReadMembers::new(&core(&world.ports, &Policy::at("http://usher.test")));
    let ids = ["team", "nowhere", "team", "top"].map(place).to_vec();
    let found = read.organizations(&bound_to("far"), ids).await.unwrap();
    let mut names: Vec<_> = found.values().map(|it| it.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["The team team", "The top team"]);
    let nothing =
        ReadMembers::new(&core(&MockPorts::default().into(), &Policy::at("http://usher.test")))
            .organizations(&caller(), vec![])
            .await;
    assert!(nothing.unwrap().is_empty());
}
