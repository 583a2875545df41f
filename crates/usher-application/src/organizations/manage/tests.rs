use crate::policy::Policy;
use usher_domain::{Authority, Credential, CredentialId, Role, Status, TextRule};
use uuid::Uuid;

use super::*;
use crate::testing::{
    TENANT, caller, core,
    fake_store::{FakeStore, below, bound_to, invited_to, place},
    membership, noon, role,
};

/// One thing that a draft names, and the organization with it.
type Case = (OrganizationDraft, fn(Organization) -> Organization);

#[tokio::test]
async fn an_organization_is_made_as_it_was_drafted() {
    let world = world();
    let made =
        manage(&world, OrphanPolicy::Keep).create(&caller(), place("new"), &full()).await.unwrap();
    let expected = Organization {
        display_name: Some("The newest".to_owned()),
        logo_url: Some("https://new.example/logo.png".to_owned()),
        domains: vec![domain()],
        policies: Policies { join: true, ..Policies::default() },
        metadata: Document("{\"a\":1}".to_owned()),
        active: false,
        seats: Some(7),
        ..Organization::new(place("new"), TENANT, "New".to_owned(), noon())
    };
    assert_eq!(made, expected);
    let changes = world.once_written();
    assert_eq!(changes.organizations, [made]);
    let [entry] = &changes.audit[..] else { panic!("one entry") };
    assert_eq!(entry.action, Action::OrganizationCreated);
    assert_eq!(entry.subject, Subject::Organization(place("new")));
    let again = manage(&world, OrphanPolicy::Keep).create(&caller(), place("new"), &full()).await;
    assert!(matches!(again, Err(OrganizationError::Exists)));
    let nameless = OrganizationDraft { name: None, ..full() };
    let error = manage(&world, OrphanPolicy::Keep).create(&caller(), place("x"), &nameless).await;
    assert!(matches!(error, Err(OrganizationError::Nameless)));
}

#[tokio::test]
async fn each_field_changes_alone() {
    let full = full();
    let none = OrganizationDraft::default;
    let cases: [Case; 11] = [
        (OrganizationDraft { name: Some(" New ".to_owned()), ..none() }, |it| Organization {
            name: "New".to_owned(),
            ..it
        }),
        (OrganizationDraft { display_name: full.display_name, ..none() }, |it| Organization {
            display_name: Some("The newest".to_owned()),
            ..it
        }),
        (OrganizationDraft { display_name: Some(None), ..none() }, |it| Organization {
            display_name: None,
            ..it
        }),
        (OrganizationDraft { logo_url: full.logo_url, ..none() }, |it| Organization {
            logo_url: Some("https://new.example/logo.png".to_owned()),
            ..it
        }),
        (OrganizationDraft { logo_url: Some(None), ..none() }, |it| Organization {
            logo_url: None,
            ..it
        }),
        (OrganizationDraft { domains: full.domains, ..none() }, |it| Organization {
            domains: vec![domain()],
            ..it
        }),
        (OrganizationDraft { policies: full.policies, ..none() }, |it| Organization {
            policies: Policies { join: true, ..Policies::default() },
            ..it
        }),
        (OrganizationDraft { metadata: full.metadata, ..none() }, |it| Organization {
            metadata: Document("{\"a\":1}".to_owned()),
            ..it
        }),
        (OrganizationDraft { active: full.active, ..none() }, |it| Organization {
            active: false,
            ..it
        }),
        (OrganizationDraft { seats: full.seats, ..none() }, |it| Organization {
            seats: Some(7),
            ..it
        }),
        (OrganizationDraft { seats: Some(None), ..none() }, |it| Organization {
            seats: None,
            ..it
        }),
    ];
    for (draft, with) in cases {
        let world = world().with("team", decked);
        world.pass(chrono::TimeDelta::seconds(1));
        let later = world.ports.clock.now();
        let after = update(&world, &caller(), "team", &draft).await.unwrap();
        let expected = with(decked(below("team", "top"))).touched(later);
        assert_eq!(after, expected, "{draft:?}");
        let changes = world.once_written();
        assert_eq!(changes.organizations, [after]);
        let [entry] = &changes.audit[..] else { panic!("one entry") };
        assert_eq!(entry.action, Action::OrganizationChanged);
        assert_eq!(entry.subject, Subject::Organization(place("team")));
    }
}

#[tokio::test]
async fn what_an_organization_is_made_of_is_bounded() {
    let none = OrganizationDraft::default;
    let named = |name: &str| OrganizationDraft { name: Some(name.to_owned()), ..none() };
    let shown =
        |length| OrganizationDraft { display_name: Some(Some("x".repeat(length))), ..none() };
    for (good, bad, field) in [
        (named(&"x".repeat(120)), named(&"x".repeat(121)), "name"),
        (shown(120), shown(121), "displayName"),
    ] {
        let world = world();
        let error = update(&world, &caller(), "team", &bad).await.unwrap_err();
        let OrganizationError::Text(error) = error else { panic!("{error}") };
        assert_eq!((error.field, error.rule), (field, TextRule::TooLong(120)));
        assert!(update(&world, &caller(), "team", &good).await.is_ok(), "{field}");
    }
    let logo = |length: usize| {
        let url = format!("https://{}", "x".repeat(length - 8));
        OrganizationDraft { logo_url: Some(Some(url)), ..none() }
    };
    let domains = |many| OrganizationDraft { domains: Some(vec![domain(); many]), ..none() };
    let metadata =
        |length| OrganizationDraft { metadata: Some(Document("x".repeat(length))), ..none() };
    let policies = |only: usize, deny: usize, foreign| {
        let some = |many| vec!["example.org".to_owned(); many];
        let foreign = Document("x".repeat(foreign));
        let policies = Policies { only: some(only), deny: some(deny), join: false, foreign };
        OrganizationDraft { policies: Some(policies), ..none() }
    };
    for (good, bad, field) in [
        (logo(500), logo(501), "logo"),
        (domains(100), domains(101), "domains"),
        (metadata(65_536), metadata(65_537), "metadata"),
        (policies(1_000, 0, 0), policies(1_001, 0, 0), "policies"),
        (policies(0, 1_000, 0), policies(0, 1_001, 0), "policies"),
        (policies(0, 0, 65_536), policies(0, 0, 65_537), "policies"),
    ] {
        let world = world();
        let error = update(&world, &caller(), "team", &bad).await.unwrap_err();
        assert!(matches!(error, OrganizationError::Unsound(it) if it == field), "{field}: {error}");
        assert_eq!(world.written(), []);
        assert!(update(&world, &caller(), "team", &good).await.is_ok(), "{field}");
    }
    for bad in ["http://x.example", "javascript:alert(1)", "https://x.example/\" onload=\"x", ""] {
        let draft = OrganizationDraft { logo_url: Some(Some(bad.to_owned())), ..none() };
        let error = update(&world(), &caller(), "team", &draft).await.unwrap_err();
        assert!(matches!(error, OrganizationError::Unsound("logo")), "{bad}");
    }
}

#[tokio::test]
async fn what_others_change_meanwhile_stays() {
    let world = world();
    world.before_next_commit(|it| {
        it.reform("team", |it| Organization { seats: Some(5), ..it.touched(noon()) });
    });
    let draft = OrganizationDraft { name: Some("New".to_owned()), ..OrganizationDraft::default() };
    let changed = update(&world, &caller(), "team", &draft).await.unwrap();
    assert_eq!((changed.name.as_str(), changed.seats, changed.version), ("New", Some(5), 3));
    world.state().losing = true;
    let error = update(&world, &caller(), "team", &draft).await.unwrap_err();
    assert!(matches!(error, OrganizationError::Store(_)));
    let error = remove(&world, "team", OrphanPolicy::Keep).await.unwrap_err();
    assert!(matches!(error, OrganizationError::Store(_)));
}

#[tokio::test]
async fn a_bound_key_gives_its_organization_nothing_that_is_the_tenants_to_give() {
    let world = world();
    let none = OrganizationDraft::default;
    let named = OrganizationDraft { name: Some("New".to_owned()), ..none() };
    for to in ["team", "far"] {
        assert!(update(&world, &bound_to("team"), to, &named).await.is_ok(), "{to}");
    }
    for to in ["top", "other", "gone"] {
        let error = update(&world, &bound_to("team"), to, &named).await;
        assert!(matches!(error, Err(OrganizationError::Unknown)), "{to}");
    }
    for draft in [
        OrganizationDraft { seats: Some(None), ..none() },
        OrganizationDraft { active: Some(true), ..none() },
        OrganizationDraft { domains: Some(vec![domain()]), ..none() },
    ] {
        let error = update(&world, &bound_to("team"), "team", &draft).await;
        assert!(matches!(error, Err(OrganizationError::Forbidden)), "{draft:?}");
    }
    let manage = manage(&world, OrphanPolicy::Keep);
    let helpdesk = Caller { authority: Authority::Helpdesk, ..caller() };
    let error = manage.update(&helpdesk, &place("team"), &named).await;
    assert!(matches!(error, Err(OrganizationError::Forbidden)));
    for caller in [helpdesk, bound_to("team")] {
        let error = manage.create(&caller, place("new"), &full()).await;
        assert!(matches!(error, Err(OrganizationError::Forbidden)));
        let error = manage.remove(&caller, &place("team")).await;
        assert!(matches!(error, Err(OrganizationError::Forbidden)));
    }
}

#[tokio::test]
async fn one_sees_what_one_oversees() {
    let world = world();
    let manage = manage(&world, OrphanPolicy::Keep);
    let seen = async |caller: &Caller| {
        let found = manage.list(caller).await.unwrap();
        found.iter().map(|it| it.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(seen(&caller()).await, ["top", "team", "other", "far"]);
    assert_eq!(seen(&bound_to("top")).await, ["top", "team", "other"]);
    assert_eq!(seen(&bound_to("far")).await, ["far"]);
    let reader = Caller { authority: Authority::Reader, ..bound_to("far") };
    assert!(manage.find(&reader, &place("far")).await.is_ok());
    let hidden = manage.find(&reader, &place("team")).await;
    assert!(matches!(hidden, Err(OrganizationError::Unknown)));
}

#[tokio::test]
async fn what_is_bound_to_it_goes_with_it() {
    for policy in [OrphanPolicy::Keep, OrphanPolicy::Revoke] {
        let world = world();
        let key = |n, to: &str| Credential {
            id: CredentialId(Uuid::from_u128(n)),
            tenant: TENANT,
            secret_digest: [7; 32],
            authority: Authority::OrgAdmin,
            user: None,
            organization: Some(place(to)),
            created_at: noon(),
            revoked_at: None,
            version: 1,
        };
        let unbound = Credential { organization: None, ..key(3, "x") };
        let keys = vec![key(1, "team"), key(2, "other"), unbound, key(4, "team").revoked(noon())];
        world.state().credentials = keys;
        let other = invited_to(2, "bob", "other");
        let expired = Invitation { expires_at: noon(), ..invited_to(3, "cyd", "team") };
        let kept = [other, expired];
        world.state().invitations = [&kept[..], &[invited_to(1, "ada", "team")]].concat();
        let removed = remove(&world, "team", policy).await.unwrap();
        assert_eq!(removed, below("team", "top"));
        let changes = world.once_written();
        assert_eq!(changes.removed_organizations, [removed]);
        assert_eq!(changes.credentials, [key(1, "team").revoked(noon())]);
        let actions: Vec<_> = changes.audit.iter().map(|it| it.action).collect();
        assert_eq!(actions, [Action::OrganizationRemoved, Action::Revoked]);
        assert_eq!(world.invitation(1).status, Status::Revoked);
        assert_eq!([world.invitation(2), world.invitation(3)], kept);
        assert_eq!(world.member("mia", "team"), None);
        assert!(world.member("mia", "other").is_some());
    }
    let error = remove(&world(), "gone", OrphanPolicy::Keep).await.unwrap_err();
    assert!(matches!(error, OrganizationError::Unknown));
}

#[tokio::test]
async fn invitations_go_to_the_organization_above_without_the_roles_that_are_its_own() {
    let world = world();
    let own = Role { organization: Some(place("team")), ..role("cook") };
    world.state().roles = vec![own, role("reader")];
    let mut it = invited_to(1, "ada", "team");
    it.offer.roles = ["cook", "reader", "free"].map(str::to_owned).to_vec();
    world.state().invitations.push(it);
    remove(&world, "team", OrphanPolicy::Transfer).await.unwrap();
    let moved = world.invitation(1);
    assert_eq!((moved.status, moved.version), (Status::Pending, 2));
    assert_eq!(moved.offer.organization, Some(place("top")));
    assert_eq!(moved.offer.roles, ["reader", "free"]);
    let changes = world.once_written();
    let actions: Vec<_> = changes.audit.iter().map(|it| it.action).collect();
    assert_eq!(actions, [Action::OrganizationRemoved, Action::InvitationChanged]);
    let now = noon();
    assert_eq!(changes.seated, [Seated { tenant: TENANT, organization: place("top"), now }]);
}

#[tokio::test]
async fn where_nothing_stands_above_they_are_revoked() {
    for parent in [None, Some(place("gone"))] {
        let world = world();
        world.state().reform("team", |it| Organization { parent: parent.clone(), ..it });
        world.state().invitations.push(invited_to(1, "ada", "team"));
        remove(&world, "team", OrphanPolicy::Transfer).await.unwrap();
        assert_eq!(world.invitation(1).status, Status::Revoked);
        assert_eq!(world.once_written().seated, []);
    }
}

#[tokio::test]
async fn who_has_an_invitation_to_the_one_above_keeps_that_one_alone() {
    let world = world();
    let there = invited_to(2, "ada", "top");
    world.state().invitations =
        vec![invited_to(1, "ada", "team"), there.clone(), invited_to(3, "bob", "team")];
    remove(&world, "team", OrphanPolicy::Transfer).await.unwrap();
    assert_eq!(world.invitation(1).status, Status::Revoked);
    assert_eq!(world.invitation(2), there);
    assert_eq!(world.invitation(3).offer.organization, Some(place("top")));
}

#[tokio::test]
async fn where_there_are_not_seats_for_all_of_them_above_all_are_revoked() {
    for (seats, status) in [(2, Status::Pending), (1, Status::Revoked)] {
        let world = world().with("top", |it| Organization { seats: Some(seats), ..it });
        world.state().invitations =
            vec![invited_to(1, "ada", "team"), invited_to(2, "bob", "team")];
        remove(&world, "team", OrphanPolicy::Transfer).await.unwrap();
        assert_eq!([1, 2].map(|it| world.invitation(it).status), [status, status]);
    }
}

#[tokio::test]
async fn one_that_changes_meanwhile_moves_nevertheless() {
    let world = world();
    world.state().invitations.push(invited_to(1, "ada", "team"));
    // Somebody guesses at pins.
    world.before_next_commit(|it| it.reform("team", |it| it.touched(noon())));
    remove(&world, "team", OrphanPolicy::Transfer).await.unwrap();
    assert_eq!(world.invitation(1).offer.organization, Some(place("top")));
}

/// Mia is in the team and in the other one.
fn world() -> FakeStore {
    FakeStore::of(vec![], ["team", "other"].map(|it| membership("mia", it)).to_vec())
}

fn domain() -> Domain {
    Domain { name: "example.org".to_owned(), verified: true, default: true }
}

fn full() -> OrganizationDraft {
    OrganizationDraft {
        name: Some("New".to_owned()),
        display_name: Some(Some("The newest".to_owned())),
        logo_url: Some(Some("https://new.example/logo.png".to_owned())),
        domains: Some(vec![domain()]),
        policies: Some(Policies { join: true, ..Policies::default() }),
        metadata: Some(Document("{\"a\":1}".to_owned())),
        active: Some(false),
        seats: Some(Some(7)),
    }
}

/// With something in every field.
fn decked(it: Organization) -> Organization {
    Organization {
        display_name: Some("Old".to_owned()),
        logo_url: Some("https://old.example".to_owned()),
        policies: Policies { deny: vec!["bad.example".to_owned()], ..Policies::default() },
        metadata: Document("{\"old\":1}".to_owned()),
        seats: Some(99),
        ..it
    }
}

fn manage(world: &FakeStore, orphans: OrphanPolicy) -> ManageOrganizations {
    let policy = Policy { orphans, ..Policy::at("http://usher.test") };
    ManageOrganizations::new(&core(&world.ports, &policy))
}

async fn update(
    world: &FakeStore,
    caller: &Caller,
    id: &str,
    draft: &OrganizationDraft,
) -> Result<Organization, OrganizationError> {
    manage(world, OrphanPolicy::Keep).update(caller, &place(id), draft).await
}

async fn remove(
    world: &FakeStore,
    id: &str,
    orphans: OrphanPolicy,
) -> Result<Organization, OrganizationError> {
    manage(world, orphans).remove(&caller(), &place(id)).await
}
