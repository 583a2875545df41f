//! A database of the first version is brought up to date, and what is in it is still there.

use chrono::TimeDelta;
use sea_orm::{ConnectionTrait as _, Database};
use usher_application::{
    Audit, Changes, Credentials, Filter, Invitations, Ledger as _, Organizations, Outbox as _,
    Sessions, Tasks, Tenants, TextTest, UserField, UserOrder, UserTest, Users,
    testing::{TENANT, invitation, mailbox, noon, organization, tenant, user, user_id},
};
use usher_domain::{
    CredentialId, Errand, Invitation, InvitationId, JobId, Lane, Session, SessionId, Task, TaskId,
    TaskKind, User,
};
use usher_persistence::{SqlStore, StoreOptions};
use uuid::Uuid;

/// Upgrades what these statements make of an empty database, and reads all of it.
pub(crate) async fn upgraded(url: &str, statements: &str) {
    let beside = Database::connect(url).await.unwrap();
    beside.execute_unprepared(statements).await.unwrap();
    let store = SqlStore::open(&StoreOptions::new(url)).await.unwrap();
    assert_eq!(store.pending_migrations().await.unwrap(), ["m0002_tasks", "m0003_members"]);
    for _ in 0..2 {
        store.migrate().await.unwrap();
        assert!(store.pending_migrations().await.unwrap().is_empty());
    }
    users_are_found_by_the_names_they_had(&store).await;
    the_rest_is_as_it_was(&store).await;
    letters_still_go_out(&store, &beside).await;
    what_is_new_works(&store).await;
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
    let name = |test| Filter::Is(UserTest::Text(UserField::Name, test));
    for it in &all {
        let named = match it.full_name() {
            none if none.is_empty() => continue,
            full => name(TextTest::Equals(full)),
        };
        assert_eq!(search(named, &[]).await, std::slice::from_ref(&it.id));
    }
    let nameless = ["empty", "nobody"].map(user_id);
    assert_eq!(search(name(TextTest::Absent), &[]).await, nameless);
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
        claimed.iter().find(|it| it.id == ids[0]).unwrap().errand,
        Errand::MailInvitation { invitation: InvitationId(Uuid::from_u128(2)), letter: 1 }
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
