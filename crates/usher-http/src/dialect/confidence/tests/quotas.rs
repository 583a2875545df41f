//! No mailbox, invitation, key or tenant has more letters than there may be, however they are asked
//! for; on both stores.

use std::sync::Arc;

use futures_util::future::join_all;
use usher_application::{
    Invite, Invitee, Outbox as _, Policy, Usher,
    testing::{active, mailbox, organization},
};
use usher_domain::{Lane, Quota, Quotas, Refusal};

use super::*;
use crate::testing::on_both_stores;

on_both_stores!(
    forty_resends_mail_three_letters_in_an_hour,
    inviting_and_revoking_forty_times_mails_ten_letters,
    keys_and_organizations_share_the_bound_of_a_mailbox,
    letters_that_strangers_ask_for_and_those_of_callers_do_not_use_up_each_other,
    of_many_who_ask_at_once_ten_have_a_letter_mailed,
    in_a_batch_only_the_rows_beyond_a_bound_are_refused,
    a_key_makes_no_more_than_it_may_in_a_day_and_the_operator_does,
    a_tenant_mails_no_more_than_it_may_in_a_day,
    quiet_invitations_count_for_their_caller_alone,
    without_bounds_nothing_is_refused,
);

/// How many letters wait to be mailed. Each is told once.
async fn letters(app: &TestApp) -> usize {
    let lease = TimeDelta::days(1000);
    app.store.claim(Lane::Letters, app.usher.now(), lease, 10_000).await.unwrap().len()
}

fn to(address: &str) -> Invite {
    Invite::new(Invitee::Mailbox { mailbox: mailbox(address), name: None })
}

fn bounded(app: TestApp, change: impl FnOnce(Quotas) -> Quotas) -> TestApp {
    app.with_policy(|it| Policy { quotas: change(it.quotas), ..it })
}

async fn with_places(app: &TestApp, places: &[&str]) {
    let organizations = places.iter().map(|it| organization(it)).collect();
    app.store.commit(&Changes { organizations, ..Changes::default() }).await.unwrap();
}

/// Which of the outcomes are refused because of this quota; the others are good.
#[track_caller]
fn used_up(outcomes: &[Result<usher_domain::Invitation, Refusal>], quota: Quota) -> Vec<usize> {
    let refused =
        outcomes.iter().enumerate().filter_map(|(index, it)| Some((index, it.as_ref().err()?)));
    let is_right = |it: &Refusal| matches!(it, Refusal::Quota(it) if it.quota == quota);
    refused.inspect(|(_, it)| assert!(is_right(it), "{it:?}")).map(|(index, _)| index).collect()
}

async fn forty_resends_mail_three_letters_in_an_hour(app: TestApp) {
    let boss = Client::boss(&app).await;
    let invited = boss.invite("ada@example.org").await;
    let resend = format!("{}:resend", path(&invited));
    for round in 1..=2 {
        let mut good = 0;
        for _ in 0..40 {
            let answer = boss.post(&resend, json!({})).await;
            if answer.status == 200 {
                good += 1;
                continue;
            }
            assert_eq!(answer.bad(), (429, 8, "QUOTA_EXCEEDED"));
            assert_eq!(answer.headers[header::RETRY_AFTER], "3600");
            let told = answer.detail("ErrorInfo")["metadata"].clone();
            assert_eq!(told, json!({"limit": "3", "quota": "invitation"}));
        }
        assert_eq!(good, if round == 1 { 2 } else { 3 });
        assert_eq!(letters(&app).await, 3);
        app.clock.advance(TimeDelta::hours(1));
    }
}

async fn inviting_and_revoking_forty_times_mails_ten_letters(app: TestApp) {
    let inviter = Client::machine(&app, Authority::Inviter).await;
    let body = json!({"invitedEmail": "ada@example.org", "inviter": "Ann", "ttl": "86400s"});
    for round in 1..=2 {
        for n in 0..40 {
            let answer = inviter.post(INVITATIONS, body.clone()).await;
            if n < 10 {
                inviter.delete(&path(&answer.good())).await.good();
                continue;
            }
            assert_eq!(answer.bad(), (429, 8, "QUOTA_EXCEEDED"), "{round}");
            assert_eq!(answer.headers[header::RETRY_AFTER], "3600");
            let message = answer.body["message"].as_str().unwrap();
            assert!(
                message.contains("no more than 10 letters are sent to one mailbox"),
                "{message}"
            );
        }
        assert_eq!(letters(&app).await, 10);
        app.clock.advance(TimeDelta::hours(1));
    }
}

async fn keys_and_organizations_share_the_bound_of_a_mailbox(app: TestApp) {
    let places = ["a", "b", "c"];
    with_places(&app, &places).await;
    let mut keys = Vec::new();
    for place in places {
        for _ in 0..2 {
            let place = Some(OrganizationId::parse(place).unwrap());
            let system = app.system();
            keys.push(Client::keyed(&app, &system, Authority::Inviter, None, place).await);
        }
    }
    for n in 0..10 {
        for key in &keys {
            let email = format!("ADA+{n}@Example.org");
            let body = json!({"invitedEmail": email, "inviter": "Ann", "ttl": "86400s"});
            let answer = key.post(INVITATIONS, body).await;
            let reason = (answer.status == 429).then(|| answer.bad().2 == "QUOTA_EXCEEDED");
            assert_ne!(reason, Some(false));
        }
    }
    assert_eq!(letters(&app).await, 10);
    keys[0].invite("bob@example.org").await;
    assert_eq!(letters(&app).await, 1);
}

async fn letters_that_strangers_ask_for_and_those_of_callers_do_not_use_up_each_other(
    app: TestApp,
) {
    let users = vec![active("ada")];
    app.store.commit(&Changes { users, ..Changes::default() }).await.unwrap();
    let ask = async || {
        for _ in 0..12 {
            let reset = &app.usher.access.reset_password;
            reset.request("default", "ada@example.org").await.unwrap();
            app.clock.advance(TimeDelta::minutes(1));
        }
    };
    let places: Vec<_> = (0..24).map(|n| format!("p{n}")).collect();
    with_places(&app, &places.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let invite = async |places: &[String]| {
        let invites: Vec<_> = places
            .iter()
            .map(|it| Invite {
                organization: Some(OrganizationId::parse(it).unwrap()),
                ..to("ada@example.org")
            })
            .collect();
        let outcomes = app.usher.invitations.invite.run(&app.system(), &invites).await.unwrap();
        used_up(&outcomes, Quota::Mailbox)
    };
    ask().await;
    assert_eq!(letters(&app).await, 3, "on request");
    assert_eq!(invite(&places[..12]).await, [10, 11], "after all that were asked for");
    assert_eq!(letters(&app).await, 10);
    app.clock.advance(TimeDelta::hours(1));
    assert_eq!(invite(&places[12..]).await, [10, 11]);
    assert_eq!(letters(&app).await, 10);
    ask().await;
    assert_eq!(letters(&app).await, 3, "after all that callers may send");
}

async fn of_many_who_ask_at_once_ten_have_a_letter_mailed(app: TestApp) {
    let places: Vec<_> = (0..40).map(|n| format!("p{n}")).collect();
    with_places(&app, &places.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let nodes: [Arc<Usher>; 2] = [app.usher.clone(), app.second_node().await];
    let ask = |n: usize| {
        let (usher, place) = (nodes[n % 2].clone(), OrganizationId::parse(&places[n]).unwrap());
        let caller = Caller { actor: usher_domain::Actor::User(user_id("ann")), ..app.system() };
        let invite = Invite { organization: Some(place), ..to("ada@example.org") };
        tokio::spawn(async move { usher.invitations.invite.run(&caller, &[invite]).await.unwrap() })
    };
    let outcomes = join_all((0..40).map(ask)).await;
    let outcomes: Vec<_> = outcomes.into_iter().flat_map(Result::unwrap).collect();
    assert_eq!(used_up(&outcomes, Quota::Mailbox).len(), 30);
    assert_eq!(letters(&app).await, 10);
}

async fn in_a_batch_only_the_rows_beyond_a_bound_are_refused(app: TestApp) {
    let places: Vec<_> = (0..12).map(|n| format!("p{n}")).collect();
    with_places(&app, &places.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let mut invites: Vec<_> = (0..500).map(|n| to(&format!("u{n}@example.org"))).collect();
    for (n, place) in places.iter().enumerate() {
        let place = Some(OrganizationId::parse(place).unwrap());
        invites[40 * n] = Invite { organization: place, ..to("ada@example.org") };
    }
    let run = async || app.usher.invitations.invite.run(&app.system(), &invites).await.unwrap();
    let foretold = app.usher.invitations.invite.rehearse(&app.system(), &invites).await.unwrap();
    assert_eq!(used_up(&foretold, Quota::Mailbox), [400, 440]);
    assert_eq!(used_up(&run().await, Quota::Mailbox), [400, 440]);
    assert_eq!(letters(&app).await, 498);
    // The words are those of the row's problem in a task.
    let refusal = foretold[440].clone().unwrap_err();
    assert_eq!(refusal.key(), "quota");
    app.clock.advance(TimeDelta::hours(1));
    let later: Vec<_> = run().await.into_iter().filter_map(Result::ok).collect();
    assert_eq!(later.len(), 2);
}

async fn a_key_makes_no_more_than_it_may_in_a_day_and_the_operator_does(app: TestApp) {
    let app = bounded(app, |it| Quotas { caller: 5, ..it });
    let (key, other) = (Client::boss(&app).await, Client::machine(&app, Authority::Inviter).await);
    let invited = key.invite("u0@example.org").await;
    key.post(&format!("{}:resend", path(&invited)), json!({})).await.good();
    for n in 1..=3 {
        key.invite(&format!("u{n}@example.org")).await;
    }
    let body = json!({"invitedEmail": "u4@example.org", "inviter": "Ann", "ttl": "86400s"});
    let refused = key.post(INVITATIONS, body.clone()).await;
    assert_eq!(refused.bad(), (429, 8, "QUOTA_EXCEEDED"));
    assert_eq!(refused.headers[header::RETRY_AFTER], "86400");
    other.invite("u5@example.org").await;
    let more: Vec<_> = (10..30).map(|n| to(&format!("u{n}@example.org"))).collect();
    let outcomes = app.usher.invitations.invite.run(&app.system(), &more).await.unwrap();
    assert!(used_up(&outcomes, Quota::Caller).is_empty());
    app.clock.advance(days(1));
    key.post(INVITATIONS, body).await.good();
}

async fn a_tenant_mails_no_more_than_it_may_in_a_day(app: TestApp) {
    let app = bounded(app, |it| Quotas { tenant: 3, ..it });
    let abroad = other_tenant(&app).await;
    let more: Vec<_> = (0..5).map(|n| to(&format!("u{n}@example.org"))).collect();
    let outcomes = app.usher.invitations.invite.run(&app.system(), &more).await.unwrap();
    assert_eq!(used_up(&outcomes, Quota::Tenant), [3, 4]);
    abroad.invite("u9@example.org").await;
    app.clock.advance(days(1));
    let outcomes = app.usher.invitations.invite.run(&app.system(), &more[3..]).await.unwrap();
    assert!(used_up(&outcomes, Quota::Tenant).is_empty());
}

async fn quiet_invitations_count_for_their_caller_alone(app: TestApp) {
    let app = bounded(app, |it| Quotas { caller: 12, tenant: 1, ..it });
    let caller = Caller { actor: usher_domain::Actor::User(user_id("ann")), ..app.system() };
    for n in 0..15 {
        let invite = [Invite { quiet: true, ..to("ada@example.org") }];
        let outcome = app.usher.invitations.invite.run(&caller, &invite).await.unwrap();
        let is_refused = !used_up(&outcome, Quota::Caller).is_empty();
        assert_eq!(is_refused, n >= 12);
        if let Ok(invitation) = &outcome[0] {
            app.usher.invitations.revoke.run(&caller, invitation.id).await.unwrap();
        }
    }
    assert_eq!(letters(&app).await, 0);
}

async fn without_bounds_nothing_is_refused(app: TestApp) {
    let app = bounded(app, |_| Quotas::NONE);
    let boss = Client::boss(&app).await;
    let invited = boss.invite("ada@example.org").await;
    for _ in 0..40 {
        boss.post(&format!("{}:resend", path(&invited)), json!({})).await.good();
    }
    assert_eq!(letters(&app).await, 41);
}
