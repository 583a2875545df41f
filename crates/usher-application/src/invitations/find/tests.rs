use usher_domain::{Actor, Authority, Organization, TenantId};
use uuid::Uuid;

use super::*;
use crate::{
    invitations::{
        list::{ListError, ListInvitations, ListRequest},
        look_up::LookUpInvitation,
    },
    policy::Policy,
    ports::invitations::{Filter, InvitationCondition},
    shared::links::Links,
    testing::{
        MockPorts, active, caller, core,
        fake_store::{FakeStore, invited_to},
        invitation, noon, role, tenant, user_id,
    },
};

#[tokio::test]
async fn a_page_leads_to_the_next_until_there_is_none() {
    let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
    ports.invitations.expect_list().times(2).returning(|_, _, page, _| {
        let (first, last) = (page.after.is_none(), page.after.is_some());
        assert_eq!(page.limit, 3, "one more tells whether there is a next page");
        assert!(first || page.after.unwrap().id == invitation(2, "b").id);
        Ok((1..=3).take(if last { 2 } else { 3 }).map(|n| invitation(n, "a")).collect())
    });
    let list = ListInvitations::new(&core(&ports.into(), &Policy::at("http://usher.test")));
    let first = list.run(&caller(), request("", "")).await.unwrap();
    assert_eq!(first.invitations.len(), 2);
    let second = list.run(&caller(), request(first.next.as_ref().unwrap(), "")).await.unwrap();
    assert_eq!((second.invitations.len(), second.next), (2, None));
}

#[tokio::test]
async fn a_token_of_another_tenant_or_filter_or_none_of_ours_is_refused() {
    let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
    ports
        .invitations
        .expect_list()
        .once()
        .returning(|_, _, _, _| Ok((1..=3).map(|n| invitation(n, "a")).collect()));
    let list = ListInvitations::new(&core(&ports.into(), &Policy::at("http://usher.test")));
    let next = list.run(&caller(), request("", "x")).await.unwrap().next.unwrap();
    let stranger = Caller { tenant: TenantId(Uuid::from_u128(0xbad)), ..caller() };
    for (caller, token, filter) in
        [(&stranger, next.as_str(), "x"), (&caller(), &next, "y"), (&caller(), "junk", "x")]
    {
        let error = list.run(caller, request(token, filter)).await.unwrap_err();
        assert!(matches!(error, ListError::PageToken));
    }
}

#[tokio::test]
async fn an_inviter_lists_only_its_own() {
    let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
    ports
        .invitations
        .expect_list()
        .once()
        .withf(|_, filter, _, _| {
            let own = Filter::Is(InvitationCondition::Creator(Actor::User(user_id("ann"))));
            *filter == Filter::And(vec![Filter::Everything, own])
        })
        .return_once(|_, _, _, _| Ok(vec![]));
    let actor = Actor::User(user_id("ann"));
    let inviter = Caller { authority: Authority::Inviter, actor, ..caller() };
    ListInvitations::new(&core(&ports.into(), &Policy::at("http://usher.test")))
        .run(&inviter, request("", ""))
        .await
        .unwrap();
}

#[tokio::test]
async fn what_the_caller_may_not_see_does_not_exist() {
    let mut ports = MockPorts::default();
    ports.invitations.expect_find().return_once(|_, _| Ok(Some(invitation(1, "ada"))));
    let actor = Actor::User(user_id("ann"));
    let inviter = Caller { authority: Authority::Inviter, actor, ..caller() };
    let error = FindInvitation::new(&core(&ports.into(), &Policy::at("http://usher.test")))
        .run(&inviter, invitation(1, "ada").id)
        .await;
    assert!(matches!(error, Err(FindError::Unknown)));
}

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

fn request<'a>(page_token: &'a str, filter_text: &'a str) -> ListRequest<'a> {
    ListRequest { page_token, filter_text, limit: 2, ..ListRequest::default() }
}
