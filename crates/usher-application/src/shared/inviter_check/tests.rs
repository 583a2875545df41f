use crate::policy::Policy;
use usher_domain::{Authority, Credential, CredentialId, Inviter as Named, Membership, Role};
use uuid::Uuid;

use super::*;
use crate::testing::{
    TENANT, active, caller, core,
    fake_store::{FakeStore, from, invited_to, place},
    invitation, membership, noon, role, user, user_id,
};

/// What comes of it where orphans are kept, revoked and transferred.
type Verdicts = [bool; 3];

const GOOD: Verdicts = [true, true, true];
const VOID: Verdicts = [false, false, false];
/// The policy decides.
const GONE: Verdicts = [true, false, true];

#[tokio::test]
async fn what_usher_itself_invited_to_stands() {
    let by_usher = Invitation { creator: Actor::System, ..raised() };
    assert_eq!(verdicts(&FakeStore::of(vec![], vec![]), &by_usher).await, GOOD);
}

#[tokio::test]
async fn what_a_key_invited_to_stands_as_long_as_the_key_may() {
    let by_key = Invitation { creator: Actor::Client(key().id), ..invited_to(1, "ada", "team") };
    let bound = |to: &str| Credential { organization: Some(place(to)), ..key() };
    for (key, expected) in [
        (Some(key()), GOOD),
        (Some(bound("team")), GOOD),
        (Some(bound("other")), VOID),
        (Some(Credential { authority: Authority::Reader, ..key() }), VOID),
        (Some(key().revoked(noon())), GONE),
        (None, GONE),
    ] {
        let world = FakeStore::of(vec![], vec![]);
        world.state().credentials.extend(key.clone());
        assert_eq!(verdicts(&world, &by_key).await, expected, "{key:?}");
    }
}

#[tokio::test]
async fn whoever_chose_the_roles_is_asked_for_them_and_the_creator_for_all_else() {
    let changer = Credential { id: CredentialId(Uuid::from_u128(8)), ..key() };
    let of = |it: &Credential, authority| Credential { authority, ..it.clone() };
    let mut it = invited_to(1, "ada", "team");
    (it.creator, it.roles_by) = (Actor::Client(key().id), Some(gift(Actor::Client(changer.id))));
    it.offer.roles = vec!["lead".to_owned()];
    let (inviter, helpdesk) = (Authority::Inviter, Authority::Helpdesk);
    for (creator, changer, expected) in [
        (of(&key(), inviter), Some(of(&changer, helpdesk)), GOOD),
        (of(&key(), helpdesk), Some(of(&changer, inviter)), VOID),
        (of(&key(), Authority::Reader), Some(of(&changer, helpdesk)), VOID),
        (of(&key(), inviter), Some(of(&changer, helpdesk).revoked(noon())), GONE),
        (of(&key(), inviter), None, GONE),
        (of(&key(), inviter).revoked(noon()), Some(of(&changer, helpdesk)), GONE),
    ] {
        let world = FakeStore::of(vec![], vec![]);
        world.state().roles.push(Role { given_by: helpdesk, ..role("lead") });
        world.state().credentials.push(creator.clone());
        world.state().credentials.extend(changer.clone());
        assert_eq!(verdicts(&world, &it).await, expected, "{creator:?} {changer:?}");
    }
}

#[tokio::test]
async fn to_whom_it_was_transferred_is_asked_instead_of_the_creator() {
    let heir = Credential { id: CredentialId(Uuid::from_u128(8)), ..key() };
    let made = Invitation { creator: Actor::Client(key().id), ..invited_to(1, "ada", "team") };
    let taken = made.clone().taken_over(&Actor::Client(heir.id));
    let reader = |it: &Credential| Credential { authority: Authority::Reader, ..it.clone() };
    for (creator, heir, expected) in [
        (reader(&key()), heir.clone(), GOOD),
        (key().revoked(noon()), heir.clone(), GOOD),
        (key(), reader(&heir), VOID),
        (key(), heir.clone().revoked(noon()), GONE),
    ] {
        let world = FakeStore::of(vec![], vec![]);
        world.state().credentials.extend([creator.clone(), heir.clone()]);
        assert_eq!(verdicts(&world, &taken).await, expected, "{creator:?} {heir:?}");
    }
}

#[tokio::test]
async fn a_role_must_still_be_the_inviters_to_give() {
    let mut by_key =
        Invitation { creator: Actor::Client(key().id), ..invited_to(1, "ada", "team") };
    by_key.offer.roles = vec!["lead".to_owned()];
    let lead =
        |given_by, of: Option<&str>| Role { given_by, organization: of.map(place), ..role("lead") };
    for (role, expected) in [
        (None, GOOD),
        (Some(lead(Authority::Inviter, None)), GOOD),
        (Some(lead(Authority::Inviter, Some("team"))), GOOD),
        (Some(lead(Authority::Inviter, Some("other"))), VOID),
        (Some(lead(Authority::Helpdesk, None)), VOID),
    ] {
        let world = FakeStore::of(vec![], vec![]);
        world.state().credentials.push(key());
        world.state().roles.extend(role.clone());
        assert_eq!(verdicts(&world, &by_key).await, expected, "{role:?}");
    }
}

#[tokio::test]
async fn a_persons_bound_key_is_one_as_long_as_they_are_members_there() {
    let by_boss = invited_to(1, "ada", "team");
    let bound =
        Credential { user: Some(user_id("boss")), organization: Some(place("team")), ..key() };
    let joined = |seconds| Membership {
        joined_at: noon() + chrono::TimeDelta::seconds(seconds),
        ..membership("boss", "team")
    };
    for (boss, member, expected) in [
        (active("boss"), Some(joined(0)), GOOD),
        (active("boss"), Some(joined(1)), GONE),
        (active("boss"), None, GONE),
        (from("team", active("boss")), None, GOOD),
    ] {
        let world = FakeStore::of(vec![boss], member.clone().into_iter().collect());
        world.state().credentials.push(bound.clone());
        assert_eq!(verdicts(&world, &by_boss).await, expected, "{member:?}");
    }
}

#[tokio::test]
async fn a_caller_acts_on_as_long_as_they_have_what_they_had() {
    use Authority::{Helpdesk, Inviter, OrgAdmin};
    let of_key = |authority, organization: Option<&str>| Caller {
        tenant: TENANT,
        authority,
        actor: Actor::Client(key().id),
        name: None,
        organization: organization.map(place),
        means: None,
    };
    let with = |authority, organization: Option<&str>| Credential {
        authority,
        organization: organization.map(place),
        ..key()
    };
    for (now, by, expected) in [
        (with(Inviter, None), of_key(Inviter, None), true),
        (with(OrgAdmin, None), of_key(Inviter, Some("team")), true),
        (with(Inviter, None), of_key(Helpdesk, None), false),
        (with(Inviter, Some("team")), of_key(Inviter, None), false),
        (with(Inviter, Some("team")), of_key(Inviter, Some("other")), false),
        (with(Inviter, None).revoked(noon()), of_key(Inviter, None), false),
    ] {
        let world = FakeStore::of(vec![], vec![]);
        world.state().credentials.push(now.clone());
        let check = InviterCheck::new(&core(&world.ports, &Policy::at("http://usher.test")));
        assert_eq!(check.still_acts(&by).await.unwrap(), expected, "{now:?} {by:?}");
    }
    let world = FakeStore::of(vec![], vec![]);
    let check = InviterCheck::new(&core(&world.ports, &Policy::at("http://usher.test")));
    assert!(check.still_acts(&Caller::system(TENANT)).await.unwrap());
}

#[tokio::test]
async fn a_person_who_signed_in_to_an_organization_acts_there_as_long_as_they_are_members() {
    let by = Caller { organization: Some(place("team")), ..caller() };
    for (member, expected) in [(Some(membership("boss", "team")), true), (None, false)] {
        let boss = User { authority: Some(Authority::OrgAdmin), ..active("boss") };
        let world = FakeStore::of(vec![boss], member.into_iter().collect());
        let check = InviterCheck::new(&core(&world.ports, &Policy::at("http://usher.test")));
        assert_eq!(check.still_acts(&by).await.unwrap(), expected);
    }
}

#[tokio::test]
async fn what_a_person_invited_to_stands_as_long_as_they_may() {
    let with = |authority| User { authority, ..active("boss") };
    let disabled = User { status: UserStatus::Disabled, ..with(Some(Authority::OrgAdmin)) };
    for (boss, expected) in [
        (Some(with(Some(Authority::Inviter))), GOOD),
        (Some(with(Some(Authority::Reader))), VOID),
        (Some(with(None)), GONE),
        (Some(disabled), GONE),
        (Some(User { authority: Some(Authority::OrgAdmin), ..user("boss") }), GONE),
        (None, GONE),
    ] {
        let world = FakeStore::of(boss.clone().into_iter().collect(), vec![]);
        assert_eq!(verdicts(&world, &invitation(1, "ada")).await, expected, "{boss:?}");
    }
}

#[tokio::test]
async fn a_person_may_what_one_of_their_keys_may() {
    let void_before = noon() + chrono::TimeDelta::seconds(1);
    let of_boss = || Credential { user: Some(user_id("boss")), ..key() };
    let of_another = Credential { user: Some(user_id("bob")), ..key() };
    let reader = Credential { authority: Authority::Reader, ..of_boss() };
    for (boss, key, expected) in [
        (active("boss"), of_boss(), GOOD),
        (active("boss"), of_boss().revoked(noon()), GONE),
        (User { void_before: Some(void_before), ..active("boss") }, of_boss(), GONE),
        (active("boss"), of_another, GONE),
        (active("boss"), reader.clone(), VOID),
        (User { authority: Some(Authority::Helpdesk), ..active("boss") }, reader, GOOD),
    ] {
        let world = FakeStore::of(vec![boss], vec![]);
        world.state().credentials.push(key.clone());
        assert_eq!(verdicts(&world, &invitation(1, "ada")).await, expected, "{key:?}");
    }
}

#[tokio::test]
async fn an_authority_must_still_be_theirs_to_grant() {
    for (authority, expected) in [(Authority::OrgAdmin, GOOD), (Authority::Helpdesk, VOID)] {
        let boss = User { authority: Some(authority), ..active("boss") };
        assert_eq!(verdicts(&FakeStore::of(vec![boss], vec![]), &raised()).await, expected);
    }
}

#[tokio::test]
async fn in_whose_name_it_is_must_be_in_as_the_policy_has_it() {
    let inviter = Named { user: Some(user_id("una")), name: "Una".to_owned() };
    let mut named = invitation(1, "ada");
    named.offer.inviter = Some(inviter);
    let boss = User { authority: Some(Authority::Inviter), ..active("boss") };
    for (una, expected) in [(active("una"), GOOD), (user("una"), GONE)] {
        let world = FakeStore::of(vec![boss.clone(), una], vec![]);
        assert_eq!(verdicts(&world, &named).await, expected);
    }
    let nobody = FakeStore::of(vec![boss], vec![]);
    assert_eq!(verdicts(&nobody, &named).await, GONE);
}

/// Makes an administrator of ada.
#[tokio::test]
async fn nobody_accepts_roles_that_they_chose_for_themselves_without_managing_members() {
    let (boss, ada) = (user_id("boss"), user_id("ada"));
    let mut own =
        Invitation { creator: Actor::User(boss.clone()), ..invited_to(1, "boss", "team") };
    own.offer.roles = vec!["lead".to_owned()];
    let chosen = Invitation {
        creator: Actor::System,
        roles_by: Some(gift(Actor::User(boss.clone()))),
        ..own.clone()
    };
    let bare = Invitation { offer: invited_to(1, "boss", "team").offer, ..own.clone() };
    let (inviter, helpdesk) = (Authority::Inviter, Authority::Helpdesk);
    for (invitation, authority, acceptor, expected) in [
        (&own, inviter, &boss, false),
        (&own, inviter, &ada, true),
        (&own, helpdesk, &boss, true),
        (&chosen, inviter, &boss, false),
        (&chosen, helpdesk, &boss, true),
        (&bare, inviter, &boss, true),
    ] {
        let boss = User { authority: Some(authority), ..active("boss") };
        let world = FakeStore::of(vec![boss], vec![]);
        let check = InviterCheck::new(&core(&world.ports, &Policy::at("http://usher.test")));
        let holds = check.holds(invitation, Some(acceptor)).await.unwrap();
        assert_eq!(holds, expected, "{authority} {acceptor} {:?}", invitation.roles_by);
    }
}

fn gift(by: Actor) -> Gift {
    Gift::new(by, noon())
}

fn raised() -> Invitation {
    let mut it = invitation(1, "ada");
    it.offer.authority = Some(Authority::OrgAdmin);
    it
}

fn key() -> Credential {
    Credential {
        id: CredentialId(Uuid::from_u128(7)),
        tenant: TENANT,
        secret_digest: [7; 32],
        authority: Authority::Inviter,
        user: None,
        organization: None,
        created_at: noon(),
        made_by: Actor::System,
        revoked_at: None,
        expires_at: None,
        version: 1,
    }
}

async fn verdicts(world: &FakeStore, it: &Invitation) -> Verdicts {
    let verdict = async |orphans| {
        let policy = Policy { orphans, ..Policy::at("http://usher.test") };
        InviterCheck::new(&core(&world.ports, &policy)).holds(it, None).await.unwrap()
    };
    [
        verdict(OrphanPolicy::Keep).await,
        verdict(OrphanPolicy::Revoke).await,
        verdict(OrphanPolicy::Transfer).await,
    ]
}

#[tokio::test]
async fn a_key_that_has_expired_acts_no_more_and_what_it_invited_to_stands() {
    let world = FakeStore::of(vec![active("boss")], vec![]);
    let until = Some(noon() + chrono::TimeDelta::days(1));
    let of_boss = Credential {
        id: CredentialId(Uuid::from_u128(8)),
        user: Some(user_id("boss")),
        expires_at: until,
        ..key()
    };
    world.state().credentials.extend([Credential { expires_at: until, ..key() }, of_boss]);
    let check = InviterCheck::new(&core(&world.ports, &Policy::at("http://usher.test")));
    let actors = [Actor::Client(key().id), Actor::User(user_id("boss"))];
    for (days, acts) in [(0, true), (1, false)] {
        world.pass(chrono::TimeDelta::days(days));
        for actor in &actors {
            let authority = Authority::Inviter;
            let by = Caller { authority, actor: actor.clone(), ..Caller::system(TENANT) };
            assert_eq!(check.still_acts(&by).await.unwrap(), acts, "{actor} {days}");
            let made = Invitation { creator: actor.clone(), ..invited_to(1, "ada", "team") };
            assert_eq!(verdicts(&world, &made).await, GOOD, "{actor} {days}");
        }
    }
}
