//! A database of an earlier version is brought up to date, and what is in it is still there.

use std::collections::HashSet;

use chrono::TimeDelta;
use sea_orm::{ConnectionTrait as _, Database};
use usher_application::{
    Audit, Changes, Credentials, Filter, Invitations, Ledger as _, Organizations, Outbox as _,
    Roles, Seated, Sessions, Tasks, Tenants, TextMatch, UserCondition, UserField, UserOrder, Users,
    testing::{TENANT, invitation, mailbox, noon, organization, role, tenant, user, user_id},
};
use usher_domain::{
    CredentialId, Invitation, InvitationId, JobId, JobKind, Lane, Matter, Membership, Organization,
    Pin, RedirectRule, Session, SessionId, SignInRecord, Task, TaskId, TaskKind, Tenant, TenantId,
    User,
};
use usher_persistence::{SqlStore, StoreOptions};
use uuid::Uuid;

/// Upgrades what these statements make of an empty database, and reads all of it.
pub(crate) async fn upgraded(url: &str, statements: &str) {
    let beside = Database::connect(url).await.unwrap();
    beside.execute_unprepared(statements).await.unwrap();
    let store = SqlStore::open(&StoreOptions::new(url)).await.unwrap();
    assert_eq!(
        store.pending_migrations().await.unwrap(),
        ["m0002_tasks", "m0003_members", "m0004_roles"]
    );
    for _ in 0..2 {
        store.migrate().await.unwrap();
        assert!(store.pending_migrations().await.unwrap().is_empty());
    }
    users_are_found_by_the_names_they_had(&store).await;
    the_rest_is_as_it_was(&store).await;
    letters_still_go_out(&store, &beside).await;
    what_is_new_works(&store).await;
}

/// The same from the second version, where memberships had neither ids nor letters.
pub(crate) async fn upgraded_from_the_second(url: &str, statements: &str) {
    let beside = Database::connect(url).await.unwrap();
    beside.execute_unprepared(statements).await.unwrap();
    let store = SqlStore::open(&StoreOptions::new(url)).await.unwrap();
    assert_eq!(store.pending_migrations().await.unwrap(), ["m0003_members", "m0004_roles"]);
    store.migrate().await.unwrap();
    assert!(store.pending_migrations().await.unwrap().is_empty());
    memberships_are_what_they_were_and_more(&store).await;
    what_else_there_was_is_new_in_nothing(&store).await;
    people_are_found_by_where_they_belong(&store).await;
}

/// The same from the third version, where organizations had neither domains nor seats.
pub(crate) async fn upgraded_from_the_third(url: &str, statements: &str) {
    let beside = Database::connect(url).await.unwrap();
    beside.execute_unprepared(statements).await.unwrap();
    let store = SqlStore::open(&StoreOptions::new(url)).await.unwrap();
    assert_eq!(store.pending_migrations().await.unwrap(), ["m0004_roles"]);
    store.migrate().await.unwrap();
    assert!(store.pending_migrations().await.unwrap().is_empty());
    assert_eq!(Tenants::find(&store, TENANT).await.unwrap(), Some(tenant()));
    let team = organization("team");
    let branch = Organization {
        parent: Some(team.id.clone()),
        sign_in: SignInRecord { failures: 4, not_before: Some(noon() + TimeDelta::minutes(5)) },
        created_at: noon() + TimeDelta::microseconds(1_000_003),
        updated_at: noon() + TimeDelta::microseconds(1_000_003),
        version: 3,
        ..organization("branch")
    };
    let ours = Organizations::list(&store, TENANT, None, 9).await.unwrap();
    assert_eq!(ours, [branch, team.clone()]);
    let theirs = Organizations::list(&store, OTHER, None, 9).await.unwrap();
    assert_eq!(theirs, [Organization { tenant: OTHER, ..team.clone() }]);
    let members = store.members(TENANT, &team.id).await.unwrap();
    assert_eq!(
        members.iter().map(|it| it.user.as_str()).collect::<Vec<_>>(),
        ["ada", "bob", "cyd"]
    );
    // And all of it changes like any other.
    let rule = RedirectRule::parse("https://app.example").unwrap();
    let changes = Changes {
        tenants: vec![Tenant { redirects: vec![rule], version: 2, ..tenant() }],
        organizations: vec![Organization { seats: Some(3), version: 2, ..team.clone() }],
        roles: vec![role("cook")],
        seated: vec![Seated { tenant: TENANT, organization: team.id, now: noon() }],
        ..Changes::default()
    };
    store.commit(&changes).await.unwrap();
    assert_eq!(Tenants::find(&store, TENANT).await.unwrap(), changes.tenants.into_iter().next());
    assert_eq!(Roles::list(&store, TENANT).await.unwrap(), [role("cook")]);
}

const OTHER: TenantId = TenantId(Uuid::from_u128(0x7e4));

async fn memberships_are_what_they_were_and_more(store: &SqlStore) {
    let who = ["ada", "bob", "cyd"].map(user_id);
    let ours = store.memberships(TENANT, &who).await.unwrap();
    let theirs = store.memberships(OTHER, &who).await.unwrap();
    let all = [ours, theirs].concat();
    let ids: Vec<_> = all.iter().map(|it| it.id).collect();
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 6, "an id of its own");
    let pin = |digest: Option<u8>| digest.map(|it| Pin { digest: vec![it; 2], seed: None });
    // Of one pin in one organization nobody can tell whose it is.
    let expected = [
        (TENANT, "ada", "branch", pin(Some(10)), false, 3_000_000, 1),
        (TENANT, "ada", "team", None, true, 0, 1),
        (TENANT, "bob", "branch", None, false, 4_000_000, 1),
        (TENANT, "bob", "team", None, false, 1_000_000, 2),
        (TENANT, "cyd", "team", pin(Some(11)), false, 2_000_003, 1),
        (OTHER, "ada", "team", pin(Some(10)), false, 5_000_000, 1),
    ];
    let expected = ids.iter().zip(expected).map(|(id, it)| {
        let (tenant, user, place, pin, pin_allowed, after, version) = it;
        let joined_at = noon() + TimeDelta::microseconds(after);
        let held = Membership::new(*id, tenant, user_id(user), organization(place).id, joined_at);
        Membership { roles: vec!["reader".to_owned()], pin, pin_allowed, version, ..held }
    });
    let expected: Vec<_> = expected.collect();
    assert!(all == expected, "{all:?}");
    let found = Organizations::proven(store, &ids).await.unwrap();
    assert!(found.into_iter().eq(expected.iter().cloned().map(Some)));
    let seat = [(who[1].clone(), organization("team").id)];
    assert!(store.seats(TENANT, &seat).await.unwrap() == [Some(expected[3].clone())]);
    let digests = [vec![10; 2], vec![11; 2]];
    let team = organization("team").id;
    assert!(store.holders(TENANT, &team, &digests).await.unwrap() == expected[4..5]);
    assert!(store.holders(OTHER, &team, &digests).await.unwrap() == expected[5..]);

    let renewed = Membership { pin: pin(Some(10)), ..expected[1].clone() }.told(noon()).touched();
    let changes = Changes {
        memberships: vec![renewed.clone()],
        removed: expected[3..4].to_vec(),
        ..Changes::default()
    };
    store.commit(&changes).await.unwrap();
    let left = Organizations::proven(store, &[ids[1], ids[3]]).await.unwrap();
    assert!(left == [Some(renewed), None]);
}

async fn what_else_there_was_is_new_in_nothing(store: &SqlStore) {
    let (team, branch) = (organization("team"), organization("branch"));
    let branch = Organization { parent: Some(team.id.clone()), ..branch };
    let ids = [team.id.clone(), branch.id.clone()];
    let found = Organizations::find_many(store, TENANT, &ids).await.unwrap();
    assert_eq!(found, [Some(team), Some(branch)]);
    let id = SessionId(Uuid::from_u128(1));
    let session = Session::open(id, TENANT, user_id("ada"), noon(), TimeDelta::hours(8));
    assert_eq!(Sessions::find(store, id).await.unwrap(), Some(session));
    let id = InvitationId(Uuid::from_u128(1));
    let found = store.deliveries(TENANT, id).await.unwrap();
    let found: Vec<_> = found.iter().map(|it| (it.matter, it.attempt)).collect();
    assert_eq!(found, [1, 2].map(|n| (Matter::Invitation(id), n)));
}

async fn people_are_found_by_where_they_belong(store: &SqlStore) {
    let search = async |test| {
        let order = [UserOrder::FirstName { descending: true }];
        let filter = Filter::Is(test);
        let found = Users::search(store, TENANT, &filter, &order, 0, 9, noon()).await.unwrap();
        found.iter().map(|it| it.user.id.to_string()).collect::<Vec<_>>()
    };
    let [team, branch] = ["team", "branch"].map(|it| organization(it).id);
    assert_eq!(search(UserCondition::Home(branch.clone())).await, ["bob"]);
    assert_eq!(search(UserCondition::Member(team.clone())).await, ["ada", "cyd"]);
    assert_eq!(search(UserCondition::Within(branch)).await, ["bob", "ada"]);
    assert_eq!(search(UserCondition::Within(team)).await, ["bob", "ada", "cyd"]);
}

fn people() -> Vec<User> {
    let text = |it: &str| Some(it.to_owned());
    let bare = |id: &str| User::new(user_id(id), TENANT, noon());
    vec![
        User {
            first_name: text("Ada"),
            last_name: text("LOVELACE"),
            personal_mailbox: Some(mailbox("ada@home.example")),
            roles: vec!["b".to_owned(), "a".to_owned()],
            ..user("ada")
        },
        User { first_name: text(""), last_name: text(""), username: text("x4"), ..bare("blank") },
        User { display_name: text("Zoë ÄRGER"), first_name: text("no"), ..bare("displayed") },
        User { display_name: text(""), first_name: text("Never"), ..bare("empty") },
        User { first_name: text("Only FIRST"), username: text("x1"), ..bare("first") },
        User { last_name: text("Only LAST"), username: text("x2"), ..bare("last") },
        User { mailbox: Some(mailbox("Typed.As@Example.ORG")), ..bare("mailbox") },
        bare("nobody"),
        User {
            username: text("Ünder.SCORE"),
            mailbox: Some(mailbox("x3@example.org")),
            ..bare("username")
        },
    ]
}

async fn users_are_found_by_the_names_they_had(store: &SqlStore) {
    let all = people();
    assert!(Users::list(store, TENANT, None, 99).await.unwrap() == all);
    let search = async |filter, order: &[UserOrder]| {
        let found = Users::search(store, TENANT, &filter, order, 0, 99, noon()).await.unwrap();
        found.into_iter().map(|it| it.user.id).collect::<Vec<_>>()
    };
    let name = |test| Filter::Is(UserCondition::Text(UserField::Name, test));
    for it in &all {
        let named = match it.full_name() {
            none if none.is_empty() => continue,
            full => name(TextMatch::Equals(full)),
        };
        assert_eq!(search(named, &[]).await, std::slice::from_ref(&it.id));
    }
    let nameless = ["empty", "nobody"].map(user_id);
    assert_eq!(search(name(TextMatch::Absent), &[]).await, nameless);
    let sorted = ["blank", "ada", "first", "last", "mailbox", "displayed", "username"];
    let sorted = [&sorted.map(user_id)[..], &nameless].concat();
    let order = [UserOrder::Name { descending: false }];
    assert_eq!(search(Filter::Everything, &order).await, sorted);
}

async fn the_rest_is_as_it_was(store: &SqlStore) {
    let ada = user_id("ada");
    assert_eq!(Tenants::named(store, "default").await.unwrap(), Some(tenant()));
    let team = organization("team");
    let found = Organizations::find_many(store, TENANT, std::slice::from_ref(&team.id)).await;
    assert_eq!(found.unwrap(), [Some(team.clone())]);
    let found = store.memberships(TENANT, std::slice::from_ref(&ada)).await.unwrap();
    assert!(found[0].pin_allowed && found[0].organization == team.id);

    let mut second = invitation(2, "bob");
    second.offer.organization = Some(team.id);
    let first = Invitation { user: Some(ada.clone()), ..invitation(1, "ada") };
    for it in [first, second] {
        assert_eq!(Invitations::find(store, TENANT, it.id).await.unwrap(), Some(it));
    }
    let key = Credentials::find(store, CredentialId(Uuid::from_u128(1))).await.unwrap();
    assert_eq!(key.unwrap().secret, [7; 32]);
    let id = SessionId(Uuid::from_u128(1));
    let session = Session::open(id, TENANT, ada, noon(), TimeDelta::hours(8));
    assert_eq!(Sessions::find(store, id).await.unwrap(), Some(session));
    let entries = Audit::list(store, TENANT, None, 9).await.unwrap();
    assert_eq!((entries.len(), entries[0].detail.as_deref()), (1, None));
}

async fn letters_still_go_out(store: &SqlStore, beside: &sea_orm::DatabaseConnection) {
    // As a node of the first version adds one meanwhile.
    let copy = "INSERT INTO outbox (id, tenant_id, errand, subject_id, letter, due_at, attempts) \
         SELECT tenant_id, tenant_id, errand, subject_id, letter, due_at, 0 FROM outbox LIMIT 1";
    beside.execute_unprepared(copy).await.unwrap();
    assert_eq!(store.next_due(Lane::Letters).await.unwrap(), Some(noon()));
    assert_eq!(store.next_due(Lane::Tasks).await.unwrap(), None);
    let now = noon() + TimeDelta::minutes(5);
    let claimed = store.claim(Lane::Letters, now, TimeDelta::minutes(1), 9).await.unwrap();
    let mut ids: Vec<_> = claimed.iter().map(|it| it.id).collect();
    ids.sort_unstable();
    // The first of them is dead.
    assert_eq!(ids, [JobId(Uuid::from_u128(2)), JobId(Uuid::from_u128(3)), JobId(TENANT.0)]);
    assert_eq!(
        claimed.iter().find(|it| it.id == ids[0]).unwrap().kind,
        JobKind::MailInvitation { invitation: InvitationId(Uuid::from_u128(2)), letter: 1 }
    );
}

async fn what_is_new_works(store: &SqlStore) {
    let by = usher_domain::Caller::system(TENANT);
    let task = Task::draft(TaskId(Uuid::from_u128(1)), by, TaskKind::Invite, false, noon());
    let ada = people().remove(0).touched(noon());
    let changes = Changes { tasks: vec![task.clone()], users: vec![ada], ..Changes::default() };
    store.commit(&changes).await.unwrap();
    assert_eq!(Tasks::find(store, TENANT, task.id).await.unwrap(), Some(task));
    let found = Users::search(store, TENANT, &Filter::Everything, &[], 0, 1, noon()).await.unwrap();
    assert!(found[0].invited && found[0].user.version == 2);
}
