//! Who is shown the link to an invitation, what it ends with, and in whose name it is made, on both
//! stores.

use usher_application::{
    AcceptError, Acceptor, DeclineError, InvitationDraft, UserAgent,
    testing::{mailbox, mailed_token, membership, organization, role},
};
use usher_domain::{
    Closed, CredentialId, Invitation, Invite, Invitee, Membership, OrganizationId, Pin, Role,
    Session, SessionId,
};

use super::*;
use crate::testing::on_both_stores;

on_both_stores!(
    the_link_is_shown_to_those_who_could_make_the_invitation_now,
    a_lesser_key_of_whoever_made_it_is_not_shown_what_it_could_not_give,
    a_link_that_opens_nothing_is_not_shown,
    a_link_that_was_handed_over_ends_with_what_its_holder_called_with,
    a_link_that_a_pin_showed_ends_with_the_pin_and_with_the_membership,
    what_a_higher_caller_adds_to_an_invitation_does_not_end_it,
    an_invitation_gives_no_more_than_whoever_chose_its_roles_may_give,
    a_link_gives_no_more_than_whoever_was_shown_it_could_give,
    an_inviter_invites_in_their_own_name_alone,
);

/// A key of this authority, and the caller that it makes.
async fn key(app: &TestApp, authority: Authority, user: Option<&str>) -> (CredentialId, Caller) {
    let keys = &app.usher.access.credentials;
    let made = keys
        .issue(&app.system(), NewKey { user: user.map(user_id), ..NewKey::of(authority) })
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

/// An invitation to the tenant with this role.
fn with_role(name: &str, role: &str) -> Invite {
    Invite { roles: vec![role.to_owned()], defined_roles: true, ..invite(name, None) }
}

async fn invited(app: &TestApp, by: &Caller, all: &[Invite]) -> Vec<Invitation> {
    let made = app.usher.invitations.invite.run(by, all).await.unwrap();
    made.into_iter().map(Result::unwrap).collect()
}

/// Defines the roles `cook`, which inviters give, `waiter`, which the helpdesk gives, and `lead`, which
/// administrators give.
async fn define_roles(app: &TestApp) {
    let of = |name, given_by| Role { given_by, ..role(name) };
    let roles = vec![
        of("cook", Authority::Inviter),
        of("waiter", Authority::Helpdesk),
        of("lead", Authority::OrgAdmin),
    ];
    app.store.commit(&Changes { roles, ..Changes::default() }).await.unwrap();
}

fn has_link(it: &Value) -> bool {
    let (token, uri) = (it["invitationToken"].as_str(), it["invitationUri"].as_str());
    assert_eq!(token.unwrap().is_empty(), uri.unwrap().is_empty(), "{it}");
    !token.unwrap().is_empty()
}

async fn the_link_is_shown_to_those_who_could_make_the_invitation_now(app: TestApp) {
    define_roles(&app).await;
    let boss = Client::boss(&app).await;
    let helpdesk = Client::machine(&app, Authority::Helpdesk).await;
    for (name, is_shown) in [("cook", true), ("waiter", true), ("lead", false)] {
        let body = json!({
            "invitedEmail": format!("{name}@example.org"), "inviter": "Ann", "roles": [name],
        });
        let made = boss.post(INVITATIONS, body).await.good();
        assert!(has_link(&made), "whoever makes it is shown it: {name}");
        assert_eq!(boss.get(&path(&made)).await.good(), made, "and sees the same again: {name}");
        assert_eq!(has_link(&helpdesk.get(&path(&made)).await.good()), is_shown, "{name}");
        let list = helpdesk.get(INVITATIONS).await.good();
        assert_eq!(has_link(&list["userInvitations"][0]), is_shown, "{name}");
        let resent = helpdesk.post(&format!("{}:resend", path(&made)), json!({})).await;
        if is_shown {
            assert!(has_link(&resent.good()), "{name}");
        } else {
            assert_eq!(resent.bad(), (403, 7, "PERMISSION_DENIED"), "{name}");
        }
    }
}

async fn a_lesser_key_of_whoever_made_it_is_not_shown_what_it_could_not_give(app: TestApp) {
    define_roles(&app).await;
    add_users(&app, vec![active("ann")]).await;
    let keyed = async |authority| {
        Client::keyed(&app, &app.system(), authority, Some(user_id("ann")), None).await
    };
    let (full, lesser) = (keyed(Authority::OrgAdmin).await, keyed(Authority::Inviter).await);
    let body = json!({"invitedEmail": "eve@example.org", "roles": ["lead"]});
    let made = full.post(INVITATIONS, body).await.good();
    let seen = lesser.get(&path(&made)).await.good();
    assert_eq!((has_link(&made), has_link(&seen)), (true, false));
    let resent = lesser.post(&format!("{}:resend", path(&made)), json!({})).await;
    assert_eq!(resent.bad(), (403, 7, "PERMISSION_DENIED"));
    assert!(!has_link(&lesser.get(INVITATIONS).await.good()["userInvitations"][0]));
}

async fn a_link_that_opens_nothing_is_not_shown(app: TestApp) {
    let boss = Client::boss(&app).await;
    let expired = boss.invite("ada@example.org").await;
    app.clock.advance(days(2));
    assert!(!has_link(&boss.get(&path(&expired)).await.good()));
    let again = boss.post(&format!("{}:resend", path(&expired)), json!({})).await.good();
    assert!(has_link(&again));
}

async fn an_inviter_invites_in_their_own_name_alone(app: TestApp) {
    let ceo = User { display_name: Some("The Chief".to_owned()), ..active("ceo") };
    add_users(&app, vec![ceo, active("ann")]).await;
    let system = app.system();
    let person = Client::keyed(&app, &system, Authority::Inviter, Some(user_id("ann")), None).await;
    let program = Client::machine(&app, Authority::Inviter).await;
    let of = |who: &str, whom: &str| json!({"invitedEmail": format!("{whom}@example.org"), "inviter": format!("users/{who}")});
    for it in [&person, &program] {
        let answer = it.post(INVITATIONS, of("ceo", "zoe")).await;
        assert_eq!(answer.fields(), ["inviter"]);
        assert!(!answer.body.to_string().contains("Chief"), "{}", answer.body);
    }
    assert_eq!(person.post(INVITATIONS, of("ann", "ada")).await.good()["inviter"], "users/ann");
    let helpdesk = Client::machine(&app, Authority::Helpdesk).await;
    assert_eq!(helpdesk.post(INVITATIONS, of("ceo", "bob")).await.good()["inviter"], "users/ceo");
}

async fn a_link_that_was_handed_over_ends_with_what_its_holder_called_with(app: TestApp) {
    add_users(&app, vec![active("bob")]).await;
    let (first, program) = key(&app, Authority::OrgAdmin, None).await;
    let (second, of_bob) = key(&app, Authority::OrgAdmin, Some("bob")).await;
    let (_, bob_too) = key(&app, Authority::OrgAdmin, Some("bob")).await;
    let quiet = Invite { quiet: true, ..invite("quiet", None) };
    let made = invited(&app, &of_bob, &[invite("ada", None), quiet]).await;
    let shown = async |by: &Caller| {
        let links = app.usher.invitations.hand_over.run(by, &made).await.unwrap();
        links.into_iter().map(|it| it.unwrap().token).collect::<Vec<_>>()
    };
    let (of_bob, of_program) = (shown(&of_bob).await, shown(&program).await);
    let (bob_too, operator) = (shown(&bob_too).await, shown(&app.system()).await);
    let is_open = async |tokens: &[String]| {
        let mut all = Vec::new();
        for it in tokens {
            all.push(app.usher.invitations.look_up.run(it).await.unwrap().open.is_ok());
        }
        all
    };
    app.clock.advance(TimeDelta::seconds(1));
    app.usher.access.credentials.revoke(&app.system(), second).await.unwrap();
    assert_eq!(is_open(&of_bob).await, [false, false], "the plain revocation ends them");
    for open in [&of_program, &bob_too, &operator] {
        assert_eq!(is_open(open).await, [true, true], "those of others go on");
    }
    app.usher.access.credentials.revoke(&app.system(), first).await.unwrap();
    assert_eq!(is_open(&of_program).await, [false, false], "and so with the key that read them");
    app.usher.users.reset.run(&app.system(), &user_id("bob")).await.unwrap();
    assert_eq!(is_open(&bob_too).await, [false, false]);
    let invitations = &app.usher.invitations;
    let newcomer =
        || Acceptor::Newcomer { name: "Zoe", password: None, agent: UserAgent::default() };
    for it in of_bob.iter().chain(&of_program).chain(&bob_too) {
        let error = invitations.accept.run(it, newcomer()).await.unwrap_err();
        assert!(matches!(error, AcceptError::Closed(Closed::Void)), "{error}");
        let error = invitations.decline.run(it, None).await.unwrap_err();
        assert!(matches!(error, DeclineError::Closed(Closed::Void)), "{error}");
    }
    // What was mailed went to whom it is for.
    invitations.accept.run(&mailed_token(&made[0]), newcomer()).await.unwrap();
}

async fn a_link_that_a_pin_showed_ends_with_the_pin_and_with_the_membership(app: TestApp) {
    let acme = organization("acme").id;
    let organizations = vec![organization("acme")];
    app.store.commit(&Changes { organizations, ..Changes::default() }).await.unwrap();
    for ends_with_pin in [true, false] {
        let name = if ends_with_pin { "pia" } else { "lea" };
        let pin = Some(Pin { digest: vec![u8::from(ends_with_pin)], seed: None });
        let ann = Membership { pin, ..membership(name, acme.as_str()) };
        let person = User { authority: Some(Authority::Inviter), ..active(name) };
        let id = SessionId(uuid::Uuid::from_u128(if ends_with_pin { 0x51 } else { 0x52 }));
        let life = TimeDelta::hours(12);
        let session = Session::open(id, app.tenant, user_id(name), app.usher.now(), life);
        let session = session.bound(acme.clone());
        let changes = Changes {
            users: vec![person],
            memberships: vec![ann.clone()],
            sessions: vec![session.clone()],
            ..Changes::default()
        };
        app.store.commit(&changes).await.unwrap();
        let token = app.usher.access.authenticate.session_token(&session);
        let by = app.usher.access.authenticate.bearer(&token.text).await.unwrap();
        let made = invited(&app, &by, &[invite(&format!("of.{name}"), Some(&acme))]).await;
        let shown = app.usher.invitations.hand_over.run(&by, &made).await.unwrap();
        let link = shown[0].clone().unwrap().token;
        let open = async || app.usher.invitations.look_up.run(&link).await.unwrap().open;
        app.clock.advance(TimeDelta::days(1));
        assert_eq!(open().await, Ok(()), "not with the end of the session");
        let changes = if ends_with_pin {
            let pinless = Membership { pin: None, ..ann.touched() };
            Changes { memberships: vec![pinless], ..Changes::default() }
        } else {
            Changes { removed: vec![ann], ..Changes::default() }
        };
        app.store.commit(&changes).await.unwrap();
        assert_eq!(open().await, Err(Closed::Void));
    }
}

async fn what_a_higher_caller_adds_to_an_invitation_does_not_end_it(app: TestApp) {
    define_roles(&app).await;
    let (low, inviter) = key(&app, Authority::Inviter, None).await;
    let (high, admin) = key(&app, Authority::OrgAdmin, None).await;
    let all = ["a", "b", "c"].map(|it| with_role(it, "cook"));
    let made = invited(&app, &inviter, &all).await;
    let draft = InvitationDraft {
        roles: Some(vec!["cook".to_owned(), "lead".to_owned()]),
        ..InvitationDraft::default()
    };
    let use_cases = &app.usher.invitations;
    for it in &made {
        use_cases.change.run(&admin, it.id, draft.clone()).await.unwrap();
        // Whoever made it could not give this, and is not shown the link.
        let found = use_cases.find.run(&inviter, it.id).await.unwrap();
        let link = use_cases.hand_over.run(&inviter, &[found]).await.unwrap().remove(0);
        assert_eq!(link, None);
    }
    let accept = async |it: &Invitation| {
        let newcomer =
            Acceptor::Newcomer { name: "Zoe", password: None, agent: UserAgent::default() };
        use_cases.accept.run(&mailed_token(it), newcomer).await
    };
    assert_eq!(accept(&made[0]).await.unwrap().user.roles, ["cook", "lead"]);
    // Revoked keys leave it to the policy, which is to keep; who is there must be able to give.
    app.usher.access.credentials.revoke(&app.system(), low).await.unwrap();
    assert!(accept(&made[1]).await.is_ok());
    app.usher.access.credentials.revoke(&app.system(), high).await.unwrap();
    assert!(accept(&made[2]).await.is_ok());
}

async fn a_link_gives_no_more_than_whoever_was_shown_it_could_give(app: TestApp) {
    define_roles(&app).await;
    let (_, inviter) = key(&app, Authority::Inviter, None).await;
    let (_, admin) = key(&app, Authority::OrgAdmin, None).await;
    let made = invited(&app, &inviter, &[invite("a", None)]).await;
    let use_cases = &app.usher.invitations;
    let shown = async |by: &Caller| {
        use_cases.hand_over.run(by, &made).await.unwrap().remove(0).unwrap().token
    };
    let (of_inviter, of_admin) = (shown(&inviter).await, shown(&admin).await);
    let draft = |roles: &[&str]| InvitationDraft {
        roles: Some(roles.iter().map(|it| (*it).to_owned()).collect()),
        ..InvitationDraft::default()
    };
    let open = async |token: &str| use_cases.look_up.run(token).await.unwrap().open;
    use_cases.change.run(&admin, made[0].id, draft(&["cook"])).await.unwrap();
    assert_eq!(open(&of_inviter).await, Ok(()), "an inviter may give this one");
    use_cases.change.run(&admin, made[0].id, draft(&["cook", "lead"])).await.unwrap();
    let by = Acceptor::Newcomer { name: "Zoe", password: None, agent: UserAgent::default() };
    let error = use_cases.accept.run(&of_inviter, by.clone()).await.unwrap_err();
    assert!(matches!(error, AcceptError::Closed(Closed::Void)), "{error}");
    assert_eq!(open(&of_admin).await, Ok(()));
    use_cases.accept.run(&of_admin, by).await.unwrap();
}

async fn an_invitation_gives_no_more_than_whoever_chose_its_roles_may_give(app: TestApp) {
    define_roles(&app).await;
    let made = invited(&app, &app.system(), &[invite("a", None)]).await.remove(0);
    let (_, helpdesk) = key(&app, Authority::Helpdesk, None).await;
    let roles = Some(vec!["waiter".to_owned()]);
    let draft = InvitationDraft { roles, ..InvitationDraft::default() };
    app.usher.invitations.change.run(&helpdesk, made.id, draft).await.unwrap();
    let waiter = Role { given_by: Authority::OrgAdmin, ..role("waiter") };
    let roles = vec![waiter.touched(app.usher.now())];
    app.store.commit(&Changes { roles, ..Changes::default() }).await.unwrap();
    let newcomer = Acceptor::Newcomer { name: "Zoe", password: None, agent: UserAgent::default() };
    let error = app.usher.invitations.accept.run(&mailed_token(&made), newcomer).await.unwrap_err();
    assert!(matches!(error, AcceptError::Closed(Closed::Revoked)), "{error}");
}
