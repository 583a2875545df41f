use usher_domain::{Actor, TenantId};

use super::*;
use crate::{
    policy::Policy,
    testing::{MockPorts, caller, core, invitation, noon, user_id},
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
            let own = Filter::Is(InvitationCondition::Answered(Actor::User(user_id("ann"))));
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

fn request<'a>(page_token: &'a str, filter_text: &'a str) -> ListRequest<'a> {
    ListRequest { page_token, filter_text, limit: 2, ..ListRequest::default() }
}
