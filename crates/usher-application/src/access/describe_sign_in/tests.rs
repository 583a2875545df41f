use super::*;
use crate::{
    policy::Policy,
    testing::{core, fake_store::FakeStore},
};

#[tokio::test]
async fn a_page_tells_the_tenant_and_the_organization_by_its_id_alone() {
    let world = FakeStore::of(vec![], vec![]);
    let describe = DescribeSignIn::new(&core(&world.ports, &Policy::at("http://usher.test")));
    let titled = async |organization| {
        let it = describe.run("default", organization).await.unwrap().unwrap();
        assert_eq!(it.display_name, "Acme");
        it.organization_title
    };
    assert_eq!(titled(None).await, None);
    assert_eq!(titled(Some("team")).await.as_deref(), Some("The team team"));
    for unknown in ["TEAM", "The team team", "nothing", "", "\u{0}"] {
        assert_eq!(titled(Some(unknown)).await, None, "{unknown}");
    }
    assert_eq!(describe.run("nowhere", Some("team")).await.unwrap(), None);
}
