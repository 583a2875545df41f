//! What a link that was handed over opens, and what one opens that was mailed, on both stores.

use usher_application::{NewKey, Users as _};
use usher_domain::{Action, Actor, Domain, Organization, Policies, UserId, UserRef};

use super::*;
use crate::testing::on_both_stores;

on_both_stores!(
    a_link_that_an_api_showed_opens_no_account_that_is_there,
    a_link_that_an_api_showed_gives_nobody_what_others_granted,
    a_link_that_an_api_showed_joins_nothing_by_the_domain,
    whoever_reads_the_mailbox_takes_the_account_back_from_whoever_was_there_first,
    the_mailed_link_takes_the_account_back_from_whoever_accepted_by_the_other_one,
    what_was_accepted_or_proven_is_not_taken_back,
    a_letter_proves_the_address_that_it_went_to_and_none_that_reads_like_it,
    a_link_that_ended_while_the_invitation_waits_says_so,
    whoever_was_handed_a_link_declines_alike_and_not_in_the_name_of_the_invitee,
    a_link_to_an_address_that_was_corrected_opens_nothing,
    a_handed_over_link_does_not_tell_who_has_an_account,
    what_a_handed_over_link_does_not_open_it_refuses_alike,
    whoever_is_signed_in_accepts_by_either_link_and_proves_the_mailbox_by_the_mailed_one,
);

/// An invitation for `ada@example.org` into `o1`, with the link that callers are shown.
async fn handed_over(app: &TestApp) -> (Invitation, String) {
    let (invitation, _) = app.invited_to_o1(|_| ()).await;
    let token = handed_over_token(&invitation);
    (invitation, token)
}

async fn ada(app: &TestApp) -> User {
    let who = [UserRef::Mailbox(mailbox("ada@example.org"))];
    app.store.find_many(app.tenant, &who).await.unwrap().remove(0).unwrap()
}

/// Ada, in and with a place in `far`, as `change` has her.
async fn ada_is_in(app: &TestApp, change: impl FnOnce(User) -> User) {
    app.put(Changes {
        users: vec![change(active("ada"))],
        organizations: vec![organization("far")],
        memberships: vec![membership("ada", "far")],
        ..Changes::default()
    })
    .await;
}

async fn a_link_that_an_api_showed_opens_no_account_that_is_there(app: TestApp) {
    ada_is_in(&app, |it| User { password: None, ..it }).await;
    let before = ada(&app).await;
    let (invitation, token) = handed_over(&app).await;
    let mut browser = Browser::new(&app);
    let answer = browser.accept(&token, "Eve", PASSWORD).await;
    let texts = ["does not open your account", "ask The night team to have the invitation mailed"];
    assert_says(&answer, StatusCode::CONFLICT, &texts);
    assert_eq!(browser.cookie, None);
    assert_eq!((ada(&app).await, app.row(&invitation).await.version), (before, 1));
    let mailed = mailed_token(&invitation);
    assert_eq!(location(&browser.accept(&mailed, "Ada", PASSWORD).await), "/me");
    assert_says(&browser.get("/me").await, StatusCode::OK, &["The far team", "The o1 team"]);
}

async fn a_link_that_an_api_showed_gives_nobody_what_others_granted(app: TestApp) {
    ada_is_in(&app, |it| User { status: UserStatus::Unregistered, password: None, ..it }).await;
    let (_, token) = handed_over(&app).await;
    let mut browser = Browser::new(&app);
    let answer = browser.accept(&token, "Eve", PASSWORD).await;
    assert_says(&answer, StatusCode::CONFLICT, &["does not open your account"]);
    assert_eq!(ada(&app).await.status, UserStatus::Pending);
}

async fn a_link_that_an_api_showed_joins_nothing_by_the_domain(app: TestApp) {
    let domain = Domain { name: "example.org".to_owned(), verified: true, default: false };
    let policies = Policies { join: true, ..Policies::default() };
    let acme = Organization { domains: vec![domain], policies, ..organization("acme") };
    app.put(Changes { organizations: vec![acme], ..Changes::default() }).await;
    // It is mailed as well: what counts is the link that is used.
    let (invitation, token) = handed_over(&app).await;
    assert_eq!(invitation.letters, 1);
    let mut browser = Browser::new(&app);
    assert_eq!(location(&browser.accept(&token, "Eve", PASSWORD).await), "/me");
    let me = browser.get("/me").await;
    assert_says(&me, StatusCode::OK, &["The o1 team"]);
    assert!(!me.body.contains("The acme team"), "{}", me.body);
    assert_eq!(ada(&app).await.mailbox_proven_at, None);
}

async fn whoever_reads_the_mailbox_takes_the_account_back_from_whoever_was_there_first(
    app: TestApp,
) {
    let (first, token) = handed_over(&app).await;
    let mut eve = Browser::new(&app);
    assert_eq!(location(&eve.accept(&token, "Eve", PASSWORD).await), "/me");
    assert_eq!(app.row(&first).await.status, usher_domain::Status::Accepted);
    let account = ada(&app).await;
    let key = app
        .usher
        .access
        .credentials
        .issue(
            &app.system(),
            NewKey { user: Some(account.id.clone()), ..NewKey::of(Authority::OrgAdmin) },
        )
        .await
        .unwrap();
    let changed = User { authority: Some(Authority::OrgAdmin), ..account.touched(app.usher.now()) };
    app.put(Changes {
        users: vec![changed],
        organizations: vec![organization("o2")],
        ..Changes::default()
    })
    .await;
    app.clock.advance(TimeDelta::hours(1));

    let (_, mailed) = app.invited(|it| it.organization = Some(organization("o2").id)).await;
    let mut owner = Browser::new(&app);
    let page = owner.get(&path(&mailed)).await;
    let texts = [
        "nobody has shown yet that it is theirs",
        "<bdi>The o1 team</bdi>",
        "It may act as Administrator until now",
        "I have an account here already",
    ];
    assert_says(&page, StatusCode::OK, &texts);
    // Nothing of who was there first is taken over unseen: not even the name.
    assert!(!page.body.contains(r#""Eve""#) && !page.body.contains(">Eve"), "{}", page.body);
    assert_says(&page, StatusCode::OK, &[r#"autocomplete="name" required value="""#]);
    let mine = "nine otters sing here";
    assert_eq!(location(&owner.accept(&mailed, "Ada", mine).await), "/me");
    let me = owner.get("/me").await;
    assert_says(&me, StatusCode::OK, &["Ada", "The o1 team", "The o2 team"]);
    assert!(!me.body.contains("Administrator"), "{}", me.body);

    assert_eq!(location(&eve.get("/me").await), "/signin?next=/me");
    let (id, secret) = (key.0.client_id().to_string(), key.1);
    assert!(app.usher.access.authenticate.token(&id, secret.reveal()).await.is_err());
    let mut anybody = Browser::new(&app);
    let wrong = anybody.sign_in("ada@example.org", PASSWORD, "/me").await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert_eq!(location(&anybody.sign_in("ada@example.org", mine, "/me").await), "/me");
    let trail = app.usher.tenants.audit.run(&app.system(), None, 50).await.unwrap();
    assert!(trail.iter().any(|it| it.action == Action::AccountRecovered));
}

async fn the_mailed_link_takes_the_account_back_from_whoever_accepted_by_the_other_one(
    app: TestApp,
) {
    let (invitation, token) = handed_over(&app).await;
    let mailed = mailed_token(&invitation);
    let mut eve = Browser::new(&app);
    assert_eq!(location(&eve.accept(&token, "Eve", PASSWORD).await), "/me");
    let before = ada(&app).await;
    app.clock.advance(TimeDelta::hours(1));
    let more =
        User { authority: Some(Authority::OrgAdmin), ..before.clone().touched(app.usher.now()) };
    app.put(Changes { users: vec![more], ..Changes::default() }).await;
    // The other link is closed, and so is this one to whoever is signed in as somebody else.
    assert_says(&eve.get(&path(&token)).await, StatusCode::GONE, &["accepted"]);

    let mut owner = Browser::new(&app);
    let page = owner.get(&path(&mailed)).await;
    let texts = ["nobody has shown yet that it is theirs", "<bdi>The o1 team</bdi>"];
    assert_says(&page, StatusCode::OK, &texts);
    assert!(!page.body.contains(r#"value="decline""#), "{}", page.body);
    let declined = owner.reply(&mailed, "decline", &[]).await;
    assert_says(&declined, StatusCode::GONE, &["accepted"]);
    let mine = "nine otters sing here";
    assert_eq!(location(&owner.accept(&mailed, "Ada", mine).await), "/me");
    let me = owner.get("/me").await;
    assert_says(&me, StatusCode::OK, &["Ada", "The o1 team"]);
    assert!(!me.body.contains("Administrator"), "{}", me.body);
    assert_eq!(location(&eve.get("/me").await), "/signin?next=/me");
    let after = ada(&app).await;
    assert_eq!((after.id.clone(), after.authority), (before.id, None));
    assert_eq!(after.mailbox_proven_at, Some(app.usher.now()));
    assert_eq!(app.row(&invitation).await.version, 2, "it stays as it was accepted");
    let trail = app.usher.tenants.audit.run(&app.system(), None, 50).await.unwrap();
    let count = |it| trail.iter().filter(|entry| entry.action == it).count();
    assert_eq!((count(Action::Accepted), count(Action::AccountRecovered)), (1, 1));
    // Once is enough.
    let again = Browser::new(&app).get(&path(&mailed)).await;
    assert_says(&again, StatusCode::GONE, &["accepted"]);
}

async fn a_letter_proves_the_address_that_it_went_to_and_none_that_reads_like_it(app: TestApp) {
    app.put(Changes { organizations: vec![organization("far")], ..Changes::default() }).await;
    for (n, (theirs, mine, status)) in [
        ("weiss@example.org", "weiß@example.org", UserStatus::Unregistered),
        ("sx@example.org", "\u{17f}x@example.org", UserStatus::Active),
        ("jürgen@example.org", "JÜRGEN@example.org", UserStatus::Unregistered),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("u{n}");
        let user = User { mailbox: Some(mailbox(theirs)), status, ..active(&name) };
        let held = membership(&name, "far");
        app.put(Changes { users: vec![user], memberships: vec![held], ..Changes::default() }).await;
        let find = async || {
            let who = [UserRef::Id(UserId::parse(&name).unwrap())];
            app.store.find_many(app.tenant, &who).await.unwrap().remove(0)
        };
        let before = find().await;
        let who = Invitee::Mailbox { mailbox: mailbox(mine), name: None };
        let (invitation, token) = app.invited(|it| it.who = who).await;
        assert_eq!((invitation.mailbox.typed(), &invitation.user), (mine, &None));
        let mut browser = Browser::new(&app);
        assert_eq!(location(&browser.accept(&token, "Eve", PASSWORD).await), "/me");
        assert!(!browser.get("/me").await.body.contains("The far team"), "{mine}");
        assert_eq!(find().await, before, "{theirs}");
    }
}

async fn a_link_that_ended_while_the_invitation_waits_says_so(app: TestApp) {
    let keys = &app.usher.access.credentials;
    let (key, secret) = keys.issue(&app.system(), NewKey::of(Authority::OrgAdmin)).await.unwrap();
    let authenticate = &app.usher.access.authenticate;
    let caller = authenticate.client(&key.client_id().to_string(), secret.reveal()).await.unwrap();
    let (invitation, _) = app.invited(|_| ()).await;
    let invitations = std::slice::from_ref(&invitation);
    let shown = app.usher.invitations.hand_over.run(&caller, invitations).await.unwrap();
    let token = shown[0].clone().unwrap().token;
    let mut browser = Browser::new(&app);
    assert_eq!(browser.get(&path(&token)).await.status, StatusCode::OK);
    keys.revoke(&app.system(), key.id).await.unwrap();
    let page = browser.get(&path(&token)).await;
    let texts = ["This link is not good any more", "The invitation may still be open"];
    assert_says(&page, StatusCode::GONE, &texts);
    assert!(!page.body.contains("was taken back"), "{}", page.body);
    assert_eq!(app.row(&invitation).await.status, usher_domain::Status::Pending);
}

async fn what_was_accepted_or_proven_is_not_taken_back(app: TestApp) {
    let (invitation, token) = handed_over(&app).await;
    let mailed = mailed_token(&invitation);
    let mut owner = Browser::new(&app);
    assert_eq!(location(&owner.accept(&token, "Ada", PASSWORD).await), "/me");
    // The owner, signed in, proves by the mailed link that the account is theirs, and keeps all.
    let page = owner.get(&path(&mailed)).await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(location(&owner.reply(&mailed, "accept", &[]).await), "/me");
    assert!(ada(&app).await.mailbox_proven_at.is_some());
    assert_says(&owner.get("/me").await, StatusCode::OK, &["The o1 team"]);
    for mut anybody in [Browser::new(&app), owner] {
        let closed = anybody.get(&path(&mailed)).await;
        assert_says(&closed, StatusCode::GONE, &["accepted"]);
    }
    // One that has expired takes nothing back.
    let (other, _) = app
        .invited(|it| {
            it.who = Invitee::Mailbox { mailbox: mailbox("bob@example.org"), name: None };
        })
        .await;
    let mut eve = Browser::new(&app);
    assert_eq!(location(&eve.accept(&handed_over_token(&other), "Eve", PASSWORD).await), "/me");
    app.clock.advance(TimeDelta::days(60));
    let late = Browser::new(&app).get(&path(&mailed_token(&other))).await;
    assert_says(&late, StatusCode::GONE, &["accepted"]);
}

fn to_ada() -> Invitee {
    Invitee::User(UserRef::Id(UserId::parse("ada").unwrap()))
}

async fn whoever_was_handed_a_link_declines_alike_and_not_in_the_name_of_the_invitee(app: TestApp) {
    ada_is_in(&app, |it| it).await;
    let of_ada = app.invited_to_o1(|it| it.who = to_ada()).await;
    let of_zoe = invited_as(&app, "zoe").await;
    for (invitation, _) in [&of_ada, &of_zoe] {
        let declined =
            Browser::new(&app).reply(&handed_over_token(invitation), "decline", &[]).await;
        assert_says(&declined, StatusCode::OK, &["You declined"]);
        assert_eq!(app.row(invitation).await.status, usher_domain::Status::Declined);
    }
    let in_name_of = async |actor: Actor| {
        let trail = app.usher.tenants.audit.run(&app.system(), None, 50).await.unwrap();
        let of_actor = trail.iter().filter(|it| it.action == Action::Declined && it.actor == actor);
        of_actor.count()
    };
    let ada = Actor::User(UserId::parse("ada").unwrap());
    assert_eq!((in_name_of(Actor::System).await, in_name_of(ada.clone()).await), (2, 0));
    // The mailed link is the invitee's.
    let into_o1 = |it: &mut Invite| {
        (it.who, it.organization) = (to_ada(), Some(organization("o1").id));
    };
    let again = app.invited(into_o1).await;
    let declined = Browser::new(&app).reply(&again.1, "decline", &[]).await;
    assert_says(&declined, StatusCode::OK, &["You declined"]);
    assert_eq!(in_name_of(ada).await, 1);
}

async fn a_link_to_an_address_that_was_corrected_opens_nothing(app: TestApp) {
    ada_is_in(&app, |it| User { status: UserStatus::Unregistered, password: None, ..it }).await;
    let (invitation, _) = app
        .invited_to_o1(|it| it.who = Invitee::User(UserRef::Id(UserId::parse("ada").unwrap())))
        .await;
    let corrected = User {
        mailbox: Some(mailbox("ada@right.example")),
        ..ada(&app).await.touched(app.usher.now())
    };
    app.put(Changes { users: vec![corrected], ..Changes::default() }).await;
    let mut browser = Browser::new(&app);
    for token in [mailed_token(&invitation), handed_over_token(&invitation)] {
        let page = browser.get(&path(&token)).await;
        let texts = ["was sent to another address", "Ask The night team for a new invitation"];
        assert_says(&page, StatusCode::GONE, &texts);
        for answer in ["accept", "decline"] {
            let fields = [("invitation", &*token), ("answer", answer), ("name", "Eve")];
            let answer = browser.post("/accept", &fields).await;
            assert_says(&answer, StatusCode::GONE, &texts);
        }
    }
    assert_eq!(app.row(&invitation).await.version, 1);
}

async fn invited_as(app: &TestApp, name: &str) -> (Invitation, String) {
    let mailbox = mailbox(&format!("{name}@example.org"));
    app.invited(|it| it.who = Invitee::Mailbox { mailbox, name: None }).await
}

/// People with and without an account, by names that are equally long. Nobody is `zoe`.
async fn everybody(app: &TestApp) -> Vec<(&'static str, String)> {
    let mut tokens = Vec::new();
    for name in ["zoe", "ada", "bea", "cyd", "dan", "eli"] {
        tokens.push((name, handed_over_token(&invited_as(app, name).await.0)));
    }
    let users = vec![
        User { password: Some(format!("$argon2id$plain${PASSWORD}")), ..active("ada") },
        User { password: None, ..active("bea") },
        User { status: UserStatus::Disabled, ..active("cyd") },
        User { status: UserStatus::Pending, authority: Some(Authority::Helpdesk), ..active("dan") },
        User { mailbox_proven_at: None, ..active("eli") },
        active("pam"),
    ];
    app.put(Changes { users, ..Changes::default() }).await;
    tokens
}

/// The whole answer without what tells one invitation from another.
fn whole(answer: &Answer, name: &str, token: &str) -> String {
    let mut headers = answer.headers.clone();
    headers.remove("x-request-id");
    let text = format!("{} {headers:?} {}", answer.status, answer.body);
    let text = text.replace(token, "TOKEN").replace(&format!("{name}@example.org"), "MAILBOX");
    if answer.body.contains(r#"name="nonce""#) {
        text.replace(&nonce(answer), "NONCE")
    } else {
        text
    }
}

async fn a_handed_over_link_does_not_tell_who_has_an_account(app: TestApp) {
    let all = everybody(&app).await;
    let mut seen = Vec::new();
    for (name, token) in &all {
        let mut nobody = Browser::new(&app);
        let mut other = Browser::new(&app);
        other.sign_in("pam", PASSWORD, "/me").await;
        let mut answers = Vec::new();
        let page = nobody.get(&path(token)).await;
        assert_says(&page, StatusCode::OK, &["I have an account here already"]);
        let fresh = nonce(&page);
        answers.push(page);
        answers.push(nobody.ask(Method::HEAD, &path(token), None).await);
        for fields in [
            [("answer", "accept"), ("name", ""), ("password", "")],
            [("answer", "accept"), ("name", ""), ("password", PASSWORD)],
            [("answer", "accept"), ("name", "see www.evil.example"), ("password", PASSWORD)],
            [("answer", "accept"), ("name", "Eve"), ("password", "")],
            [("answer", "accept"), ("name", "Eve"), ("password", "brief")],
            [("answer", "accept"), ("name", "Eve"), ("password", "passwordpassword")],
            [("answer", "maybe"), ("name", "Eve"), ("password", PASSWORD)],
        ] {
            for nonce in ["", &fresh] {
                let form = [&[("invitation", token.as_str()), ("nonce", nonce)][..], &fields];
                answers.push(nobody.post("/accept", &form.concat()).await);
                answers.push(other.post("/accept", &form.concat()).await);
            }
        }
        answers.push(other.get(&path(token)).await);
        let form = [("invitation", token.as_str()), ("nonce", &fresh), ("answer", "accept")];
        answers.push(other.post("/accept", &form).await);
        let form = [("invitation", token.as_str()), ("nonce", &fresh), ("answer", "decline")];
        answers.push(nobody.post("/accept", &form[..1]).await);
        answers.push(nobody.post("/accept", &form).await);
        answers.push(nobody.get(&path(token)).await);
        seen.push(answers.iter().map(|it| whole(it, name, token)).collect::<Vec<_>>());
    }
    for ((name, _), answers) in all.iter().zip(&seen) {
        assert_eq!(answers, &seen[0], "{name}");
    }
}

async fn what_a_handed_over_link_does_not_open_it_refuses_alike(app: TestApp) {
    let all = everybody(&app).await;
    let mut seen = Vec::new();
    for (name, token) in &all[1..] {
        let mut browser = Browser::new(&app);
        let answer = browser.accept(token, "Eve", PASSWORD).await;
        let back = format!("/signin?tenant=default&#38;next=%2Faccept%3Finvitation%3D{token}");
        let texts = ["does not open your account", "Sign in to accept, or ask", &back];
        assert_says(&answer, StatusCode::CONFLICT, &texts);
        seen.push(whole(&answer, name, token));
    }
    assert!(seen.iter().all(|it| *it == seen[0]), "{seen:#?}");
    let (_, newcomers) = &all[0];
    assert_eq!(location(&Browser::new(&app).accept(newcomers, "Zoe", PASSWORD).await), "/me");
}

async fn whoever_is_signed_in_accepts_by_either_link_and_proves_the_mailbox_by_the_mailed_one(
    app: TestApp,
) {
    ada_is_in(&app, |it| User { mailbox_proven_at: None, ..it }).await;
    let mut browser = Browser::new(&app);
    browser.sign_in("ada", PASSWORD, "/me").await;
    let (_, token) = handed_over(&app).await;
    assert_eq!(location(&browser.reply(&token, "accept", &[]).await), "/me");
    assert_eq!(ada(&app).await.mailbox_proven_at, None);
    app.put(Changes { organizations: vec![organization("o2")], ..Changes::default() }).await;
    let (_, mailed) = app.invited(|it| it.organization = Some(organization("o2").id)).await;
    assert_eq!(location(&browser.reply(&mailed, "accept", &[]).await), "/me");
    assert_eq!(ada(&app).await.mailbox_proven_at, Some(app.usher.now()));
    assert_says(&browser.get("/me").await, StatusCode::OK, &["The o1 team", "The o2 team"]);
}
