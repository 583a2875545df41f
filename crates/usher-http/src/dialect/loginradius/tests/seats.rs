//! Organizations with a limited number of seats.

use super::*;

on_both_stores!(
    a_hundred_at_once_take_ten_seats,
    members_and_live_invitations_take_seats,
    fewer_seats_than_members_remove_nobody,
);

async fn a_hundred_at_once_take_ten_seats(app: TestApp) {
    let admin = Client::admin(&app).await;
    let path = format!("{ORGANIZATIONS}/{ACME}");
    admin.put(&path, json!({"Seats": 10})).await.good();
    let send = |number| {
        let admin = admin.clone();
        async move { admin.post(INVITATIONS, invitee(&format!("u{number}"), ACME)).await }
    };
    let all = futures_util::future::join_all((0..100).map(send)).await;
    let (invited, refused): (Vec<_>, Vec<_>) = all.iter().partition(|it| it.status == 200);
    assert_eq!((invited.len(), refused.len()), (10, 90));
    for it in refused {
        assert_eq!(it.bad(), (409, 1122), "{}", it.text);
    }
    assert_eq!(admin.lists("orgid=org_Acme").await.len(), 10);
    assert_eq!(letters(&app).await, 10);
}

async fn members_and_live_invitations_take_seats(app: TestApp) {
    let admin = Client::admin(&app).await;
    change(&app, ACME, |it| it.seats = Some(2)).await;
    join(&app, "boss", ACME, &[]).await;
    let first = admin.invite("ada", ACME).await;
    let full = async |name| admin.post(INVITATIONS, invitee(name, ACME)).await.bad();
    assert_eq!(full("bob").await, (409, 1122));
    // Another invitation to the same address takes no second seat.
    admin.invite("ada", ACME).await;
    admin.delete(&at(&first["Id"])).await.good();
    admin.invite("bob", ACME).await;
    assert_eq!(full("cyd").await, (409, 1122));
    app.clock.advance(TimeDelta::days(8));
    admin.invite("cyd", ACME).await;
    admin.delete("/v2/manage/account/boss/orgcontext/org_Acme").await.good();
    admin.invite("dan", ACME).await;
    assert_eq!(full("eve").await, (409, 1122));
    admin.put(&format!("{ORGANIZATIONS}/{ACME}"), json!({"Seats": null})).await.good();
    admin.invite("eve", ACME).await;
}

async fn fewer_seats_than_members_remove_nobody(app: TestApp) {
    let admin = Client::admin(&app).await;
    let first = admin.invite("ada", ACME).await;
    admin.invite("bob", ACME).await;
    let path = format!("{ORGANIZATIONS}/{ACME}");
    assert_eq!(admin.put(&path, json!({"Seats": 0})).await.good()["Seats"], 0);
    assert_eq!(admin.lists("status=invited").await.len(), 2);
    admin.resend(&first["Id"]).await.good();
    assert_eq!(admin.post(INVITATIONS, invitee("cyd", ACME)).await.bad(), (409, 1122));
}
