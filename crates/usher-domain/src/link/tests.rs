use chrono::TimeDelta;
use uuid::Uuid;

use super::*;
use crate::{
    authority::{Actor, Authority},
    id::{InvitationId, MembershipId, OrganizationId, TenantId, UserId},
    mailbox::Mailbox,
    offer::Offer,
    pin::Pin,
    timestamp::Timestamp,
};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;
const TENANT: TenantId = TenantId(Uuid::nil());

fn mailbox(text: &str) -> Mailbox {
    Mailbox::parse(text).unwrap()
}

fn organization(id: &str) -> OrganizationId {
    OrganizationId::parse(id).unwrap()
}

/// To `ada@example.org`, into `team`.
fn invitation() -> Invitation {
    let offer =
        Offer { organization: Some(organization("team")), ..Offer::new(TimeDelta::days(7)) };
    let id = InvitationId(Uuid::nil());
    Invitation::issue(id, TENANT, mailbox("ada@example.org"), offer, Actor::System, NOW)
}

fn ada(status: UserStatus) -> User {
    let new = User::new(UserId::parse("ada").unwrap(), TENANT, NOW);
    User { status, mailbox: Some(mailbox("ada@example.org")), ..new }
}

fn member_of(id: &str) -> Membership {
    let user = UserId::parse("ada").unwrap();
    Membership::new(MembershipId(Uuid::nil()), TENANT, user, organization(id), NOW)
}

#[test]
fn what_a_link_opens_depends_on_its_kind_and_on_the_account() {
    use Entrance::{Join, Mail, Recover, Return, Shut, SignIn};
    let of = |status, password: bool, proven: bool| User {
        password: password.then(|| "hash".to_owned()),
        mailbox_proven_at: proven.then_some(NOW),
        ..ada(status)
    };
    let (active, off) = (UserStatus::Active, UserStatus::Disabled);
    let table = [
        (None, Join, Join),
        (Some(of(UserStatus::Unregistered, false, false)), Join, Join),
        (Some(of(UserStatus::Pending, true, false)), Join, Join),
        (Some(of(UserStatus::Pending, false, true)), Join, Mail),
        (Some(of(active, true, true)), SignIn, Mail),
        (Some(of(active, false, true)), Return, Mail),
        (Some(of(active, true, false)), Recover, Mail),
        (Some(of(active, false, false)), Recover, Mail),
        (Some(of(off, true, true)), Shut, Mail),
    ];
    for (known, mailed, handed_over) in table {
        let entrance = |kind: LinkKind| kind.entrance(&invitation(), known.as_ref(), &[]);
        let both = (entrance(LinkKind::Mailed), entrance(LinkKind::HandedOver));
        assert_eq!(both, (mailed, handed_over), "{known:?}");
    }
}

#[test]
fn a_personal_mailbox_proves_nothing_about_the_other_one() {
    let known = User {
        mailbox: Some(mailbox("ada@work.example")),
        personal_mailbox: Some(mailbox("ada@example.org")),
        password: Some("hash".to_owned()),
        ..ada(UserStatus::Active)
    };
    assert!(!LinkKind::Mailed.proves(&invitation(), &known));
    let entrance = LinkKind::Mailed.entrance(&invitation(), Some(&known), &[]);
    assert_eq!(entrance, Entrance::SignIn);
}

#[test]
fn a_handed_over_link_gives_nobody_what_others_granted() {
    let pending = ada(UserStatus::Pending);
    let with = |user: User, held: &[Membership], invitation: &Invitation| {
        LinkKind::HandedOver.entrance(invitation, Some(&user), held)
    };
    let into_team = invitation();
    assert_eq!(with(pending.clone(), &[member_of("team")], &into_team), Entrance::Join);
    let at_home = |id| User { home: Some(organization(id)), ..pending.clone() };
    assert_eq!(with(at_home("team"), &[], &into_team), Entrance::Join);
    for known in [
        at_home("other"),
        User { phone: Some("+43 1 5050".to_owned()), ..pending.clone() },
        User { profile: Document("{\"a\":1}".to_owned()), ..pending.clone() },
        User { attributes: Document("{\"a\":1}".to_owned()), ..pending.clone() },
    ] {
        assert_eq!(with(known.clone(), &[], &into_team), Entrance::Mail, "{known:?}");
    }
    assert_eq!(with(pending.clone(), &[member_of("other")], &into_team), Entrance::Mail);
    let of_tenant = User { roles: vec!["owner".to_owned()], ..pending.clone() };
    assert_eq!(with(of_tenant.clone(), &[], &into_team), Entrance::Mail);
    let admin = User { authority: Some(Authority::OrgAdmin), ..pending.clone() };
    assert_eq!(with(admin.clone(), &[], &into_team), Entrance::Mail);

    let boss = Membership { roles: vec!["boss".to_owned()], ..member_of("team") };
    assert_eq!(with(pending.clone(), std::slice::from_ref(&boss), &into_team), Entrance::Mail);
    let pin = Some(Pin { digest: vec![1], seed: None });
    let with_pin = Membership { pin, ..member_of("team") };
    assert_eq!(with(pending.clone(), &[with_pin], &into_team), Entrance::Mail);
    let offer = Offer { roles: boss.roles.clone(), ..into_team.offer.clone() };
    let offers_boss = Invitation { offer, ..invitation() };
    assert_eq!(with(pending.clone(), &[boss], &offers_boss), Entrance::Join);

    let offer = Offer::new(TimeDelta::days(7));
    let to_tenant = Invitation { offer, ..invitation() };
    assert_eq!(with(pending.clone(), &[], &to_tenant), Entrance::Join);
    assert_eq!(with(pending.clone(), &[member_of("other")], &to_tenant), Entrance::Mail);
    assert_eq!(with(of_tenant.clone(), &[], &to_tenant), Entrance::Mail);
    let offer = Offer { roles: of_tenant.roles.clone(), ..to_tenant.offer.clone() };
    let offers_owner = Invitation { offer, ..invitation() };
    assert_eq!(with(of_tenant, &[], &offers_owner), Entrance::Join);
    assert_eq!(with(admin, &[], &to_tenant), Entrance::Mail);
    let mailed = LinkKind::Mailed.entrance(&into_team, Some(&pending), &[member_of("other")]);
    assert_eq!(mailed, Entrance::Join);
}

#[test]
fn an_account_is_taken_back_from_whoever_accepted_as_long_as_it_is_unproven() {
    let ada = ada(UserStatus::Active);
    let accepted = invitation().accept(ada.id.clone(), NOW).unwrap();
    let takes_back = |it: &User| LinkKind::Mailed.takes_back(&accepted, Some(it));
    assert!(takes_back(&ada));
    assert!(!LinkKind::HandedOver.takes_back(&accepted, Some(&ada)));
    assert!(!LinkKind::Mailed.takes_back(&accepted, None));
    assert!(!LinkKind::Mailed.takes_back(&invitation(), Some(&ada)), "nobody has accepted");
    assert!(!takes_back(&User { mailbox_proven_at: Some(NOW), ..ada.clone() }));
    assert!(!takes_back(&User { status: UserStatus::Disabled, ..ada.clone() }));
    let somebody_else = User { id: UserId::parse("bob").unwrap(), ..ada };
    assert!(!takes_back(&somebody_else), "they are not who accepted");
}
