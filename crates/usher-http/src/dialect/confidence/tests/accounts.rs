//! What a token that this API showed opens, and what a bound key is told of accounts elsewhere, on both
//! stores.

use usher_application::testing::{membership, organization};
use usher_domain::UserStatus;

use super::*;
use crate::testing::on_both_stores;

on_both_stores!(
    a_token_that_was_shown_opens_no_account_that_is_there,
    a_look_up_tells_nobody_who_has_an_account,
    a_token_that_was_shown_answers_alike_whoever_has_an_account,
    a_bound_key_is_not_told_who_has_an_account_elsewhere,
    an_inviter_learns_of_an_account_that_there_is_one_and_no_more,
    a_bound_key_invites_in_the_names_of_members_alone,
);

/// A key to invite that is bound to `beta`; Ada has an account and is a member of `acme`, and Bea is
/// a member of `beta`.
async fn bound(app: &TestApp) -> Client<'_> {
    bound_with(app, Authority::Inviter).await
}

async fn bound_with(app: &TestApp, authority: Authority) -> Client<'_> {
    let ada = User { password: None, display_name: Some("Ada L.".to_owned()), ..active("ada") };
    let changes = Changes {
        organizations: vec![organization("acme"), organization("beta")],
        users: vec![ada, active("bea")],
        memberships: vec![membership("ada", "acme"), membership("bea", "beta")],
        ..Changes::default()
    };
    app.store.commit(&changes).await.unwrap();
    let beta = Some(organization("beta").id);
    Client::keyed(app, &app.system(), authority, None, beta).await
}

async fn accept(app: &TestApp, invitation: &Value) -> Answer {
    let body = json!({"invitationToken": invitation["invitationToken"], "fullName": "Eve"});
    Client::anonymous(app).post("/v1/userInvitations:accept", body).await
}

async fn look_up(app: &TestApp, invitation: &Value) -> Value {
    let token = invitation["invitationToken"].as_str().unwrap();
    let path = format!("{INVITATIONS}:lookup?invitationToken={token}");
    Client::anonymous(app).get(&path).await.good()
}

async fn a_token_that_was_shown_opens_no_account_that_is_there(app: TestApp) {
    let inviter = bound(&app).await;
    let of_ada = inviter.invite("ada@example.org").await;
    let answer = accept(&app, &of_ada).await;
    assert_eq!(answer.bad(), (400, 9, "MAILED_LINK_REQUIRED"));
    // One of a newcomer is good for that.
    let of_zoe = inviter.invite("zoe@example.org").await;
    assert_eq!(accept(&app, &of_zoe).await.good()["email"], "zoe@example.org");
}

async fn a_look_up_tells_nobody_who_has_an_account(app: TestApp) {
    let inviter = bound(&app).await;
    let known = look_up(&app, &inviter.invite("ada@example.org").await).await;
    let unknown = look_up(&app, &inviter.invite("zoe@example.org").await).await;
    for it in [&known, &unknown] {
        assert_eq!(it["signInRequired"], false, "{it}");
    }
}

async fn a_token_that_was_shown_answers_alike_whoever_has_an_account(app: TestApp) {
    let inviter = Client::machine(&app, Authority::Inviter).await;
    let names = ["zoe", "ada", "bea", "cyd"];
    let mut made = Vec::new();
    for name in names {
        made.push(inviter.invite(&format!("{name}@example.org")).await);
    }
    let users = vec![
        active("ada"),
        User { password: None, ..active("bea") },
        User { status: UserStatus::Disabled, ..active("cyd") },
    ];
    add_users(&app, users).await;
    let nobody = Client::anonymous(&app);
    let mut seen = Vec::new();
    for (name, invitation) in names.iter().zip(&made) {
        let token = invitation["invitationToken"].as_str().unwrap();
        let mut answers =
            vec![nobody.get(&format!("{INVITATIONS}:lookup?invitationToken={token}")).await];
        for full_name in [json!(null), json!(""), json!("see www.evil.example"), json!(1)] {
            let body = json!({"invitationToken": token, "fullName": full_name});
            answers.push(nobody.post("/v1/userInvitations:accept", body).await);
        }
        let whole = |it: &Answer| {
            let mut headers = it.headers.clone();
            headers.remove("x-request-id");
            format!("{} {headers:?} {}", it.status, it.body)
                .replace(token, "TOKEN")
                .replace(invitation["name"].as_str().unwrap(), "NAME")
                .replace(&format!("{name}@"), "MAILBOX@")
        };
        seen.push(answers.iter().map(whole).collect::<Vec<_>>());
    }
    assert!(seen.iter().all(|it| *it == seen[0]), "{seen:#?}");
    // Where the name is good, a newcomer is in, and all others are refused alike.
    for (name, invitation) in names.iter().zip(&made).skip(1) {
        let answer = accept(&app, invitation).await;
        assert_eq!(answer.bad(), (400, 9, "MAILED_LINK_REQUIRED"), "{name}");
    }
}

async fn a_bound_key_is_not_told_who_has_an_account_elsewhere(app: TestApp) {
    let inviter = bound(&app).await;
    let off = User { status: UserStatus::Disabled, ..active("off") };
    add_users(&app, vec![off]).await;
    for name in ["off@example.org", "ada@example.org", "zoe@example.org"] {
        inviter.invite(name).await;
    }
    let unbound = Client::machine(&app, Authority::Helpdesk).await;
    let body = json!({"invitedEmail": "off@example.org", "inviter": "Ann"});
    assert_eq!(unbound.post(INVITATIONS, body).await.bad(), (409, 6, "USER_BLOCKED"));
}

async fn an_inviter_learns_of_an_account_that_there_is_one_and_no_more(app: TestApp) {
    let off = User { status: UserStatus::Disabled, ..active("off") };
    add_users(&app, vec![active("ada"), off]).await;
    let inviter = Client::machine(&app, Authority::Inviter).await;
    let mut seen = Vec::new();
    for name in ["ada", "off"] {
        let body = json!({"invitedEmail": format!("{name}@example.org"), "inviter": "Ann"});
        let answer = inviter.post(INVITATIONS, body).await;
        assert_eq!(answer.bad(), (409, 6, "USER_ALREADY_EXISTS"), "{name}");
        assert!(!answer.body.to_string().contains("users/"), "{}", answer.body);
        seen.push(answer.body);
    }
    assert_eq!(seen[0], seen[1]);
    let reads = Client::machine(&app, Authority::Helpdesk).await;
    let body = json!({"invitedEmail": "ada@example.org", "inviter": "Ann"});
    assert!(reads.post(INVITATIONS, body).await.body.to_string().contains("users/ada"));
}

async fn a_bound_key_invites_in_the_names_of_members_alone(app: TestApp) {
    let helpdesk = bound_with(&app, Authority::Helpdesk).await;
    let of =
        |id: &str| json!({"invitedEmail": "zoe@example.org", "inviter": format!("users/{id}")});
    for id in ["ada", "nobody"] {
        let answer = helpdesk.post(INVITATIONS, of(id)).await;
        assert_eq!(answer.fields(), ["inviter"], "{id}");
        assert!(!answer.body.to_string().contains("Ada L."), "{}", answer.body);
    }
    let made = helpdesk.post(INVITATIONS, of("bea")).await.good();
    assert_eq!(made["inviter"], "users/bea");
}
