use usher_domain::{Authority, TenantId};
use uuid::Uuid;

use super::*;
use crate::{
    policy::Policy,
    testing::{
        caller, core,
        fake_store::{FakeStore, bound_to, place},
        role,
    },
};

#[tokio::test]
async fn a_bound_key_sees_the_tenants_roles_and_its_own() {
    let world = FakeStore::of(vec![], vec![]);
    let cook = Role { organization: Some(place("team")), ..role("cook") };
    let theirs = Role { tenant: TenantId(Uuid::nil()), ..role("theirs") };
    world.state().roles = vec![role("reader"), cook, theirs];
    let roles = ReadRoles::new(&core(&world.ports, &Policy::at("http://usher.test")));
    let seen = async |caller: &Caller| {
        let found = roles.list(caller).await.unwrap();
        found.iter().map(|it| it.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(seen(&caller()).await, ["reader", "cook"]);
    assert_eq!(seen(&bound_to("team")).await, ["reader", "cook"]);
    assert_eq!(seen(&bound_to("other")).await, ["reader"]);
    let reader = Caller { authority: Authority::Reader, ..bound_to("other") };
    assert!(roles.find(&reader, &id("reader")).await.is_ok());
    for hidden in ["cook", "theirs", "nothing"] {
        let error = roles.find(&reader, &id(hidden)).await;
        assert!(matches!(error, Err(RoleError::Unknown)), "{hidden}");
    }
}

fn id(text: &str) -> RoleId {
    RoleId::parse(text).unwrap()
}
