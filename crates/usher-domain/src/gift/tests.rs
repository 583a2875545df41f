use uuid::Uuid;

use super::*;
use crate::{
    id::{CredentialId, MembershipId, OrganizationId, TenantId, UserId},
    membership::Membership,
    pin::Pin,
    user::User,
};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn by(n: u128) -> Gift {
    Gift::new(Actor::Client(CredentialId(Uuid::from_u128(n))), NOW)
}

/// What the first one gave is taken back.
fn is_of_first(it: &Gift) -> bool {
    it.by == by(1).by
}

fn membership() -> Membership {
    let (user, place) = (UserId::parse("ada").unwrap(), OrganizationId::parse("team").unwrap());
    Membership::new(MembershipId(Uuid::nil()), TenantId(Uuid::nil()), user, place, NOW)
}

fn roles(roles: &[&str]) -> Vec<String> {
    roles.iter().map(|it| (*it).to_owned()).collect()
}

fn pin() -> Pin {
    Pin { digest: vec![1], seed: None }
}

#[test]
fn a_membership_ends_when_nobody_else_gave_any_of_it() {
    let alone =
        membership().given(&by(1)).with_roles(roles(&["a"]), &by(1)).with_pin(pin(), &by(1));
    assert_eq!(alone.without(&is_of_first), None);
    let again = alone.clone().given(&by(2)).without(&is_of_first).unwrap();
    assert!(again.roles.is_empty() && again.pin.is_none() && !again.pin_allowed);
    let with_role = alone.with_roles(roles(&["a", "b"]), &by(2)).without(&is_of_first).unwrap();
    assert_eq!(with_role.roles, ["b"]);
}

#[test]
fn of_a_membership_of_somebody_else_only_the_gifts_go() {
    let held = membership().given(&by(2)).with_roles(roles(&["a"]), &by(2));
    let held = held.with_roles(roles(&["a", "b"]), &by(1)).with_pin(pin(), &by(1));
    let left = held.without(&is_of_first).unwrap();
    assert_eq!((left.roles, left.pin), (roles(&["a"]), None));
    let renewed = held.clone().with_pin(pin(), &by(2)).without(&is_of_first).unwrap();
    assert_eq!(renewed.pin, Some(pin()), "another pin is of whoever set it");
    // Taken away and given by somebody else since, it is theirs.
    let again = held.with_roles(roles(&["a"]), &by(2)).with_roles(roles(&["a", "b"]), &by(2));
    assert_eq!(again.without(&is_of_first).unwrap().roles, ["a", "b"]);
}

#[test]
fn who_was_given_more_authority_has_what_somebody_else_gave() {
    let new = || User::new(UserId::parse("ada").unwrap(), TenantId(Uuid::nil()), NOW);
    let user = new().given(&by(2)).with_authority(Authority::Reader, &by(2));
    let more = user.with_authority(Authority::OrgAdmin, &by(1));
    let more = more.with_more_roles(&roles(&["a"]), &by(1));
    let left = more.without(&is_of_first);
    assert_eq!((left.authority, left.roles), (Some(Authority::Reader), Vec::new()));
    assert!(!more.is_made_by(&is_of_first));
    let all = new().given(&by(1)).with_authority(Authority::OrgAdmin, &by(1));
    assert_eq!(all.without(&is_of_first).authority, None);
    assert!(all.is_made_by(&is_of_first) && !all.clone().given(&by(2)).is_made_by(&is_of_first));
    let reset = all.with_authority(Authority::Reader, &by(2)).reset(NOW);
    let past: Vec<_> = reset.gifts.iter().filter(|(it, _)| it.is_authority()).cloned().collect();
    let lost = [(Authority::OrgAdmin, by(1)), (Authority::Reader, by(2))];
    let lost = lost.map(|(it, gift)| (Given::PastAuthority(it), gift));
    assert_eq!(past, lost, "who gave what was taken is still known");
    let since = reset.with_authority(Authority::Helpdesk, &by(1)).without(&is_of_first);
    assert_eq!(since.authority, None, "what was taken by a reset does not come back");
}

#[test]
fn what_was_accepted_by_a_link_is_of_whoever_was_shown_it_as_well() {
    let shown = |n, at| Some(Shown { to: by(n).by, used_at: at });
    let later = NOW + chrono::TimeDelta::seconds(1);
    let it = by(2).by_link(shown(1, later));
    assert_eq!(it.givers().collect::<Vec<_>>(), [(&by(2).by, NOW), (&by(1).by, later)]);
    let is_taken = |it: &Gift| it.givers().any(|(who, _)| *who == by(1).by);
    let given = membership().given(&it).with_more_roles(&roles(&["a"]), &it);
    assert_eq!(given.without(&is_taken), None);
    // What they were given so often is not theirs alone: neither the inviter's own gift, nor one by the
    // link of somebody else.
    for other in [by(2), by(2).by_link(shown(3, later))] {
        for (first, second) in [(&it, &other), (&other, &it)] {
            let both = membership().given(first).given(second).with_more_roles(&roles(&["a"]), &it);
            let left = both.with_more_roles(&roles(&["b"]), second).without(&is_taken).unwrap();
            assert_eq!(left.roles.contains(&"b".to_owned()), *second == other);
            assert!(!left.roles.contains(&"a".to_owned()));
        }
    }
    let used_again = given.clone().given(&by(2).by_link(shown(1, NOW)));
    assert_eq!(used_again.gifts.iter().count(), 2, "of both together the latest is kept");
    assert_eq!(given.with_invitee_in().without(&is_taken).unwrap().roles, ["a"]);
}

#[test]
fn the_right_to_open_a_terminal_goes_with_whoever_gave_it() {
    let held = membership().given(&by(2));
    let allowed = held.clone().with_pin_allowed(true, &by(1));
    assert!(allowed.pin_allowed && !allowed.without(&is_of_first).unwrap().pin_allowed);
    let others = held.with_pin_allowed(true, &by(2)).with_pin_allowed(true, &by(1));
    assert!(others.without(&is_of_first).unwrap().pin_allowed, "it was held before");
    assert!(others.with_pin(pin(), &by(1)).without(&is_of_first).unwrap().pin_allowed);
    let again = allowed.with_pin_allowed(false, &by(2)).with_pin_allowed(true, &by(2));
    assert!(again.without(&is_of_first).unwrap().pin_allowed, "given anew by somebody else");
}
