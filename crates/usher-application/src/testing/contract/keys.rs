//! Whatever a tenant calls something by, the same id in another tenant is something else.

use usher_domain::{
    AccountLetters, AccountLettersId, Credential, Delivery, DeliveryId, DeliveryOutcome, Entry,
    Invitation, Job, Lane, Matter, Membership, Organization, Profile, Role, RowOutcome, Session,
    Slice, Task, TenantId, User,
};
use uuid::Uuid;

use crate::{
    ports::{
        audit::Audit,
        credentials::Credentials,
        invitations::Invitations,
        ledger::{Changes, Ledger},
        organizations::Organizations,
        outbox::{Outbox, Settlement, Verdict},
        profiles::Profiles,
        purges::{Purged, Purges},
        roles::Roles,
        sessions::Sessions,
        tasks::Tasks,
        users::Users,
    },
    testing::{
        TENANT,
        contract::{
            OTHER, commit, credential, entry, id, invited, job, minute, organization_id, profile,
            profile_id, seconds, session, slice, task, task_id,
        },
        membership, noon, organization, role, user, user_id,
    },
};

const LETTERS: AccountLettersId = AccountLettersId(Uuid::from_u128(1));

/// One of everything that has an id, all under the same ids in each tenant.
fn of(tenant: TenantId) -> Changes {
    let mut by = task(1).by;
    by.tenant = tenant;
    Changes {
        organizations: vec![Organization { tenant, ..organization("x") }],
        users: vec![User { tenant, letters: Some(AccountLetters::none(LETTERS)), ..user("ada") }],
        memberships: vec![Membership { tenant, ..membership("ada", "x") }],
        invitations: vec![Invitation { tenant, ..invited(1) }],
        credentials: vec![Credential { tenant, ..credential(1) }],
        sessions: vec![Session { tenant, ..session(1) }],
        profiles: vec![Profile { tenant, ..profile("p") }],
        roles: vec![Role { tenant, ..role("r") }],
        tasks: vec![Task { by, ..task(1) }],
        slices: vec![Slice { tenant, ..slice(1, 0) }],
        jobs: vec![Job { tenant, ..job(1) }],
        audit: vec![Entry { tenant, ..entry(1) }],
        ..Changes::default()
    }
}

/// What finders find under those ids in a tenant; jobs are claimed, and not found.
async fn found<S>(store: &S, tenant: TenantId) -> Changes
where
    S: Audit
        + Credentials
        + Invitations
        + Organizations
        + Profiles
        + Roles
        + Sessions
        + Tasks
        + Users,
{
    let key = Credential { tenant, ..credential(1) }.client_id();
    let ids = (tenant, membership("ada", "x").id);
    let (place, roles) = ([organization_id("x")], [role("r").id]);
    let organizations = Organizations::find_many(store, tenant, &place).await.unwrap();
    let roles = Roles::find_many(store, tenant, &roles).await.unwrap();
    let profiles = Profiles::find_many(store, tenant, &[profile_id("p")]).await.unwrap();
    let invitation = Invitations::find(store, tenant, id(1)).await.unwrap();
    let proven = Invitations::proven(store, &[(tenant, id(1))]).await.unwrap();
    assert_eq!(proven, std::slice::from_ref(&invitation));
    Changes {
        organizations: organizations.into_iter().flatten().collect(),
        users: store
            .written_to(&[(tenant, LETTERS)])
            .await
            .unwrap()
            .into_iter()
            .flatten()
            .collect(),
        memberships: Organizations::proven(store, &[ids])
            .await
            .unwrap()
            .into_iter()
            .flatten()
            .collect(),
        invitations: invitation.into_iter().collect(),
        credentials: Credentials::find(store, key).await.unwrap().into_iter().collect(),
        sessions: Sessions::find(store, tenant, session(1).id).await.unwrap().into_iter().collect(),
        profiles: profiles.into_iter().flatten().collect(),
        roles: roles.into_iter().flatten().collect(),
        tasks: Tasks::find(store, tenant, task_id(1)).await.unwrap().into_iter().collect(),
        slices: store.slices(tenant, task_id(1), 0, 9).await.unwrap(),
        audit: Audit::list(store, tenant, None, 9).await.unwrap(),
        ..Changes::default()
    }
}

fn without_jobs(changes: Changes) -> Changes {
    Changes { jobs: Vec::new(), ..changes }
}

pub async fn the_same_id_in_two_tenants_is_two_things(
    store: impl Ledger
    + Audit
    + Credentials
    + Invitations
    + Organizations
    + Profiles
    + Roles
    + Sessions
    + Tasks
    + Users,
) {
    commit(&store, of(TENANT)).await;
    assert!(found(&store, OTHER).await == Changes::default(), "what is another tenant's is found");
    commit(&store, of(OTHER)).await;
    for tenant in [TENANT, OTHER] {
        assert!(found(&store, tenant).await == without_jobs(of(tenant)));
    }
}

pub async fn a_change_is_of_its_own_tenant_alone(
    store: impl Ledger
    + Audit
    + Credentials
    + Invitations
    + Organizations
    + Profiles
    + Roles
    + Sessions
    + Tasks
    + Users,
) {
    commit(&store, of(TENANT)).await;
    commit(&store, of(OTHER)).await;
    let at = seconds(1);
    let ours = of(TENANT);
    let run = |it: Slice| Slice {
        outcomes: Some(vec![RowOutcome::Invited(Some(id(1)))]),
        version: 2,
        ..it
    };
    let changed = Changes {
        organizations: ours.organizations.into_iter().map(|it| it.touched(at)).collect(),
        users: ours.users.into_iter().map(|it| it.touched(at)).collect(),
        memberships: ours.memberships.into_iter().map(Membership::touched).collect(),
        invitations: ours
            .invitations
            .iter()
            .map(|it| it.accept(user_id("ada"), at).unwrap())
            .collect(),
        credentials: ours.credentials.into_iter().map(|it| it.revoked(at)).collect(),
        sessions: ours.sessions.into_iter().map(|it| it.closed(at)).collect(),
        profiles: ours.profiles.into_iter().map(|it| Profile { version: 2, ..it }).collect(),
        roles: ours.roles.into_iter().map(|it| it.touched(at)).collect(),
        tasks: ours.tasks.into_iter().map(|it| it.touched(at)).collect(),
        slices: ours.slices.into_iter().map(run).collect(),
        ..Changes::default()
    };
    // Both are remembered when one of them changes.
    for tenant in [TENANT, OTHER] {
        found(&store, tenant).await;
    }
    commit(&store, changed.clone()).await;
    let expected = Changes { audit: of(TENANT).audit, ..changed };
    assert!(found(&store, TENANT).await == expected);
    assert!(found(&store, OTHER).await == without_jobs(of(OTHER)), "another tenant's was changed");
}

pub async fn a_job_is_settled_in_its_own_tenant_alone(store: impl Ledger + Outbox + Invitations) {
    let of = |n, tenant| Job { tenant, ..job(n) };
    let jobs = (1..=3).flat_map(|n| [of(n, TENANT), of(n, OTHER)]).collect();
    commit(&store, Changes { jobs, ..Changes::default() }).await;
    let claimed = store.claim(Lane::Letters, noon(), minute(), 9).await.unwrap();
    assert_eq!(claimed.len(), 6);
    let verdicts = [
        Verdict::Done,
        Verdict::Dead { why: "no".to_owned() },
        Verdict::Retry { at: seconds(9_000) },
    ];
    let ours = claimed.iter().filter(|it| it.tenant == TENANT);
    let settlements = ours.zip(verdicts).map(|(job, verdict)| Settlement {
        job: job.clone(),
        verdict,
        delivery: Some(Delivery {
            id: DeliveryId(Uuid::from_u128(1)),
            tenant: TENANT,
            matter: Matter::Invitation(id(1)),
            letter: 1,
            attempt: 1,
            at: noon(),
            outcome: DeliveryOutcome::Sent,
            answer: String::new(),
        }),
    });
    store.settle(&settlements.collect::<Vec<_>>()).await.unwrap();
    assert_eq!(store.deliveries(OTHER, id(1)).await.unwrap(), []);
    let again = store.claim(Lane::Letters, seconds(60), minute(), 9).await.unwrap();
    let again: Vec<_> = again.iter().map(|it| (it.tenant, it.id, it.attempts)).collect();
    assert_eq!(again, [1, 2, 3].map(|n| (OTHER, job(n).id, 2)));
}

pub async fn what_is_removed_or_forgotten_is_of_its_own_tenant_alone(
    store: impl Ledger
    + Audit
    + Credentials
    + Invitations
    + Organizations
    + Profiles
    + Roles
    + Sessions
    + Tasks
    + Users,
) {
    commit(&store, of(TENANT)).await;
    commit(&store, of(OTHER)).await;
    let ours = of(TENANT);
    let going = Changes {
        removed: ours.memberships.clone(),
        removed_roles: ours.roles.clone(),
        removed_organizations: ours.organizations.clone(),
        forgotten: vec![(TENANT, task_id(1))],
        ..Changes::default()
    };
    commit(&store, going).await;
    let left = Changes {
        memberships: Vec::new(),
        roles: Vec::new(),
        organizations: Vec::new(),
        tasks: Vec::new(),
        slices: Vec::new(),
        ..without_jobs(ours)
    };
    assert!(found(&store, TENANT).await == left);
    assert!(found(&store, OTHER).await == without_jobs(of(OTHER)), "another tenant's went along");
}

/// What goes is found by its age, and then removed by what it is called.
pub async fn what_is_purged_is_of_its_own_tenant_alone(
    store: impl Ledger + Sessions + Invitations + Audit + Purges,
) {
    let [old, new] = [seconds(10), seconds(90)];
    for (tenant, at) in [(TENANT, old), (OTHER, new)] {
        let changes = Changes {
            sessions: vec![Session { tenant, expires_at: at, ..session(1) }],
            invitations: vec![Invitation { tenant, expires_at: at, ..invited(1) }],
            audit: vec![Entry { tenant, at, ..entry(1) }],
            ..Changes::default()
        };
        commit(&store, changes).await;
    }
    for what in [Purged::Sessions, Purged::Invitations, Purged::Entries] {
        assert_eq!(store.purge(what, seconds(50), 9).await.unwrap(), 1, "{what:?}");
    }
    let is_there = async |tenant| {
        let session = Sessions::find(&store, tenant, session(1).id).await.unwrap().is_some();
        let invitation = Invitations::find(&store, tenant, id(1)).await.unwrap().is_some();
        (session, invitation, Audit::list(&store, tenant, None, 9).await.unwrap().len())
    };
    assert_eq!(is_there(TENANT).await, (false, false, 0));
    assert_eq!(is_there(OTHER).await, (true, true, 1));
}
