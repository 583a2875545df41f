use super::*;
use crate::{
    policy::Policy,
    testing::{
        active, core,
        fake_store::{FakeStore, invited_to},
        handed_over_token, invitation, mailed_token, membership, role,
    },
};

#[tokio::test]
async fn a_look_says_what_the_invitee_must_do_but_not_to_whoever_was_handed_the_link() {
    let unproven = User { mailbox_proven_at: None, ..active("ada") };
    for (known, expected) in [
        (Some(active("ada")), Entrance::SignIn),
        (Some(unproven), Entrance::Recover),
        (Some(User { password: None, ..active("ada") }), Entrance::Return),
        (None, Entrance::Join),
    ] {
        let world = FakeStore::of(known.into_iter().collect(), vec![membership("ada", "other")]);
        world.state().invitations.push(invitation(1, "ada"));
        let core = core(&world.ports, &Policy::at("http://usher.test"));
        let look_up = LookUpInvitation::new(&core);
        let mailed = look_up.run(&mailed_token(&invitation(1, "ada"))).await.unwrap();
        assert_eq!((mailed.title(), mailed.entrance, mailed.open), ("Acme", expected, Ok(())));
        let held: Vec<_> = mailed.held.iter().map(|(it, _)| it.id.as_str()).collect();
        assert_eq!(held, if expected == Entrance::Recover { &["other"][..] } else { &[] });
        let handed_over = handed_over_token(&invitation(1, "ada"));
        let seen = look_up.run(&handed_over).await.unwrap();
        assert_eq!((seen.entrance, seen.held.len(), seen.open), (Entrance::Join, 0, Ok(())));
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
    let seen = LookUpInvitation::new(&core(&world.ports, &Policy::at("http://usher.test")))
        .run(&handed_over_token(&it))
        .await
        .unwrap();
    assert_eq!(
        (seen.title(), &seen.roles[..]),
        ("T", &["The reader", "free"].map(str::to_owned)[..])
    );
}
