use usher_domain::{
    Action, Actor, Authority, Credential, CredentialId, InvitationId, Invite, Invitee, Means,
    Profile, ProfileId, Role, RoleId, Row, Session, SessionId, Subject, Task, TaskId, TaskKind,
    UserRef,
};
use uuid::Uuid;

use super::*;
use crate::{
    access::{credentials::NewKey, take_back::TakeBackOrder},
    invitations::draft::InvitationDraft,
    members::{add::NewMember, change::MemberChange},
    organizations::{draft::OrganizationDraft, roles::create::RoleDraft},
    policy::Policy,
    ports::ledger::{Queued, Seated},
    shared::{audit_trail::Trail, letter_jobs::letter_job, member_lookup::MembersError},
    testing::{
        TENANT, active, caller, core,
        fake_store::{FakeStore, bound_to, from, invited_to, place, with_pin},
        keyring, membership, noon, organization, role, tenant, user, user_id,
    },
    users::add::{NewStatus, NewUser},
    usher::Usher,
};

/// A thing that belongs to this organization, or to the tenant itself.
type Thing = fn(Option<OrganizationId>) -> Changes;

#[tokio::test]
async fn what_belongs_to_the_organization_or_right_below_it_is_written_and_nothing_else() {
    let things: [(&str, Thing); 8] = [
        ("membership", |at| Changes {
            memberships: vec![joined(at.as_ref())],
            ..Changes::default()
        }),
        ("removed", |at| Changes { removed: vec![joined(at.as_ref())], ..Changes::default() }),
        ("invitation", |at| {
            let mut it = invited_to(1, "ada", "team");
            it.offer.organization = at;
            Changes { invitations: vec![it], ..Changes::default() }
        }),
        ("credential", |organization| Changes {
            credentials: vec![Credential { organization, ..key() }],
            ..Changes::default()
        }),
        ("role", |organization| Changes {
            roles: vec![Role { organization, ..role("cook") }],
            ..Changes::default()
        }),
        ("removed role", |organization| Changes {
            removed_roles: vec![Role { organization, ..role("cook") }],
            ..Changes::default()
        }),
        ("task", |organization| {
            let by = Caller { organization, ..caller() };
            let task = Task::draft(TaskId(Uuid::nil()), by, TaskKind::Invite, false, noon());
            Changes { tasks: vec![task], ..Changes::default() }
        }),
        ("organization", |at| {
            let world = FakeStore::of(vec![], vec![]);
            let it = at.map_or_else(|| organization("any"), |it| world.organization(it.as_str()));
            Changes { organizations: vec![it], ..Changes::default() }
        }),
    ];
    for (name, thing) in things {
        for (at, expected) in [
            (Some("team"), true),
            (Some("far"), true),
            (Some("other"), false),
            (Some("top"), false),
            (Some("nowhere"), false),
            (None, false),
        ] {
            // Of what is always in an organization, there is none without one.
            if name == "organization" && at == Some("nowhere") {
                continue;
            }
            let changes = thing(at.map(place));
            assert_eq!(within("team", &changes).await, expected, "{name} {at:?}");
            let core = core(&FakeStore::of(vec![], vec![]).ports, &policy());
            assert!(are_within(&core, &caller(), &changes).await.unwrap(), "{name} {at:?}");
        }
    }
}

/// A row for each field: what of it is within the bounds of `team`, and what is beyond them. There is
/// nothing of the latter in what goes along with something else. Without a row for a field this does
/// not compile.
macro_rules! matrix {
    ($($field:ident: $within:expr, $beyond:expr;)+) => {{
        let Changes { $($field: _),+ } = Changes::default();
        vec![$((
            stringify!($field),
            Changes { $field: $within, ..Changes::default() },
            $beyond.map(|it| Changes { $field: it, ..Changes::default() }),
        )),+]
    }};
}

#[tokio::test]
async fn no_field_of_the_changes_reaches_beyond_the_bounds() {
    let (team, other) = (|| Some(place("team")), || Some(place("other")));
    let of_role = |organization| vec![Role { organization, ..role("cook") }];
    let of_key = |organization| vec![Credential { organization, ..key() }];
    let task = |organization| {
        let by = Caller { organization, ..caller() };
        Task::draft(TaskId(Uuid::nil()), by, TaskKind::Invite, false, noon())
    };
    let session = |at| {
        let (id, life) = (SessionId(Uuid::nil()), chrono::TimeDelta::days(1));
        vec![Session::open(id, TENANT, user_id("ada"), noon(), life).bound(place(at))]
    };
    let seated = |at| Seated { tenant: TENANT, organization: place(at), now: noon() };
    let invitation = |at| invited_to(1, "ada", at);
    let (world, by) = (FakeStore::of(vec![], vec![]), caller());
    let entropy = &*world.ports.entropy;
    let trail = Trail::of(&by, noon(), entropy);
    let profile = Profile::new(ProfileId::parse("any").unwrap(), TENANT, noon());
    let existing = |id: &str| world.organization(id);
    let table = matrix! {
        tenants: vec![], Some(vec![tenant()]);
        organizations: vec![existing("team")], Some(vec![existing("other")]);
        users: vec![from("team", user("ada"))], Some(vec![user("ada").touched(noon())]);
        memberships: vec![membership("ada", "team")], Some(vec![membership("ada", "other")]);
        invitations: vec![invitation("team")], Some(vec![invitation("other")]);
        credentials: of_key(team()), Some(of_key(other()));
        sessions: vec![], Some(session("team"));
        profiles: vec![], Some(vec![profile.clone()]);
        roles: of_role(team()), Some(of_role(other()));
        tasks: vec![task(team())], Some(vec![task(other())]);
        slices: vec![], None;
        jobs: letter_job(entropy, &invitation("team")).into_iter().collect(), None;
        audit: vec![trail.note(Action::Invited, Subject::Invitation(invitation("team").id))], None;
        removed: vec![membership("ada", "team")], Some(vec![membership("ada", "other")]);
        removed_roles: of_role(team()), Some(of_role(other()));
        removed_organizations: vec![], Some(vec![existing("team")]);
        seated: vec![seated("team")], None;
        queued: vec![Queued { tenant: TENANT, most: 1 }], None;
        spent: vec![], None;
        forgotten: vec![], Some(vec![(TENANT, TaskId(Uuid::nil()))]);
    };
    for (field, inside, beyond) in table {
        assert!(within("team", &inside).await, "{field}");
        if let Some(beyond) = beyond {
            assert!(!within("team", &beyond).await, "{field}");
        }
    }
}

#[tokio::test]
async fn what_belongs_to_the_tenant_is_written_by_nobody_who_is_bound() {
    let session = Session::open(
        SessionId(Uuid::nil()),
        TENANT,
        user_id("ada"),
        noon(),
        chrono::TimeDelta::days(1),
    );
    for changes in [
        Changes { tenants: vec![tenant()], ..Changes::default() },
        Changes { sessions: vec![session.bound(place("team"))], ..Changes::default() },
        Changes { removed_organizations: vec![organization("team")], ..Changes::default() },
        Changes { forgotten: vec![(TENANT, TaskId(Uuid::nil()))], ..Changes::default() },
    ] {
        assert!(!within("team", &changes).await, "{changes:?}");
    }
    assert!(within("team", &Changes::default()).await);
}

#[tokio::test]
async fn people_are_new_or_invited_and_a_home_above_gives_them_nothing() {
    let new = |home: &str| from(home, user("ada"));
    let bare = |at: &str| Membership { roles: Vec::new(), ..membership("ada", at) };
    let both = |user: &User, it: Membership| Changes {
        users: vec![user.clone()],
        memberships: vec![it],
        ..Changes::default()
    };
    let changed = || user("ada").touched(noon());
    let invitation =
        usher_domain::Invitation { user: Some(user_id("ada")), ..invited_to(1, "ada", "team") };
    let allowed = Membership { pin_allowed: true, ..bare("top") };
    let invited =
        Changes { invitations: vec![invitation], ..both(&changed(), membership("ada", "team")) };
    for (changes, expected) in [
        (both(&new("team"), membership("ada", "team")), true),
        (both(&new("top"), bare("top")), true),
        (both(&new("top"), membership("ada", "top")), false),
        (both(&new("top"), allowed), false),
        (both(&new("top"), with_pin("1234", bare("top"))), false),
        (both(&new("top"), bare("top").touched()), false),
        (both(&new("other"), bare("other")), false),
        (both(&new("team"), bare("top")), false),
        (both(&new("other"), membership("ada", "team")), false),
        (both(&changed(), membership("ada", "team")), false),
        (invited, true),
    ] {
        assert_eq!(within("team", &changes).await, expected, "{changes:?}");
    }
}

#[tokio::test]
async fn what_is_out_of_bounds_is_forbidden_and_nothing_of_it_is_written() {
    let world = FakeStore::of(vec![], vec![]);
    let half = vec![membership("ada", "team"), membership("ada", "other")];
    let changes = &Changes { memberships: half, ..Changes::default() };
    let core = core(&world.ports, &policy());
    let outcome: Result<(), MembersError> =
        commit_for(&core, &bound_to("team"), "test", |_| async move {
            Ok(Decision::Commit(changes.clone(), ()))
        })
        .await;
    assert!(matches!(outcome, Err(MembersError::Forbidden)));
    assert_eq!(world.written(), []);
}

#[tokio::test]
async fn nobody_who_does_not_manage_members_gives_themselves_roles() {
    let (inviter, helpdesk) = (Authority::Inviter, Authority::Helpdesk);
    let at = |place: &str, roles: &[&str]| Changes {
        memberships: vec![Membership {
            roles: roles.iter().map(|it| (*it).to_owned()).collect(),
            ..membership("boss", place)
        }],
        ..Changes::default()
    };
    let again = |place: &str, roles: &[&str]| {
        let mut changes = at(place, roles);
        changes.memberships[0].version = 2;
        changes
    };
    let in_tenant = |roles: &[&str]| Changes {
        users: vec![User {
            roles: roles.iter().map(|it| (*it).to_owned()).collect(),
            ..active("boss").touched(noon())
        }],
        ..Changes::default()
    };
    let held = || at("far", &["cook"]).memberships;
    for (changes, by, expected) in [
        (at("team", &["cook"]), inviter, false),
        (at("team", &[]), inviter, true),
        (at("team", &["cook"]), helpdesk, true),
        (again("far", &["cook"]), inviter, false),
        (again("far", &["cook", "lead"]), helpdesk, true),
        (again("far", &["cook", "lead"]), inviter, false),
        (in_tenant(&["cook"]), inviter, false),
        (in_tenant(&[]), inviter, true),
        (
            Changes { memberships: vec![membership("ada", "team")], ..Changes::default() },
            inviter,
            true,
        ),
    ] {
        let world = FakeStore::of(vec![active("boss")], held());
        let (core, by) = (core(&world.ports, &policy()), Caller { authority: by, ..caller() });
        let changes = &changes;
        let outcome: Result<(), MembersError> =
            commit_for(
                &core,
                &by,
                "test",
                |_| async move { Ok(Decision::Commit(changes.clone(), ())) },
            )
            .await;
        assert_eq!(outcome.is_ok(), expected, "{changes:?} {:?}", by.authority);
    }
}

/// Whatever a use case wants to write: what was added before is changed by those who manage members.
#[test]
fn who_does_not_manage_members_leaves_those_there_are_as_they_are() {
    let ada = || membership("ada", "team");
    let changed = || Changes { memberships: vec![ada().touched()], ..Changes::default() };
    let removed = || Changes { removed: vec![ada()], ..Changes::default() };
    let added = || Changes { memberships: vec![ada()], ..Changes::default() };
    for (changes, of_inviter) in [(changed(), false), (removed(), false), (added(), true)] {
        for (authority, expected) in [
            (Authority::Inviter, of_inviter),
            (Authority::Helpdesk, true),
            (Authority::OrgAdmin, true),
        ] {
            let by = Caller { authority, ..caller() };
            assert_eq!(leave_members(&by, &changes), expected, "{authority} {changes:?}");
        }
    }
}

#[test]
fn nobody_becomes_a_member_by_themselves_whom_a_pin_signed_in() {
    let by = |means| Caller { authority: Authority::Inviter, means, ..bound_to("team") };
    let life = chrono::TimeDelta::days(1);
    let whole = Session::open(SessionId(Uuid::nil()), TENANT, user_id("boss"), noon(), life);
    let pin = whole.clone().bound(place("team"));
    let bare = |name| Membership { roles: Vec::new(), ..membership(name, "far") };
    for (name, means, expected) in [
        ("boss", Some(Means::Session(pin.clone())), false),
        ("ada", Some(Means::Session(pin)), true),
        ("boss", Some(Means::Session(whole)), true),
        ("boss", Some(Means::Key(key().id)), true),
        ("boss", None, true),
    ] {
        let changes = Changes { memberships: vec![bare(name)], ..Changes::default() };
        assert_eq!(leave_members(&by(means.clone()), &changes), expected, "{name} {means:?}");
    }
}

/// Every use case that writes, by callers who are bound to another organization.
#[tokio::test]
async fn nobody_writes_anything_of_an_organization_beside_theirs() {
    for authority in [Authority::OrgAdmin, Authority::Helpdesk, Authority::Inviter] {
        let people = vec![from("top", active("ada")), active("bob"), active("boss")];
        let world = FakeStore::of(people, vec![membership("ada", "team")]);
        world.state().credentials.push(Credential { organization: Some(place("team")), ..key() });
        let cook = Role { organization: Some(place("team")), ..role("cook") };
        world.state().roles.extend([cook, role("any")]);
        world.state().invitations.push(invited_to(1, "cyd", "team"));
        let usher = Usher::new(&world.ports, &keyring(), &policy());
        let by = &Caller { authority, ..bound_to("other") };
        let (team, ada, any) = (&place("team"), &user_id("ada"), &["any".to_owned()]);
        let invitation = InvitationId(Uuid::from_u128(1));
        let invite = || Invite {
            organization: Some(team.clone()),
            ..Invite::new(Invitee::User(UserRef::Id(user_id("bob"))))
        };
        let names = [Some(UserRef::Id(ada.clone()))];
        let bob = Some(UserRef::Id(user_id("bob")));
        let member = NewMember { who: bob, roles: vec![], pin: None };
        let pinless = &MemberChange::RemovePin;
        let draft = InvitationDraft::default;
        let role = RoleDraft { organization: Some(team.clone()), ..RoleDraft::default() };
        let renaming =
            OrganizationDraft { name: Some("X".to_owned()), ..OrganizationDraft::default() };
        let row = Row::invite(1, invite());
        let order = TakeBackOrder { since: None, rehearsal: false };
        let id = RoleId::parse("new").unwrap();
        let outcomes = [
            ("invite", usher.invitations.invite.run(by, &[invite()]).await.is_err()),
            ("invite all", usher.invitations.invite.run_all(by, &[invite()]).await.is_err()),
            ("revoke", usher.invitations.revoke.run(by, invitation).await.is_err()),
            ("change", usher.invitations.change.run(by, invitation, draft()).await.is_err()),
            ("add members", usher.members.add.run(by, team, &[member]).await.is_err()),
            ("add themselves", usher.members.add.myself(by, team, &[], None).await.is_err()),
            ("remove members", usher.members.remove.run(by, team, &names).await.is_err()),
            (
                "change",
                usher.members.change.run(by, team, names[0].as_ref(), pinless).await.is_err(),
            ),
            ("give roles", usher.members.give_roles.within(by, team, ada, any).await.is_err()),
            ("give roles", usher.members.give_roles.tenant(by, ada, any).await.is_err()),
            ("add user", usher.users.add.run(by, team, new()).await.is_err()),
            ("reset", usher.users.reset.run(by, ada).await.is_err()),
            (
                "change",
                usher.organizations.change.run(by, team, |_| renaming.clone()).await.is_err(),
            ),
            ("create", usher.organizations.create.run(by, place("new"), &renaming).await.is_err()),
            ("remove", usher.organizations.remove.run(by, team).await.is_err()),
            ("create role", usher.organizations.roles.create.run(by, id, role).await.is_err()),
            (
                "remove role",
                usher
                    .organizations
                    .roles
                    .remove
                    .run(by, &RoleId::parse("cook").unwrap())
                    .await
                    .is_err(),
            ),
            (
                "create key",
                usher
                    .access
                    .credentials
                    .issue(
                        by,
                        NewKey {
                            organization: Some(team.clone()),
                            ..NewKey::of(Authority::Reader)
                        },
                    )
                    .await
                    .is_err(),
            ),
            ("revoke key", usher.access.credentials.revoke(by, key().id).await.is_err()),
            ("take back", usher.access.take_back.run(by, key().id, order).await.is_err()),
            ("submit", usher.tasks.submit.run(by, vec![row]).await.is_err()),
        ];
        for (what, is_refused) in outcomes {
            assert!(is_refused, "{what} {authority}");
        }
        assert_eq!(world.written(), [], "{authority}");
    }
}

fn new() -> NewUser {
    NewUser {
        id: user_id("new"),
        username: Some("new".to_owned()),
        mailbox: None,
        first_name: None,
        last_name: None,
        phone: None,
        locale: None,
        profile: usher_domain::Document::default(),
        status: NewStatus::Known,
        password: None,
        roles: vec![],
        pin: None,
    }
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

/// Ada's membership there; without an organization, one in an organization that there is not.
fn joined(at: Option<&OrganizationId>) -> Membership {
    membership("ada", at.map_or("none", |it| it.as_str()))
}

fn policy() -> Policy {
    Policy::at("http://usher.test")
}

async fn within(bound: &str, changes: &Changes) -> bool {
    let core = core(&FakeStore::of(vec![], vec![]).ports, &policy());
    are_within(&core, &bound_to(bound), changes).await.unwrap()
}
