use std::collections::BTreeMap;

use chrono::TimeDelta;
use uuid::Uuid;

use super::*;
use crate::{
    authority::{Authority, Permission},
    timestamp::Timestamp,
};

#[test]
fn who_may_manage_members_is_the_administrator_and_the_helpdesk() {
    let may = |authority| {
        let system = Caller::system(TenantId(Uuid::nil()));
        let caller = Caller { authority, ..system };
        [Permission::Read, Permission::Invite, Permission::ManageMembers, Permission::Administer]
            .map(|it| caller.may(it))
    };
    assert_eq!(may(Authority::OrgAdmin), [true, true, true, true]);
    assert_eq!(may(Authority::Helpdesk), [true, true, true, false]);
    assert_eq!(may(Authority::Inviter), [true, true, false, false]);
    assert_eq!(may(Authority::Reader), [true, false, false, false]);
}

#[test]
fn only_an_unbound_administrator_administers_the_tenant() {
    assert!(Caller::system(TenantId(Uuid::nil())).administers_tenant());
    assert!(!bound_to(Some("top")).administers_tenant());
    for authority in [Authority::Helpdesk, Authority::Inviter, Authority::Reader] {
        assert!(!Caller { authority, ..bound_to(None) }.administers_tenant(), "{authority}");
    }
}

#[test]
fn a_bound_key_oversees_its_organization_and_those_right_below() {
    let all = [("top", None), ("team", Some("top")), ("far", Some("team"))];
    let overseen = |caller: Caller| all.map(|(it, parent)| caller.oversees(&place(it, parent)));
    assert_eq!(overseen(bound_to(None)), [true, true, true]);
    assert_eq!(overseen(bound_to(Some("top"))), [true, true, false]);
    assert_eq!(overseen(bound_to(Some("team"))), [false, true, true]);
    assert_eq!(overseen(bound_to(Some("far"))), [false, false, true]);
}

#[test]
fn one_offers_what_one_could_invite_to_and_grant() {
    let offer = |organization: Option<&str>, authority| Offer {
        organization: organization.map(id),
        roles: Vec::new(),
        authority,
        labels: BTreeMap::new(),
        redirect: None,
        message: None,
        locale: None,
        template: None,
        inviter: None,
        lifetime: TimeDelta::days(7),
        quiet: false,
    };
    let with = |authority, organization| Caller { authority, ..bound_to(organization) };
    let table = [
        (with(Authority::OrgAdmin, None), [true, true, true]),
        (with(Authority::Helpdesk, None), [true, true, false]),
        (with(Authority::Inviter, None), [true, true, false]),
        (with(Authority::Reader, None), [false, false, false]),
        (with(Authority::OrgAdmin, Some("team")), [false, true, true]),
        // What one oversees one does not invite to.
        (with(Authority::OrgAdmin, Some("top")), [false, false, false]),
    ];
    for (caller, expected) in table {
        let offers = [
            offer(None, None),
            offer(Some("team"), None),
            offer(Some("team"), Some(Authority::Reader)),
        ];
        assert_eq!(offers.map(|it| caller.may_offer(&it)), expected, "{caller:?}");
    }
}

#[test]
fn one_has_power_over_those_who_have_no_more_authority_themselves_or_by_a_key() {
    use Authority::{Helpdesk, Inviter, OrgAdmin};
    for (own, of_keys, helpdesk_may) in [
        (None, vec![], true),
        (Some(Helpdesk), vec![Inviter, Helpdesk], true),
        (Some(OrgAdmin), vec![], false),
        (None, vec![Inviter, OrgAdmin], false),
        (Some(Inviter), vec![OrgAdmin], false),
    ] {
        let new = User::new(user_id("ada"), TenantId(Uuid::nil()), Timestamp::UNIX_EPOCH);
        let user = User { authority: own, ..new };
        let may = |authority| {
            Caller { authority, ..bound_to(None) }.may_change(&user, of_keys.iter().copied())
        };
        assert_eq!((may(OrgAdmin), may(Helpdesk)), (true, helpdesk_may), "{own:?} {of_keys:?}");
    }
}

fn user_id(text: &str) -> UserId {
    UserId::parse(text).unwrap()
}

fn bound_to(it: Option<&str>) -> Caller {
    Caller { organization: it.map(id), ..Caller::system(TenantId(Uuid::nil())) }
}

fn id(text: &str) -> OrganizationId {
    OrganizationId::parse(text).unwrap()
}

fn place(text: &str, parent: Option<&str>) -> Organization {
    let new =
        Organization::new(id(text), TenantId(Uuid::nil()), text.to_owned(), Timestamp::UNIX_EPOCH);
    Organization { parent: parent.map(id), ..new }
}

#[test]
fn nobody_has_power_over_people_of_more_authority_than_their_own() {
    use Authority::{Helpdesk, Inviter, OrgAdmin, Reader};
    let all = [OrgAdmin, Helpdesk, Inviter, Reader];
    let person = |authority| {
        let new = crate::user::User::new(
            UserId::parse("ada").unwrap(),
            TenantId(Uuid::nil()),
            Timestamp::UNIX_EPOCH,
        );
        crate::user::User { authority, ..new }
    };
    for (n, authority) in all.into_iter().enumerate() {
        let caller = Caller { authority, ..bound_to(None) };
        let may: Vec<_> = all.iter().map(|it| caller.may_change(&person(Some(*it)), [])).collect();
        let expected: Vec<_> = (0..all.len()).map(|their| n <= their).collect();
        assert_eq!(may, expected, "{authority}");
        assert!(caller.may_change(&person(None), []), "{authority}");
    }
}
