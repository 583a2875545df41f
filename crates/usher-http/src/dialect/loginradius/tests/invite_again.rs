//! Another invitation to an address that has a pending one.

use super::*;

on_both_stores!(
    there_is_one_invitation_and_it_is_sent_again,
    what_is_offered_now_counts,
    the_offer_and_the_letter_are_written_together,
    an_inviters_is_not_for_others_to_see,
    one_that_has_expired_makes_room,
    many_at_once_make_one,
);

async fn there_is_one_invitation_and_it_is_sent_again(app: TestApp) {
    let admin = Client::admin(&app).await;
    let first = admin.invite("ada", ACME).await;
    let token = mailed_token(&kept(&app, &first["Id"]).await);
    assert_eq!(letters(&app).await, 1);
    app.clock.advance(TimeDelta::hours(1));
    let body = json!({"email": "ADA@example.ORG", "orgId": ACME});
    let again = admin.post(INVITATIONS, body).await.good();
    assert_eq!((&again["Id"], &again["EmailId"]), (&first["Id"], &first["EmailId"]));
    assert_eq!(again["ModifiedDate"], "2026-01-02T13:00:00Z");
    assert_eq!(letters(&app).await, 1);
    // The link of the first letter is good.
    assert_eq!(mailed_token(&kept(&app, &first["Id"]).await), token);
    assert_eq!(admin.lists("").await, ["ada"]);
    // An invitation to another organization is a new one.
    assert_ne!(admin.invite("ada", FAR).await["Id"], first["Id"]);
}

async fn what_is_offered_now_counts(app: TestApp) {
    let admin = Client::admin(&app).await;
    let first = admin.invite("ada", ACME).await;
    let mut body = invitee("ada", ACME);
    body["roleIds"] = json!([EDITOR]);
    body["InvitationUrl"] = json!(APP);
    let again = admin.post(INVITATIONS, body.clone()).await.good();
    assert_eq!((&again["Id"], &again["RoleIds"]), (&first["Id"], &json!([EDITOR])));
    assert_eq!(kept(&app, &first["Id"]).await.offer.redirect.as_deref(), Some(APP));
    // Fields that are not named stay as they are.
    let third = admin.invite("ada", ACME).await;
    assert_eq!(third["RoleIds"], json!([EDITOR]));
    assert_eq!(kept(&app, &first["Id"]).await.offer.redirect.as_deref(), Some(APP));
    assert_eq!(letters(&app).await, 3);
    // The rules for new invitations hold for the changed offer too.
    body["roleIds"] = json!([OF_FAR]);
    assert_eq!(admin.post(INVITATIONS, body).await.bad(), (403, 8143));
    assert_eq!(letters(&app).await, 0);
}

/// With two commits a failure of the second would leave only half of the change.
async fn the_offer_and_the_letter_are_written_together(app: TestApp) {
    let admin = Client::admin(&app).await;
    let first = admin.invite("ada", ACME).await;
    let before = kept(&app, &first["Id"]).await;
    letters(&app).await;
    let mut body = invitee("ada", ACME);
    body["roleIds"] = json!([EDITOR]);
    admin.post(INVITATIONS, body).await.good();
    let after = kept(&app, &first["Id"]).await;
    assert_eq!(after.offer.roles, [EDITOR]);
    assert_eq!(after.letters, before.letters + 1);
    assert_eq!(letters(&app).await, 1);
    assert_eq!(after.version, before.version + 1, "one commit writes one version");
}

async fn an_inviters_is_not_for_others_to_see(app: TestApp) {
    let admin = Client::admin(&app).await;
    let inviter = Client::of(&app, Authority::Inviter).await;
    let theirs = admin.invite("ada", ACME).await;
    letters(&app).await;
    let answer = inviter.post(INVITATIONS, invitee("ada", ACME)).await;
    assert_eq!(answer.bad(), (409, 8170));
    assert_eq!(letters(&app).await, 0);
    assert_eq!(admin.get(&at(&theirs["Id"])).await.good(), theirs);
    let own = inviter.invite("bob", ACME).await;
    assert_eq!(inviter.invite("bob", ACME).await["Id"], own["Id"]);
}

async fn one_that_has_expired_makes_room(app: TestApp) {
    let admin = Client::admin(&app).await;
    let first = admin.invite("ada", ACME).await;
    app.clock.advance(TimeDelta::days(8));
    let second = admin.invite("ada", ACME).await;
    assert_ne!(second["Id"], first["Id"]);
    assert_eq!(admin.get(&at(&first["Id"])).await.good()["Status"], "expired");
    assert_eq!(admin.get(&at(&second["Id"])).await.good()["Status"], "invited");
    // The expired invitation cannot be sent again, because another has taken its place.
    assert_eq!(admin.resend(&first["Id"]).await.bad(), (409, 8166));
}

async fn many_at_once_make_one(app: TestApp) {
    // More letters than there may be about one invitation.
    let quotas = usher_domain::Quotas::NONE;
    let app = app.with_policy(|it| usher_application::Policy { quotas, ..it });
    let admin = Client::admin(&app).await;
    let sends = (0..8).map(|_| admin.invite("ada", ACME));
    let all = futures_util::future::join_all(sends).await;
    assert!(all.iter().all(|it| it["Id"] == all[0]["Id"]));
    assert_eq!(admin.lists("").await, ["ada"]);
}
