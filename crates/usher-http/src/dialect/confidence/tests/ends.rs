//! What a key, a membership or a person opened is over when they are, and does not come back.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use usher_application::{
    Acceptor, Invitations as _, NewKey, TakeBackOrder, UserAgent, UserRecord,
    testing::{TENANT, mailbox, membership, organization},
};
use usher_domain::{
    Completion, CredentialId, Invite, Invitee, Row, Session, SessionId, State, Task, UserRef,
    UserStatus,
};

use super::*;
use crate::testing::on_both_stores;

on_both_stores!(
    a_page_token_shows_nobody_whom_the_list_does_not_show,
    a_persons_bound_key_ends_with_their_membership,
    a_bound_key_is_made_for_members_alone,
    who_was_disabled_or_got_another_password_is_signed_out_for_good,
    a_key_that_was_stolen_is_revoked_with_the_tasks_and_invitations_that_it_made,
    a_persons_key_is_revoked_with_what_they_made_since_there,
    a_task_invites_nobody_after_its_submitter_has_lost_their_authority,
    a_task_ends_with_the_key_that_submitted_it_whatever_else_its_person_may_use,
    a_key_ends_at_its_time_with_its_tokens_and_says_so,
);

/// The organization acme, with ann in it.
async fn acme(app: &TestApp) -> OrganizationId {
    let changes = Changes { organizations: vec![organization("acme")], ..Changes::default() };
    app.store.commit(&changes).await.unwrap();
    add_users(app, vec![active("ann")]).await;
    join(app, "ann").await;
    organization("acme").id
}

async fn join(app: &TestApp, name: &str) {
    let joined_at = app.usher.now();
    let new = usher_domain::Membership { joined_at, ..membership(name, "acme") };
    app.store.commit(&Changes { memberships: vec![new], ..Changes::default() }).await.unwrap();
}

async fn leave(app: &TestApp, name: &str) {
    let who = [Some(UserRef::Id(user_id(name)))];
    let left = app.usher.members.remove.run(&app.system(), &organization("acme").id, &who).await;
    left.unwrap().remove(0).unwrap();
}

/// A key, and the caller that it makes.
async fn key(
    app: &TestApp,
    user: Option<&str>,
    organization: Option<&OrganizationId>,
) -> (CredentialId, Caller) {
    let (user, organization) = (user.map(user_id), organization.cloned());
    let keys = &app.usher.access.credentials;
    let made = keys
        .issue(&app.system(), NewKey { user, organization, ..NewKey::of(Authority::OrgAdmin) })
        .await;
    let (credential, secret) = made.unwrap();
    let id = credential.client_id().to_string();
    let caller = app.usher.access.authenticate.client(&id, secret.reveal()).await;
    (credential.id, caller.unwrap())
}

fn invite(name: &str, to: Option<&OrganizationId>) -> Invite {
    let who = Invitee::Mailbox { mailbox: mailbox(&format!("{name}@example.org")), name: None };
    Invite { organization: to.cloned(), ..Invite::new(who) }
}

async fn a_page_token_shows_nobody_whom_the_list_does_not_show(app: TestApp) {
    let acme = acme(&app).await;
    let strangers = ["ceo@globex.example", "zoe"]
        .map(|it| User { id: UserId::parse(it).unwrap(), ..active(it.split('@').next().unwrap()) });
    add_users(&app, strangers.into()).await;
    let reader = Client::keyed(&app, &app.system(), Authority::Reader, None, Some(acme)).await;
    let page = reader.get("/v1/users?pageSize=2").await.good();
    assert_eq!(page["users"].as_array().unwrap().len(), 1, "the stranger is not shown");
    let token = page["nextPageToken"].as_str().unwrap();
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).unwrap();
    assert!(!String::from_utf8_lossy(&bytes).contains("globex"), "and not in the token either");
    let rest = reader.get(&format!("/v1/users?pageSize=2&pageToken={token}")).await.good();
    assert_eq!(rest["users"].as_array().map_or(0, Vec::len), 0);
}

async fn a_persons_bound_key_ends_with_their_membership(app: TestApp) {
    let acme = acme(&app).await;
    let keyed = async || {
        let (system, to) = (app.system(), Some(acme.clone()));
        Client::keyed(&app, &system, Authority::Inviter, Some(user_id("ann")), to).await
    };
    let ann = keyed().await;
    ann.invite("ada@example.org").await;
    leave(&app, "ann").await;
    assert_eq!(ann.get(INVITATIONS).await.status, 401);
    app.clock.advance(TimeDelta::seconds(1));
    join(&app, "ann").await;
    assert_eq!(ann.get(INVITATIONS).await.status, 401, "it does not come back with them");
    keyed().await.invite("bob@example.org").await;
}

async fn a_bound_key_is_made_for_members_alone(app: TestApp) {
    let acme = acme(&app).await;
    let at_home = User { home: Some(acme.clone()), ..active("hal") };
    add_users(&app, vec![active("bob"), at_home]).await;
    let keys = &app.usher.access.credentials;
    for (name, is_member) in [("ann", true), ("hal", true), ("bob", false)] {
        let (system, user) = (app.system(), Some(user_id(name)));
        let made = keys
            .issue(
                &system,
                NewKey { user, organization: Some(acme.clone()), ..NewKey::of(Authority::Inviter) },
            )
            .await;
        assert_eq!(made.is_ok(), is_member, "{name}");
    }
}

async fn who_was_disabled_or_got_another_password_is_signed_out_for_good(app: TestApp) {
    let import = async |status: Option<UserStatus>, password: Option<&str>| {
        app.clock.advance(TimeDelta::seconds(1));
        let password = password.map(|it| format!("$2b$12${}", it.repeat(53)));
        let record = UserRecord { status, password, ..ann() };
        let done =
            app.usher.transfer.import_users.run(&app.system(), &[record], false).await.unwrap();
        assert_eq!((done.written, done.bad.len()), (1, 0));
    };
    let boss = User { authority: Some(Authority::OrgAdmin), ..active("ann") };
    add_users(&app, vec![boss]).await;
    let signed_in = async |n| {
        let id = SessionId(uuid::Uuid::from_u128(n));
        let (user, now) = (user_id("ann"), app.usher.now());
        let session = Session::open(id, TENANT, user.clone(), now, TimeDelta::days(1));
        let changes = Changes { sessions: vec![session.clone()], ..Changes::default() };
        app.store.commit(&changes).await.unwrap();
        let token = Some(app.usher.access.authenticate.session_token(&session).text);
        let key = Client::keyed(&app, &app.system(), Authority::OrgAdmin, Some(user), None).await;
        [Client { app: &app, token }, key]
    };
    let status = async |clients: &[Client<'_>; 2]| {
        [clients[0].get(INVITATIONS).await.status, clients[1].get(INVITATIONS).await.status]
    };
    let first = signed_in(1).await;
    // What changes neither leaves them signed in.
    import(Some(UserStatus::Active), None).await;
    assert_eq!(status(&first).await, [200, 200]);
    import(Some(UserStatus::Disabled), None).await;
    assert_eq!(status(&first).await, [401, 401]);
    import(Some(UserStatus::Active), None).await;
    assert_eq!(status(&first).await, [401, 401]);
    let second = signed_in(2).await;
    assert_eq!(status(&second).await, [200, 200]);
    import(None, Some("a")).await;
    assert_eq!(status(&second).await, [401, 401]);
    let third = signed_in(3).await;
    import(None, Some("a")).await;
    assert_eq!(status(&third).await, [200, 200], "it is the same password");
}

fn ann() -> UserRecord {
    UserRecord {
        mailbox_proven_at: None,
        id: user_id("ann"),
        username: None,
        mailbox: None,
        personal_mailbox: None,
        phone: None,
        first_name: None,
        last_name: None,
        display_name: None,
        locale: None,
        status: None,
        password: None,
        home: None,
        invitation_profile: None,
        profile: None,
        attributes: None,
        memberships: Vec::new(),
    }
}

async fn states(app: &TestApp, all: &[usher_domain::Invitation]) -> Vec<State> {
    let mut states = Vec::new();
    for it in all {
        let found = app.store.find(TENANT, it.id).await.unwrap().unwrap();
        states.push(found.state(app.usher.now()));
    }
    states
}

async fn invited(app: &TestApp, by: &Caller, all: &[Invite]) -> Vec<usher_domain::Invitation> {
    let outcomes = app.usher.invitations.invite.run(by, all).await.unwrap();
    outcomes.into_iter().map(Result::unwrap).collect()
}

async fn task(app: &TestApp, it: &Task) -> Task {
    usher_application::Tasks::find(&app.store, TENANT, it.id).await.unwrap().unwrap()
}

async fn a_key_that_was_stolen_is_revoked_with_the_tasks_and_invitations_that_it_made(
    app: TestApp,
) {
    let ((stolen, thief), (_, other)) = (key(&app, None, None).await, key(&app, None, None).await);
    let quiet = Invite { quiet: true, ..invite("b", None) };
    let theirs = invited(&app, &thief, &[invite("a", None), quiet, invite("c", None)]).await;
    let others = invited(&app, &other, &[invite("d", None)]).await;
    let rows = vec![Row::invite(1, invite("e", None))];
    let waiting = app.usher.tasks.submit.run(&thief, rows).await.unwrap();
    let (revoke, all) =
        (&app.usher.access.take_back, TakeBackOrder { since: None, rehearsal: false });
    let done = revoke.run(&app.system(), stolen, all).await.unwrap();
    assert!(done.credential.revoked_at.is_some());
    assert_eq!((done.tasks, done.invitations), (1, 3));
    app.run_tasks().await;
    assert_eq!(states(&app, &theirs).await, [State::Revoked; 3]);
    assert_eq!(states(&app, &others).await, [State::Pending]);
    let ended = task(&app, &waiting).await;
    assert_eq!((ended.completion, ended.tally.done()), (Some(Completion::Terminated), 0));
    let again = revoke.run(&app.system(), stolen, all).await.unwrap();
    assert_eq!((again.tasks, again.invitations), (0, 0));
    assert!(
        revoke
            .run(&Caller { authority: Authority::Helpdesk, ..app.system() }, stolen, all)
            .await
            .is_err()
    );
}

async fn a_persons_key_is_revoked_with_what_they_made_since_there(app: TestApp) {
    let acme = acme(&app).await;
    let (_, before) = key(&app, Some("ann"), Some(&acme)).await;
    let kept = invited(&app, &before, &[invite("a", Some(&acme))]).await;
    app.clock.advance(TimeDelta::seconds(1));
    let (stolen, thief) = key(&app, Some("ann"), Some(&acme)).await;
    let (_, elsewhere) = key(&app, Some("ann"), None).await;
    let gone = invited(&app, &thief, &[invite("b", Some(&acme))]).await;
    let abroad = invited(&app, &elsewhere, &[invite("c", None)]).await;
    let all = TakeBackOrder { since: None, rehearsal: false };
    let done = app.usher.access.take_back.run(&app.system(), stolen, all).await.unwrap();
    assert_eq!((done.tasks, done.invitations), (0, 1));
    assert_eq!(states(&app, &gone).await, [State::Revoked]);
    assert_eq!(states(&app, &[kept, abroad].concat()).await, [State::Pending; 2]);
}

async fn a_task_invites_nobody_after_its_submitter_has_lost_their_authority(app: TestApp) {
    let acme = acme(&app).await;
    add_users(&app, vec![active("bob")]).await;
    let submit = async |by: &Caller, name: &str, to: Option<&OrganizationId>| {
        let row = |n: u32| Row::invite(n, invite(&format!("{name}{n}"), to));
        app.usher.tasks.submit.run(by, (1..=501).map(row).collect::<Vec<_>>()).await.unwrap()
    };
    let (revoked, program) = key(&app, None, None).await;
    let (_, bob) = key(&app, Some("bob"), None).await;
    let (_, ann) = key(&app, Some("ann"), Some(&acme)).await;
    let all = [
        submit(&program, "by.program", None).await,
        submit(&bob, "by.bob", None).await,
        submit(&ann, "by.ann", Some(&acme)).await,
    ];
    while app.usher.tasks.run.turn(1).await.unwrap() > 0 {
        let mut ran = Vec::new();
        for it in &all {
            ran.push(task(&app, it).await.next);
        }
        if ran.iter().all(|it| *it == 1) {
            break;
        }
    }
    app.usher.access.credentials.revoke(&app.system(), revoked).await.unwrap();
    app.usher.users.reset.run(&app.system(), &user_id("bob")).await.unwrap();
    leave(&app, "ann").await;
    app.run_tasks().await;
    for it in &all {
        let ended = task(&app, it).await;
        assert_eq!((ended.tally.invited, ended.tally.failed), (500, 1));
        assert_eq!(ended.completion, Some(Completion::Warning));
        let [problem] = &ended.problems[..] else { panic!("one row was not run") };
        assert_eq!((problem.line, &*problem.why.key), (501, "submitter"));
        let text = "not run: whoever submitted the task may not invite there any more";
        assert_eq!(problem.why.text, text);
    }
}

async fn a_task_ends_with_the_key_that_submitted_it_whatever_else_its_person_may_use(app: TestApp) {
    let acme = acme(&app).await;
    let admin = User { authority: Some(Authority::OrgAdmin), ..active("bob") };
    add_users(&app, vec![admin]).await;
    let submit = async |by: &Caller, name: &str, to: Option<&OrganizationId>| {
        let row = |n: u32| Row::invite(n, invite(&format!("{name}{n}"), to));
        app.usher.tasks.submit.run(by, (1..=501).map(row).collect::<Vec<_>>()).await.unwrap()
    };
    let life = Some(TimeDelta::hours(1));
    let new = NewKey { user: Some(user_id("bob")), life, ..NewKey::of(Authority::OrgAdmin) };
    let (credential, secret) =
        app.usher.access.credentials.issue(&app.system(), new).await.unwrap();
    let authenticate = &app.usher.access.authenticate;
    let short =
        authenticate.client(&credential.client_id().to_string(), secret.reveal()).await.unwrap();
    let (revoked, stolen) = key(&app, Some("bob"), None).await;
    let (_, there) = key(&app, Some("ann"), Some(&acme)).await;
    let (_, good) = key(&app, Some("bob"), None).await;
    let all = [
        submit(&stolen, "by.stolen", None).await,
        submit(&short, "by.short", None).await,
        submit(&there, "by.there", Some(&acme)).await,
        submit(&good, "by.good", None).await,
    ];
    loop {
        let mut ran = Vec::new();
        for it in &all {
            ran.push(task(&app, it).await.next);
        }
        if ran.iter().all(|it| *it == 1) {
            break;
        }
        assert_eq!(app.usher.tasks.run.turn(1).await.unwrap(), 1);
    }
    app.usher.access.credentials.revoke(&app.system(), revoked).await.unwrap();
    leave(&app, "ann").await;
    app.clock.advance(TimeDelta::hours(2));
    // A membership from later brings no key back.
    join(&app, "ann").await;
    key(&app, Some("ann"), Some(&acme)).await;
    app.run_tasks().await;
    for (it, expected) in all.iter().zip([(500, 1), (500, 1), (500, 1), (501, 0)]) {
        let ended = task(&app, it).await;
        assert_eq!((ended.tally.invited, ended.tally.failed), expected);
    }
}

async fn a_key_ends_at_its_time_with_its_tokens_and_says_so(app: TestApp) {
    let life = Some(TimeDelta::hours(30));
    let new = NewKey { authority: Authority::OrgAdmin, user: None, organization: None, life };
    let made = app.usher.access.credentials.issue(&app.system(), new).await.unwrap();
    let (id, secret) = (made.0.client_id().to_string(), made.1.reveal().to_owned());
    assert_eq!(made.0.expires_at, Some(app.usher.now() + TimeDelta::hours(30)));
    let authenticate = &app.usher.access.authenticate;
    let caller = authenticate.client(&id, &secret).await.unwrap();
    let made = invited(&app, &caller, &[invite("ada", None)]).await;
    let handed = app.usher.invitations.hand_over.run(&caller, &made).await.unwrap().remove(0);
    let handed = handed.unwrap().token;
    app.clock.advance(TimeDelta::hours(29));
    // The last token is good for the hour that is left, and not for a day.
    let token = authenticate.token(&id, &secret).await.unwrap();
    assert_eq!(token.expires_in, TimeDelta::hours(1));
    let by_token = Client { token: Some(token.text), ..Client::anonymous(&app) };
    let by_key = Client { token: Some(format!("{id}.{secret}")), ..Client::anonymous(&app) };
    let path = "/v1/userInvitations";
    for client in [&by_token, &by_key] {
        assert_eq!(client.ask(Method::GET, path, "").await.status, 200);
    }
    app.clock.advance(TimeDelta::hours(1));
    for (client, reason, text) in [
        (&by_token, "ACCESS_TOKEN_EXPIRED", "expired"),
        (&by_key, "CLIENT_EXPIRED", "The key has expired: use another one."),
    ] {
        let answer = client.ask(Method::GET, path, "").await;
        assert_eq!(answer.status, 401);
        let body = answer.body.to_string();
        assert!(body.contains(reason) && body.contains(text), "{body}");
    }
    let wrong =
        Client { token: Some(format!("{id}.{}", "x".repeat(43))), ..Client::anonymous(&app) };
    let answer = wrong.ask(Method::GET, path, "").await;
    assert!(answer.body.to_string().contains("ACCESS_TOKEN_INVALID"), "only the right key is told");
    // What it handed over is as good as before: nobody took it back.
    let seen = app.usher.invitations.look_up.run(&handed).await.unwrap();
    assert_eq!(seen.open, Ok(()));
    let newcomer = Acceptor::Newcomer { name: "Ada", password: None, agent: UserAgent::default() };
    app.usher.invitations.accept.run(&handed, newcomer).await.unwrap();
}
