use uuid::Uuid;

use super::*;
use crate::Timestamp;

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
fn a_bound_key_oversees_its_organization_and_those_right_below() {
    let bound_to = |it: Option<&str>| Caller {
        organization: it.map(id),
        ..Caller::system(TenantId(Uuid::nil()))
    };
    let all = [("top", None), ("team", Some("top")), ("far", Some("team"))];
    let overseen = |caller: Caller| all.map(|(it, parent)| caller.oversees(&place(it, parent)));
    assert_eq!(overseen(bound_to(None)), [true, true, true]);
    assert_eq!(overseen(bound_to(Some("top"))), [true, true, false]);
    assert_eq!(overseen(bound_to(Some("team"))), [false, true, true]);
    assert_eq!(overseen(bound_to(Some("far"))), [false, false, true]);
}

fn id(text: &str) -> OrganizationId {
    OrganizationId::parse(text).unwrap()
}

fn place(text: &str, parent: Option<&str>) -> Organization {
    let (tenant, now) = (TenantId(Uuid::nil()), Timestamp::UNIX_EPOCH);
    Organization {
        parent: parent.map(id),
        ..Organization::new(id(text), tenant, text.to_owned(), now)
    }
}
