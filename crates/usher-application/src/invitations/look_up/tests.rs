use super::*;
use crate::{
    policy::Policy,
    testing::{
        MockPorts, active, core,
        fake_store::{FakeStore, invited_to},
        invitation, noon, role, tenant,
    },
};

#[tokio::test]
async fn a_look_says_whether_the_invitee_must_sign_in() {
    for (known, must) in [(Some(active("ada")), true), (None, false)] {
        let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
        ports.invitations.expect_proven().return_once(|_| Ok(vec![Some(invitation(1, "ada"))]));
        ports.tenants.expect_find().return_once(|_| Ok(Some(tenant())));
        ports.users.expect_find_many().return_once(move |_, _| Ok(vec![known]));
        let ports = ports.into();
        let links = Links::new(&core(&ports, &crate::policy::Policy::at("http://usher.test")));
        let token = links.token(&invitation(1, "ada"));
        let seen = LookUpInvitation::new(&core(&ports, &Policy::at("http://usher.test")))
            .run(&token)
            .await
            .unwrap();
        assert_eq!((seen.title(), seen.user.is_some(), seen.open), ("Acme", must, Ok(())));
    }
}

#[tokio::test]
async fn a_look_tells_the_organization_and_the_roles_by_their_names() {
    let world = FakeStore::of(vec![], vec![]);
    let world = world.with("team", |it| Organization { display_name: Some("T".to_owned()), ..it });
    world.state().roles.push(role("reader"));
    let mut it = invited_to(1, "ada", "team");
    it.offer.roles = ["reader", "free"].map(str::to_owned).to_vec();
    world.state().invitations.push(it.clone());
    let links = Links::new(&core(&world.ports, &crate::policy::Policy::at("http://usher.test")));
    let seen = LookUpInvitation::new(&core(&world.ports, &Policy::at("http://usher.test")))
        .run(&links.token(&it))
        .await
        .unwrap();
    assert_eq!(
        (seen.title(), &seen.roles[..]),
        ("T", &["The reader", "free"].map(str::to_owned)[..])
    );
}
