//! Lists: pages, filters, and who sees what.

use axum::response::IntoResponse as _;
use usher_application::StoreError;

use super::*;
use crate::{dialect::confidence::fault::Fault, testing::on_both_stores};

on_both_stores!(pages_are_full_whatever_was_replaced);

/// The local parts of the addresses, in order.
fn names(page: &Value) -> Vec<String> {
    let all = page["userInvitations"].as_array().unwrap().iter();
    let local =
        |it: &Value| it["invitedEmail"].as_str().unwrap().split('@').next().unwrap().to_owned();
    all.map(local).collect()
}

fn query(pairs: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(format!("{INVITATIONS}?"));
    query.extend_pairs(pairs).finish()
}

#[tokio::test]
async fn an_empty_list_has_both_of_its_keys() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    let answer = boss.get(INVITATIONS).await.good();
    assert_eq!(answer, json!({"userInvitations": [], "nextPageToken": ""}));
}

#[tokio::test]
async fn pages_stay_what_they_are_while_others_write() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    for n in 0..5 {
        boss.invite(&format!("p{n}@example.org")).await;
        app.clock.advance(TimeDelta::seconds(1));
    }
    let first = boss.get(&query(&[("pageSize", "2")])).await.good();
    assert_eq!(names(&first), ["p4", "p3"], "newest first");
    let token = first["nextPageToken"].as_str().unwrap();
    boss.invite("p5@example.org").await;
    boss.delete(&path(&first["userInvitations"][0])).await.good();
    let second = boss.get(&query(&[("page_token", token), ("page_size", "2")])).await.good();
    assert_eq!(names(&second), ["p2", "p1"]);
    let token = second["nextPageToken"].as_str().unwrap();
    let last = boss.get(&query(&[("pageToken", token), ("pageSize", "")])).await.good();
    assert_eq!((names(&last), &last["nextPageToken"]), (vec!["p0".to_owned()], &json!("")));
    let skipped = boss.get(&query(&[("skip", "4")])).await.good();
    assert_eq!(names(&skipped), ["p0"]);
}

#[tokio::test]
async fn a_page_has_bounds() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    let many: Vec<_> = (0..101)
        .map(|n| json!({"userInvitation": {"invitedEmail": format!("p{n}@example.org")}}))
        .collect();
    boss.post("/v1/userInvitations:batchCreate", json!({"requests": many})).await.good();
    for (size, held) in
        [("", 50), ("0", 50), ("1", 1), ("100", 100), ("101", 100), ("2147483647", 100)]
    {
        let answer = boss.get(&query(&[("pageSize", size)])).await.good();
        assert_eq!(names(&answer).len(), held, "{size}");
    }
    for bad in ["-1", "ten", "1.5", "2147483648", " 1"] {
        assert_eq!(boss.get(&query(&[("pageSize", bad)])).await.fields(), ["pageSize"]);
        assert_eq!(boss.get(&query(&[("skip", bad)])).await.fields(), ["skip"]);
    }
}

#[tokio::test]
async fn a_page_token_is_good_for_its_list_alone() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    for n in 0..2 {
        boss.invite(&format!("p{n}@example.org")).await;
    }
    let page = boss.get(&query(&[("pageSize", "1"), ("filter", "example")])).await.good();
    let token = page["nextPageToken"].as_str().unwrap();
    assert_ne!(token, "");
    let abroad = other_tenant(&app).await;
    for (client, token, filter) in [
        (&boss, token, "other"),
        (&boss, token, ""),
        (&boss, "junk", ""),
        (&abroad, token, "example"),
    ] {
        let answer = client.get(&query(&[("pageToken", token), ("filter", filter)])).await;
        assert_eq!(answer.fields(), ["pageToken"]);
    }
}

#[tokio::test]
async fn nobody_sees_beyond_their_tenant_and_an_inviter_only_its_own() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    let inviter = Client::machine(&app, Authority::Inviter).await;
    let abroad = other_tenant(&app).await;
    let theirs = boss.invite("ada@example.org").await;
    let own = inviter.invite("bob@example.org").await;
    let foreign = abroad.invite("ada@example.org").await;
    assert_eq!(names(&boss.get(INVITATIONS).await.good()), ["bob", "ada"]);
    assert_eq!(names(&inviter.get(INVITATIONS).await.good()), ["bob"]);
    assert_eq!(abroad.get(INVITATIONS).await.good()["userInvitations"], json!([foreign]));
    for (client, invitation) in
        [(&inviter, &theirs), (&abroad, &theirs), (&abroad, &own), (&boss, &foreign)]
    {
        let path = path(invitation);
        assert_eq!(client.get(&path).await.bad(), (404, 5, "INVITATION_NOT_FOUND"));
        assert_eq!(client.delete(&path).await.bad(), (404, 5, "INVITATION_NOT_FOUND"));
        let again = client.post(&format!("{path}:resend"), json!({})).await;
        assert_eq!(again.bad(), (404, 5, "INVITATION_NOT_FOUND"));
    }
}

#[tokio::test]
async fn who_may_only_read_does_not_get_the_links() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    let created = boss.invite("ada@example.org").await;
    let reader = Client::machine(&app, Authority::Reader).await;
    let mut seen = created.clone();
    seen["invitationToken"] = json!("");
    seen["invitationUri"] = json!("");
    assert_eq!(reader.get(&path(&created)).await.good(), seen);
    assert_eq!(reader.get(INVITATIONS).await.good()["userInvitations"], json!([seen]));
}

#[tokio::test]
async fn a_link_that_makes_an_administrator_is_for_administrators() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    let invitee = usher_application::Invitee::Mailbox {
        mailbox: usher_application::testing::mailbox("root@example.org"),
        name: None,
    };
    let mut invite = usher_application::Invite::new(invitee);
    invite.authority = Some(Authority::OrgAdmin);
    app.usher.invitations.invite.run(&app.system(), &[invite]).await.unwrap()[0].as_ref().unwrap();
    let helpdesk = Client::machine(&app, Authority::Helpdesk).await;
    for (client, has_link) in [(&boss, true), (&helpdesk, false)] {
        let answer = client.get(INVITATIONS).await.good();
        let invitation = &answer["userInvitations"][0];
        assert_eq!(invitation["invitationToken"] != "", has_link);
        assert_eq!(
            (&invitation["creator"], &invitation["inviter"]),
            (&json!("identities/s"), &json!(""))
        );
    }
}

/// Filters, and whom they find among those of [`filters_mean_what_they_say`].
const FILTERS: &[(&str, &str)] = &[
    ("", "cyd bob ada.lovelace"),
    ("  ", "cyd bob ada.lovelace"),
    ("*", "cyd bob ada.lovelace"),
    // Words
    ("example.org", "bob ada.lovelace"),
    ("LOVELACE", "ada.lovelace"),
    ("\"ann smith\"", "ada.lovelace"),
    ("ann smith", "ada.lovelace"),
    ("smith lovelace", "ada.lovelace"),
    ("ann bob", ""),
    ("ada*", "ada.lovelace"),
    ("da*", ""),
    ("-example.org", "cyd"),
    ("NOT bob", "cyd ada.lovelace"),
    ("+bob", "bob"),
    ("\\*", ""),
    ("\"*\"", ""),
    // Fields
    ("invitedEmail:bob@example.org", "bob"),
    ("invited_email:\"BOB@example.org\"", "bob"),
    ("invitedEmail:bob", ""),
    ("invitedEmail:bob*", "bob"),
    ("invitedEmail:*@example.org", "bob ada.lovelace"),
    ("invitedEmail:*o*.org", "bob ada.lovelace"),
    ("invitedEmail:\"bob*\"", ""),
    ("invitedEmail = \"bob*\"", "bob"),
    ("invitedEmail=ada.lovelace@example.org", "ada.lovelace"),
    ("invitedEmail != bob@example.org", "cyd ada.lovelace"),
    ("inviter:\"Ann Smith\"", "ada.lovelace"),
    ("inviter:Ann\\ Smith", "ada.lovelace"),
    ("inviter:\"bob's boss (ops)\"", "bob"),
    ("inviter:\"Bob's \\Boss (ops)\"", "bob"),
    // A missing value passes neither `!=` nor `=`.
    ("inviter != \"Ann Smith\"", "bob"),
    ("NOT inviter:\"Ann Smith\"", "cyd bob"),
    ("-inviter:ann*", "cyd bob"),
    ("inviter:*", "bob ada.lovelace"),
    ("-inviter:*", "cyd"),
    ("inviter != *", "cyd"),
    ("_exists_:inviter", "bob ada.lovelace"),
    ("NOT _exists_:inviter", "cyd"),
    ("_exists_:ttl", "cyd bob ada.lovelace"),
    ("_exists_:disableInvitationEmail", "cyd bob ada.lovelace"),
    ("creator:identities/s", "cyd"),
    ("-creator:s", "bob ada.lovelace"),
    ("updater:identities/c*", "bob ada.lovelace"),
    ("disableInvitationEmail:true", "bob"),
    ("disable_invitation_email=false", "cyd ada.lovelace"),
    ("disableInvitationEmail!=true", "cyd ada.lovelace"),
    ("disableInvitationEmail:*", "cyd bob ada.lovelace"),
    // Labels
    ("labels.env:prod", "ada.lovelace"),
    ("labels.env=\"TEST\"", "bob"),
    ("labels.env:*", "bob ada.lovelace"),
    ("labels:team", "ada.lovelace"),
    ("-labels:team", "cyd bob"),
    ("_exists_:labels.team", "ada.lovelace"),
    ("labels.env != prod", "bob"),
    ("NOT labels.env:prod", "cyd bob"),
    ("labels.nothing:x", ""),
    // Times and lengths
    ("createTime>\"2026-01-02T12:00:00Z\"", "cyd bob"),
    ("createTime > 2026-01-02T13:00:00Z", "cyd"),
    ("createTime>=2026-01-02T14:00:00+01:00", "cyd bob"),
    ("createTime<2026-01-02T13:00:00Z", "ada.lovelace"),
    ("createTime<=2026-01-02T13:00:00Z", "bob ada.lovelace"),
    ("create_time:2026-01-02T13:00:00Z", "bob"),
    ("createTime != \"2026-01-02T13:00:00Z\"", "cyd ada.lovelace"),
    ("createTime:[2026-01-02T12:00:00Z TO 2026-01-02T13:00:00Z]", "bob ada.lovelace"),
    ("createTime:{2026-01-02T12:00:00Z TO 2026-01-02T13:00:00Z]", "bob"),
    ("createTime:[2026-01-02T12:00:00Z TO 2026-01-02T13:00:00Z}", "ada.lovelace"),
    ("createTime:{\"2026-01-02T12:00:00Z\" TO \"2026-01-02T13:00:00Z\"}", ""),
    ("createTime:[2026-01-02T13:00:00Z TO *]", "cyd bob"),
    ("createTime:[* TO *]", "cyd bob ada.lovelace"),
    ("expirationTime<\"2026-01-04T00:00:00Z\"", "ada.lovelace"),
    ("updateTime:*", "cyd bob ada.lovelace"),
    ("ttl=86400s", "ada.lovelace"),
    ("ttl>86400s", "cyd bob"),
    ("ttl:[86400s TO 172800s]", "bob ada.lovelace"),
    ("ttl != 604800s", "bob ada.lovelace"),
    // Combinations: OR binds tighter than AND, and AND may be left out.
    ("ada AND bob", ""),
    ("ada OR bob", "bob ada.lovelace"),
    ("cyd OR ada OR bob", "cyd bob ada.lovelace"),
    ("cyd OR bob ttl=172800s", "bob"),
    ("ttl=172800s AND cyd OR bob", "bob"),
    ("(cyd OR bob) AND ttl=172800s", "bob"),
    ("cyd OR (bob AND ttl=172800s)", "cyd bob"),
    ("cyd OR (bob ttl=1s)", "cyd"),
    ("NOT (cyd OR bob)", "ada.lovelace"),
    ("-(cyd OR bob)", "ada.lovelace"),
    ("(ada)(lovelace)", "ada.lovelace"),
    ("\"ada\"\"lovelace\"", "ada.lovelace"),
    ("NOT\"cyd\"", "bob ada.lovelace"),
    ("or", "bob ada.lovelace"),
    ("ANDalusia", ""),
];

#[tokio::test]
async fn filters_mean_what_they_say() {
    let app = TestApp::new().await;
    add_users(&app, vec![User { display_name: Some("Ann Smith".to_owned()), ..active("ann") }])
        .await;
    let machine = Client::machine(&app, Authority::Helpdesk).await;
    let invite = async |body: Value| {
        let created = machine.post(INVITATIONS, body).await.good();
        app.clock.advance(TimeDelta::hours(1));
        created
    };
    let ada = invite(json!({
        "invitedEmail": "Ada.Lovelace@Example.org", "inviter": "users/ann", "ttl": "86400s",
        "labels": {"env": "prod", "team": "blue"},
    }))
    .await;
    invite(json!({
        "invitedEmail": "bob@example.org", "inviter": "Bob's Boss (ops)", "ttl": "172800s",
        "labels": {"env": "test"}, "disableInvitationEmail": true,
    }))
    .await;
    // Without an inviter, as another way of inviting makes them.
    let cyd = usher_application::testing::mailbox("cyd@other.example");
    let cyd = usher_application::Invitee::Mailbox { mailbox: cyd, name: None };
    let invites = [usher_application::Invite::new(cyd)];
    app.usher.invitations.invite.run(&app.system(), &invites).await.unwrap()[0].as_ref().unwrap();

    let name = ada["name"].as_str().unwrap();
    let (id, creator) = (&name["userInvitations/".len()..], ada["creator"].as_str().unwrap());
    let of_ada = [
        (format!("name:{name}"), "ada.lovelace"),
        (format!("name:{id} OR bob"), "bob ada.lovelace"),
        (format!("creator:\"{creator}\""), "bob ada.lovelace"),
    ];
    let of_ada = of_ada.iter().map(|(filter, found)| (filter.as_str(), *found));
    for (filter, found) in FILTERS.iter().copied().chain(of_ada) {
        let answer = machine.get(&query(&[("filter", filter)])).await.good();
        assert_eq!(names(&answer).join(" ").to_lowercase(), found, "{filter}");
    }
}

#[tokio::test]
async fn an_invalid_filter_is_reported() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    let answer = boss.get(&query(&[("filter", "state:PENDING")])).await;
    insta::assert_json_snapshot!(answer.body, @r#"
    {
      "code": 3,
      "details": [
        {
          "@type": "type.googleapis.com/google.rpc.ErrorInfo",
          "domain": "iam.usher",
          "metadata": {
            "fields": "filter"
          },
          "reason": "FIELD_INVALID"
        },
        {
          "@type": "type.googleapis.com/google.rpc.BadRequest",
          "fieldViolations": [
            {
              "description": "has an unknown field: `state`",
              "field": "filter"
            }
          ]
        }
      ],
      "message": "`filter` has an unknown field: `state`"
    }
    "#);
    assert_eq!(answer.fields(), ["filter"]);
}

#[tokio::test]
async fn expired_invitations_stay_listed_and_closed_ones_do_not() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    for name in ["expired", "accepted", "declined", "revoked"] {
        let created = boss.invite(&format!("{name}@example.org")).await;
        let token = created["invitationToken"].as_str().unwrap();
        match name {
            "accepted" => {
                let body = json!({"invitationToken": token, "fullName": "X"});
                Client::anonymous(&app).post("/v1/userInvitations:accept", body).await.good();
            }
            "declined" => drop(app.usher.invitations.decline.run(token, None).await.unwrap()),
            "revoked" => drop(boss.delete(&path(&created)).await.good()),
            _ => {}
        }
        let there = boss.get(&path(&created)).await;
        assert_eq!(there.status, if name == "expired" { 200 } else { 404 }, "{name}");
    }
    app.clock.advance(days(2));
    let answer = boss.get(INVITATIONS).await.good();
    assert_eq!(names(&answer), ["expired"]);
    boss.get(&path(&answer["userInvitations"][0])).await.good();
}

async fn pages_are_full_whatever_was_replaced(app: TestApp) {
    let boss = Client::boss(&app).await;
    for name in ["cyd", "ada", "bob"] {
        boss.invite(&format!("{name}@example.org")).await;
        app.clock.advance(TimeDelta::seconds(1));
    }
    app.clock.advance(days(2));
    // The expired invitation of ada makes room for this one, and is not there any more.
    boss.invite("ada@example.org").await;
    let mut token = String::new();
    for (name, is_last) in [("ada", false), ("bob", false), ("cyd", true)] {
        let page = boss.get(&query(&[("pageSize", "1"), ("pageToken", &token)])).await.good();
        assert_eq!(names(&page), [name]);
        token = page["nextPageToken"].as_str().unwrap().to_owned();
        assert_eq!(token.is_empty(), is_last, "{name}");
    }
    let skipped = boss.get(&query(&[("skip", "2")])).await.good();
    assert_eq!(names(&skipped), ["cyd"]);
}

#[tokio::test]
async fn a_search_that_takes_too_long_is_told_what_to_narrow() {
    let answers = [StoreError::too_broad(), StoreError::many_searches()]
        .map(|it| Fault::failed(&it).into_response());
    let [broad, many] = answers.each_ref().map(|it| it.status().as_u16());
    assert_eq!((broad, many), (400, 503));
    let [broad, _] = answers;
    let body = axum::body::to_bytes(broad.into_body(), 10_000).await.unwrap();
    let text = String::from_utf8(body.to_vec()).unwrap();
    for field in ["filter", "createTime", "invitedEmail", "creator"] {
        assert!(text.contains(field), "{field}: {text}");
    }
}
