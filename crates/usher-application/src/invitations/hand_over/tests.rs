use usher_domain::{Authority, Means, Role, Status};

use super::*;
use crate::{
    policy::Policy,
    testing::{
        caller, core,
        fake_store::{FakeStore, bound_to, invited_to},
        handed_over_token, role, user_id,
    },
};

#[tokio::test]
async fn a_link_is_for_those_who_could_make_the_invitation_and_only_while_it_is_open() {
    let world = FakeStore::of(vec![], vec![]);
    world.state().roles.push(Role { given_by: Authority::Helpdesk, ..role("lead") });
    let with = |change: &dyn Fn(&mut Invitation)| {
        let mut it = invited_to(1, "ada", "team");
        change(&mut it);
        it
    };
    let all = [
        with(&|_| ()),
        with(&|it| it.offer.roles = vec!["lead".to_owned()]),
        with(&|it| it.offer.authority = Some(Authority::Reader)),
        with(&|it| it.status = Status::Accepted),
        with(&|it| it.expires_at = it.issued_at),
        with(&|it| it.tenant = usher_domain::TenantId(uuid::Uuid::from_u128(0xbad))),
    ];
    let use_case = HandOverLinks::new(&core(&world.ports, &Policy::at("http://usher.test")));
    let machine = |it: Caller| Caller { means: Some(Means::Machine), ..it };
    let of = |authority| machine(Caller { authority, ..caller() });
    for (by, shown) in [
        (of(Authority::OrgAdmin), [true, true, true]),
        (of(Authority::Helpdesk), [true, true, false]),
        (of(Authority::Inviter), [true, false, false]),
        (of(Authority::Reader), [false; 3]),
        (machine(bound_to("team")), [true, true, true]),
        (machine(bound_to("other")), [false; 3]),
        (caller(), [false; 3]),
    ] {
        let links = use_case.run(&by, &all).await.unwrap();
        let is_shown: Vec<_> = links.iter().map(Option::is_some).collect();
        assert_eq!(is_shown, [&shown[..], &[false; 3]].concat(), "{by:?}");
    }
    // Whoever invites sends their own invitations again, and those alone.
    let bea = usher_domain::Actor::User(user_id("bea"));
    let bea = Caller { actor: bea, ..of(Authority::Inviter) };
    assert!(use_case.run(&bea, &all[..1]).await.unwrap()[0].is_none());
    let link = use_case.run(&of(Authority::OrgAdmin), &all).await.unwrap().remove(0).unwrap();
    assert_eq!(link.token, handed_over_token(&all[0]));
    assert_eq!(link.uri, format!("http://usher.test/accept?invitation={}", link.token));
}
