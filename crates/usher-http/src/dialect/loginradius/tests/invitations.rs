//! Reading, changing, resending and taking back invitations.

use usher_application::{Acceptor, Invite, Invitee, UserAgent, testing::mailbox};

use super::*;

on_both_stores!(
    an_unknown_resource_is_not_found,
    the_list_is_whole_and_the_newest_comes_first,
    the_list_can_be_narrowed,
    more_than_one_read_holds_is_listed,
    a_page_is_a_part_of_the_list,
    expired_is_read_off_the_clock,
    a_change_replaces_what_it_names,
    what_is_over_is_not_changed,
    a_resend_makes_another_link_and_starts_anew,
    forty_resends_mail_no_more_letters_than_there_may_be,
    what_has_expired_can_be_sent_again,
    deleting_answers_what_there_was,
    what_was_declined_is_gone,
    those_of_others_are_shown_too,
);

async fn an_unknown_resource_is_not_found(app: TestApp) {
    let admin = Client::admin(&app).await;
    let id = admin.invite("ada", ACME).await["Id"].as_str().unwrap().to_owned();
    let digits = &id["inv_".len()..];
    for id in [
        "inv_123456789",
        &format!("inv_{}", "0".repeat(32)),
        digits,
        &format!("INV_{digits}"),
        &id.to_uppercase(),
        &format!("inv_inv_{digits}"),
        "x",
    ] {
        let path = format!("{INVITATIONS}/{id}");
        assert_eq!(admin.get(&path).await.bad(), (404, 8169), "{id}");
        assert_eq!(admin.put(&path, json!({})).await.bad(), (404, 8169), "{id}");
        assert_eq!(admin.delete(&path).await.bad(), (404, 8169), "{id}");
        let resend = format!("{path}/resend");
        assert_eq!(admin.send(Method::POST, &resend, "null").await.bad(), (404, 8169), "{id}");
    }
}

/// Invites these one after the other.
async fn invited(admin: &Client<'_>, names: &[(&str, &str)]) -> Vec<Value> {
    let mut all = Vec::new();
    for (name, to) in names {
        admin.app.clock.advance(TimeDelta::minutes(1));
        all.push(admin.invite(name, to).await);
    }
    all
}

async fn the_list_is_whole_and_the_newest_comes_first(app: TestApp) {
    let admin = Client::admin(&app).await;
    assert_eq!(admin.get(INVITATIONS).await.good(), json!({"Data": []}));
    let mut all = invited(&admin, &[("a", ACME), ("b", FAR), ("c", ACME)]).await;
    all.reverse();
    assert_eq!(admin.get(INVITATIONS).await.good(), json!({"Data": all}));
}

async fn the_list_can_be_narrowed(app: TestApp) {
    let admin = Client::admin(&app).await;
    let all = invited(&admin, &[("a", ACME), ("b", FAR), ("c", ACME), ("a", FAR)]).await;
    accept(&app, &all[2]["Id"]).await;
    for (query, names) in [
        ("orgid=org_Acme", vec!["c", "a"]),
        ("orgId=org_Far", vec!["a", "b"]),
        ("ORGID=org_None", vec![]),
        (&format!("orgid={}", "x".repeat(65)), vec![]),
        ("orgid=", vec!["a", "c", "b", "a"]),
        ("email=A@EXAMPLE.ORG", vec!["a", "a"]),
        ("email=a@example.org&orgid=org_Acme", vec!["a"]),
        ("email=nobody", vec![]),
        ("email=%25@example.org", vec![]),
        ("email=a%00@example.org", vec![]),
        ("orgid=%00", vec![]),
        ("status=invited", vec!["a", "b", "a"]),
        ("status=Accepted", vec!["c"]),
        ("STATUS=expired", vec![]),
        ("something=else", vec!["a", "c", "b", "a"]),
    ] {
        assert_eq!(admin.lists(query).await, names, "{query}");
    }
    for status in ["revoked", "declined", "pending", "x"] {
        let answer = admin.get(&format!("{INVITATIONS}?status={status}")).await;
        assert_eq!(answer.why(), (908, "The status must be invited, accepted or expired."));
    }
    app.clock.advance(TimeDelta::days(8));
    assert_eq!(admin.lists("status=expired").await, ["a", "b", "a"]);
    assert_eq!(admin.lists("status=accepted").await, ["c"]);
}

async fn more_than_one_read_holds_is_listed(app: TestApp) {
    let admin = Client::admin(&app).await;
    let invite = |number| Invite {
        organization: Some(organization_id(ACME)),
        ..Invite::new(Invitee::Mailbox {
            mailbox: mailbox(&format!("u{number}@example.org")),
            name: None,
        })
    };
    let invites: Vec<_> = (0..1_100).map(invite).collect();
    let outcomes = app.usher.invitations.invite.run(&app.system(), &invites).await.unwrap();
    assert!(outcomes.iter().all(Result::is_ok));
    let mut names = admin.lists("").await;
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 1_100);
    assert_eq!(admin.lists("pagesize=1000").await.len(), 1_000);
    assert_eq!(admin.lists("pagesize=1000&page=2").await.len(), 100);
}

async fn a_page_is_a_part_of_the_list(app: TestApp) {
    let admin = Client::admin(&app).await;
    invited(&admin, &[("a", ACME), ("b", ACME), ("c", ACME), ("d", ACME), ("e", ACME)]).await;
    for (query, names) in [
        ("page=1&pagesize=2", vec!["e", "d"]),
        ("page=2&pageSize=2", vec!["c", "b"]),
        ("Page=3&PageSize=2", vec!["a"]),
        ("page=4&pagesize=2", vec![]),
        ("page=4294967295&pagesize=1000", vec![]),
        ("pagesize=2", vec!["e", "d"]),
        ("page=1", vec!["e", "d", "c", "b", "a"]),
        ("page=2", vec![]),
    ] {
        assert_eq!(admin.lists(query).await, names, "{query}");
    }
    for (query, why) in [
        ("page=0", "The page must be a whole number from 1 on."),
        ("page=4294967296", "The page must be a whole number from 1 on."),
        ("page=x", "The page must be a whole number from 1 on."),
        ("pagesize=0", "The pagesize must be a whole number from 1 to 1000."),
        ("pagesize=1001", "The pagesize must be a whole number from 1 to 1000."),
        ("pagesize=-1", "The pagesize must be a whole number from 1 to 1000."),
    ] {
        assert_eq!(admin.get(&format!("{INVITATIONS}?{query}")).await.why(), (908, why));
    }
}

async fn expired_is_read_off_the_clock(app: TestApp) {
    let admin = Client::admin(&app).await;
    let it = admin.invite("ada", ACME).await;
    let status = async || admin.get(&at(&it["Id"])).await.good()["Status"].clone();
    app.clock.advance(TimeDelta::days(7) - TimeDelta::seconds(1));
    assert_eq!(status().await, "invited");
    app.clock.advance(TimeDelta::seconds(1));
    assert_eq!(status().await, "expired");
    assert_eq!(admin.lists("").await, ["ada"]);
}

async fn a_change_replaces_what_it_names(app: TestApp) {
    let admin = Client::admin(&app).await;
    let mut it = admin.invite("ada", ACME).await;
    let path = at(&it["Id"]);
    let token = mailed_token(&kept(&app, &it["Id"]).await);
    letters(&app).await;
    app.clock.advance(TimeDelta::minutes(1));
    it["ModifiedDate"] = "2026-01-02T12:01:00Z".into();
    assert_eq!(admin.put(&path, json!({})).await.good(), it);
    it["RoleIds"] = json!([OF_ACME, EDITOR]);
    let body = json!({"RoleIds": [OF_ACME, EDITOR], "Email": "eve@example.org", "OrgId": FAR});
    assert_eq!(admin.put(&path, body).await.good(), it);
    it["ExpirationDate"] = "2026-01-12T11:00:00Z".into();
    let body = json!({"expirationDate": "2026-01-12T12:00:00.5+01:00"});
    assert_eq!(admin.put(&path, body).await.good(), it);
    let there = format!("{path}?invitation_url={APP}");
    assert_eq!(admin.put(&there, json!({})).await.good(), it);
    assert_eq!(kept(&app, &it["Id"]).await.offer.redirect.as_deref(), Some(APP));
    assert_eq!(admin.put(&path, json!({"InvitationUrl": APP})).await.good(), it);
    it["RoleIds"] = json!([]);
    assert_eq!(admin.put(&path, json!({"RoleIds": []})).await.good(), it);
    assert_eq!(admin.get(&path).await.good(), it);
    for (roles, bad) in [("role_None", (404, 8125)), (OF_FAR, (403, 8143))] {
        assert_eq!(admin.put(&path, json!({"RoleIds": [roles]})).await.bad(), bad);
    }
    // There is neither another letter nor another link.
    assert_eq!(letters(&app).await, 0);
    assert_eq!(mailed_token(&kept(&app, &it["Id"]).await), token);
}

/// Accepts as a newcomer.
async fn accept(app: &TestApp, id: &Value) {
    let token = mailed_token(&kept(app, id).await);
    let by = Acceptor::Newcomer { name: "Ada", password: None, agent: UserAgent::default() };
    app.usher.invitations.accept.run(&token, by).await.unwrap();
}

async fn what_is_over_is_not_changed(app: TestApp) {
    let admin = Client::admin(&app).await;
    let all = invited(&admin, &[("a", ACME), ("b", ACME), ("c", ACME)]).await;
    accept(&app, &all[0]["Id"]).await;
    admin.delete(&at(&all[1]["Id"])).await.good();
    for (id, bad) in [(&all[0]["Id"], (409, 8166)), (&all[1]["Id"], (404, 8169))] {
        assert_eq!(admin.put(&at(id), json!({})).await.bad(), bad);
        assert_eq!(admin.resend(id).await.bad(), bad);
        assert_eq!(admin.delete(&at(id)).await.bad(), bad);
    }
    assert_eq!(admin.put(&at(&all[1]["Id"]), json!({"RoleIds": ["x"]})).await.bad(), (404, 8169));
    let accepted = admin.get(&at(&all[0]["Id"])).await.good();
    assert_eq!(
        (&accepted["Status"], &accepted["EmailId"]),
        (&json!("accepted"), &json!("a@example.org"))
    );
    app.clock.advance(TimeDelta::days(8));
    assert_eq!(admin.get(&at(&all[0]["Id"])).await.good()["Status"], "accepted");
    assert_eq!(admin.put(&at(&all[2]["Id"]), json!({})).await.bad(), (409, 8166));
}

async fn a_resend_makes_another_link_and_starts_anew(app: TestApp) {
    let admin = Client::admin(&app).await;
    let it = admin.invite("ada", ACME).await;
    let old = mailed_token(&kept(&app, &it["Id"]).await);
    letters(&app).await;
    app.clock.advance(TimeDelta::days(1));
    let answer = admin.resend(&it["Id"]).await;
    assert_eq!(answer.text, r#"{"Resent":true}"#);
    assert_eq!(letters(&app).await, 1);
    let now = admin.get(&at(&it["Id"])).await.good();
    assert_eq!(
        (&now["ExpirationDate"], &now["ModifiedDate"], &now["CreatedDate"]),
        (&json!("2026-01-10T12:00:00Z"), &json!("2026-01-03T12:00:00Z"), &it["CreatedDate"])
    );
    let opened = app.usher.invitations.look_up.run(&old).await.unwrap().open;
    assert_eq!(opened, Err(usher_domain::Closed::Superseded));
    let new = mailed_token(&kept(&app, &it["Id"]).await);
    assert_eq!(app.usher.invitations.look_up.run(&new).await.unwrap().open, Ok(()));
    // An expiry that was set later is not shortened.
    let body = json!({"ExpirationDate": "2026-01-30T12:00:00Z"});
    admin.put(&at(&it["Id"]), body).await.good();
    admin.resend(&it["Id"]).await.good();
    let now = admin.get(&at(&it["Id"])).await.good();
    assert_eq!(now["ExpirationDate"], "2026-01-30T12:00:00Z");
}

async fn forty_resends_mail_no_more_letters_than_there_may_be(app: TestApp) {
    let admin = Client::admin(&app).await;
    let it = admin.invite("ada", ACME).await;
    for n in 1..=40 {
        let answer = admin.resend(&it["Id"]).await;
        if n < 3 {
            answer.good();
            continue;
        }
        assert_eq!(answer.bad(), (429, 429));
        assert_eq!(answer.headers[header::RETRY_AFTER], "3600");
        let text = "Too many letters or invitations: no more than 3 letters are sent about one \
            invitation in an hour; try again after 2026-01-02T13:00:00Z.";
        assert_eq!(answer.body["Description"], text);
    }
    app.clock.advance(TimeDelta::hours(1));
    admin.resend(&it["Id"]).await.good();
}

async fn what_has_expired_can_be_sent_again(app: TestApp) {
    let admin = Client::admin(&app).await;
    let it = admin.invite("ada", ACME).await;
    app.clock.advance(TimeDelta::days(30));
    change(&app, ACME, |it| it.seats = Some(1)).await;
    admin.resend(&it["Id"]).await.good();
    let now = admin.get(&at(&it["Id"])).await.good();
    assert_eq!(
        (&now["Status"], &now["ExpirationDate"]),
        (&json!("invited"), &json!("2026-02-08T12:00:00Z"))
    );
    // Its seat is taken once more.
    app.clock.advance(TimeDelta::days(30));
    admin.invite("bob", ACME).await;
    assert_eq!(admin.resend(&it["Id"]).await.bad(), (409, 1122));
}

async fn deleting_answers_what_there_was(app: TestApp) {
    let admin = Client::admin(&app).await;
    let all = invited(&admin, &[("a", ACME), ("b", ACME)]).await;
    let token = mailed_token(&kept(&app, &all[0]["Id"]).await);
    assert_eq!(admin.delete(&at(&all[0]["Id"])).await.good(), all[0]);
    assert_eq!(admin.get(&at(&all[0]["Id"])).await.bad(), (404, 8169));
    assert_eq!(admin.lists("").await, ["b"]);
    let opened = app.usher.invitations.look_up.run(&token).await.unwrap().open;
    assert_eq!(opened, Err(usher_domain::Closed::Revoked));
    app.clock.advance(TimeDelta::days(8));
    let gone = admin.delete(&at(&all[1]["Id"])).await.good();
    assert_eq!(gone["Status"], "expired");
    assert_eq!(admin.lists("").await, [""; 0]);
    // Whoever was uninvited can be invited.
    assert_ne!(admin.invite("a", ACME).await["Id"], all[0]["Id"]);
}

async fn what_was_declined_is_gone(app: TestApp) {
    let admin = Client::admin(&app).await;
    let it = admin.invite("ada", ACME).await;
    let token = mailed_token(&kept(&app, &it["Id"]).await);
    app.usher.invitations.decline.run(&token, None).await.unwrap();
    assert_eq!(admin.get(&at(&it["Id"])).await.bad(), (404, 8169));
    assert_eq!(admin.delete(&at(&it["Id"])).await.bad(), (404, 8169));
    assert_eq!(admin.resend(&it["Id"]).await.bad(), (404, 8169));
    assert_eq!(admin.lists("").await, [""; 0]);
}

async fn those_of_others_are_shown_too(app: TestApp) {
    let admin = Client::admin(&app).await;
    let who = Invitee::Mailbox { mailbox: mailbox("ada@example.org"), name: None };
    let invite = Invite { roles: vec!["Any role".to_owned()], ..Invite::new(who) };
    app.usher.invitations.invite.run(&app.system(), &[invite]).await.unwrap();
    let list = admin.get(INVITATIONS).await.good();
    let it = &list["Data"][0];
    assert_eq!((&it["OrgId"], &it["RoleIds"]), (&json!(""), &json!(["Any role"])));
    admin.resend(&it["Id"]).await.good();
}
