//! What an organization asks of its members is asked of everybody, whichever operation adds them.

use futures_util::future::join_all;
use usher_domain::Policies;

use super::*;

on_both_stores!(
    nobody_is_added_whom_the_organization_does_not_take,
    a_key_below_takes_no_more_seats_above_than_there_are,
    of_many_who_are_added_at_once_as_many_come_as_there_are_seats,
    who_is_added_and_invited_takes_one_seat,
    who_is_at_home_without_a_membership_needs_a_seat_for_one,
);

async fn reform(app: &TestApp, id: &str, how: impl Fn(Organization) -> Organization) {
    let ids = [organization_id(id)];
    let held = usher_application::Organizations::find_many(&app.store, TENANT, &ids)
        .await
        .unwrap()
        .remove(0);
    let held = held.unwrap();
    let after = Organization { version: held.version + 1, ..how(held) };
    let changes = Changes { organizations: vec![after], ..Changes::default() };
    app.store.commit(&changes).await.unwrap();
}

async fn seats(app: &TestApp, id: &str, number: u32) {
    reform(app, id, |it| Organization { seats: Some(number), ..it }).await;
}

async fn add(client: &Client<'_>, name: &str, status: &str) -> Answer {
    let body = json!({"firstName": "Ada", "lastName": "Doe", "email": format!("{name}@example.org"),
        "status": status});
    client.post(USER, body).await
}

/// How many members there are.
async fn members(app: &TestApp, of: &str) -> usize {
    app.store.members(TENANT, &organization_id(of), None, 1_000).await.unwrap().len()
}

const FULL: (u16, u64, &str) = (500, 602, "Model error: the organization has no seat left");

async fn nobody_is_added_whom_the_organization_does_not_take(app: TestApp) {
    set_up(&app).await;
    let only = |it: Organization| {
        let policies = Policies { only: vec!["acme.example".to_owned()], ..it.policies };
        Organization { policies, ..it }
    };
    reform(&app, MAIN, only).await;
    reform(&app, SUB_TOO, |it| Organization { active: false, ..it }).await;
    let domain = "Model error: addresses of that domain may not belong to the organization";
    let inactive = "Model error: the organization is not active";
    // What stands below it is not as strict, but its people are at home above.
    for (at, text) in [(MAIN, domain), (SUB, domain), (SUB_TOO, inactive)] {
        let client = Client::of(&app, at, Authority::OrgAdmin).await;
        for status in ["active", "inactive", "pending", "pendingNew"] {
            assert_eq!(add(&client, "ada", status).await.bad(), (500, 602, text), "{at} {status}");
        }
        assert_eq!(members(&app, at).await, 0);
    }
    assert!(letters(&app).await.is_empty());
}

async fn a_key_below_takes_no_more_seats_above_than_there_are(app: TestApp) {
    set_up(&app).await;
    seats(&app, MAIN, 1).await;
    let sub = Client::sub(&app).await;
    add(&sub, "ada", "active").await.good();
    assert_eq!(add(&sub, "bob", "active").await.bad(), FULL);
    assert_eq!((members(&app, MAIN).await, members(&app, SUB).await), (1, 1));
}

async fn of_many_who_are_added_at_once_as_many_come_as_there_are_seats(app: TestApp) {
    set_up(&app).await;
    seats(&app, MAIN, 3).await;
    let clients = [Client::sub(&app).await, Client::main(&app).await];
    let names: Vec<_> = (0..12).map(|n| format!("user{n}")).collect();
    let all = names.iter().enumerate().map(|(n, it)| add(&clients[n % 2], it, "active"));
    let came = join_all(all).await.iter().filter(|it| it.status == 200).count();
    assert_eq!((came, members(&app, MAIN).await), (3, 3));
}

async fn who_is_added_and_invited_takes_one_seat(app: TestApp) {
    set_up(&app).await;
    seats(&app, MAIN, 2).await;
    let main = Client::main(&app).await;
    add(&main, "ada", "pendingNew").await.good();
    add(&main, "bob", "pendingNew").await.good();
    assert_eq!(add(&main, "cyd", "pendingNew").await.bad(), FULL);
}

async fn who_is_at_home_without_a_membership_needs_a_seat_for_one(app: TestApp) {
    set_up(&app).await;
    seats(&app, MAIN, 0).await;
    let main = Client::main(&app).await;
    let body = json!({"user": {"username": "johnd"}, "groups": ["dev"]});
    assert_eq!(main.put("/admin/user/groups", body.clone()).await.bad(), FULL);
    seats(&app, MAIN, 1).await;
    assert_eq!(main.put("/admin/user/groups", body).await.good(), json!(true));
    assert_eq!(members(&app, MAIN).await, 1);
}
