//! What a stolen key gave is taken back with it, and what others gave stays.

use std::{future::poll_fn, pin::pin, task::Poll};

use usher_application::{
    Acceptor, InvitationDraft, MemberChange, NewKey, NewMember, Organizations as _, PinGrant,
    Policy, TakeBackOrder, TakenBack, UserAgent, Users,
    testing::{TENANT, mailbox, membership, organization, role},
};
use usher_domain::{
    CredentialId, Gift, Invitation, Invite, Invitee, InviterRef, Membership, OrphanPolicy, Session,
    SessionId, Status, UserRef, UserStatus,
};

use super::*;
use crate::testing::on_both_stores;

on_both_stores!(
    what_a_stolen_key_gave_is_taken_back_and_what_others_gave_stays,
    what_it_gave_before_it_was_stolen_stays,
    what_was_interrupted_is_done_by_running_it_again,
    an_account_that_it_made_administrator_loses_what_it_gave_too,
    an_authority_that_it_gave_goes_and_the_account_stays,
    what_else_it_did_is_told,
    an_invitation_that_was_transferred_is_still_of_whoever_made_it,
    what_the_key_had_a_hand_in_counts_whoever_changes_it_afterwards,
);

const ALL: TakeBackOrder = TakeBackOrder { since: None, rehearsal: false };

async fn key(app: &TestApp, maker: &Caller, user: Option<&str>) -> (CredentialId, Caller) {
    key_to(app, maker, user, None).await
}

async fn key_to(
    app: &TestApp,
    maker: &Caller,
    user: Option<&str>,
    organization: Option<OrganizationId>,
) -> (CredentialId, Caller) {
    let (authority, user) = (Authority::OrgAdmin, user.map(user_id));
    let new = NewKey { authority, user, organization, life: None };
    let (it, secret) = app.usher.access.credentials.issue(maker, new).await.unwrap();
    let caller = app.usher.access.authenticate.client(&it.id.to_string(), secret.reveal()).await;
    (it.id, caller.unwrap())
}

fn acme() -> OrganizationId {
    organization("acme").id
}

/// The organization acme, and active people who belong to nothing.
async fn people(app: &TestApp, names: &[&str]) {
    let users = names.iter().map(|it| active(it)).collect();
    let organizations = vec![organization("acme")];
    app.store.commit(&Changes { organizations, users, ..Changes::default() }).await.unwrap();
}

fn who(name: &str) -> UserRef {
    UserRef::Id(user_id(name))
}

async fn add(app: &TestApp, by: &Caller, name: &str, roles: &[&str]) {
    let roles = roles.iter().map(|it| (*it).to_owned()).collect();
    let new = NewMember { who: Some(who(name)), roles, pin: Some(PinGrant { allowed: false }) };
    let added = app.usher.members.add.run(by, &acme(), &[new]).await.unwrap();
    assert!(added.iter().all(Result::is_ok));
}

async fn change(app: &TestApp, by: &Caller, name: &str, change: MemberChange) {
    let who = who(name);
    app.usher.members.change.run(by, &acme(), Some(&who), &change).await.unwrap();
}

fn roles(roles: &[&str]) -> MemberChange {
    MemberChange::Roles(roles.iter().map(|it| (*it).to_owned()).collect())
}

async fn held(app: &TestApp, name: &str) -> Option<Membership> {
    let seats = [(user_id(name), acme())];
    app.store.seats(TENANT, &seats).await.unwrap().remove(0)
}

/// The roles in acme, and whether there is a pin.
async fn has(app: &TestApp, name: &str) -> Option<(Vec<String>, bool)> {
    held(app, name).await.map(|it| (it.roles, it.pin.is_some()))
}

fn with(roles: &[&str], pin: bool) -> (Vec<String>, bool) {
    (roles.iter().map(|it| (*it).to_owned()).collect(), pin)
}

async fn user(app: &TestApp, id: &UserId) -> User {
    let (all, who): (&dyn Users, _) = (&app.store, [UserRef::Id(id.clone())]);
    all.find_many(TENANT, &who).await.unwrap().remove(0).unwrap()
}

/// Somebody who accepts an invitation by this caller.
async fn accepted(app: &TestApp, by: &Caller, name: &str, how: impl Fn(Invite) -> Invite) -> User {
    accept(app, &invited(app, by, name, how).await).await
}

/// An invitation that nobody has accepted.
async fn pending(app: &TestApp, by: &Caller, name: &str) -> Invitation {
    invited(app, by, name, |it| it).await
}

async fn invited(
    app: &TestApp,
    by: &Caller,
    name: &str,
    how: impl Fn(Invite) -> Invite,
) -> Invitation {
    let who = Invitee::Mailbox { mailbox: mailbox(&format!("{name}@example.org")), name: None };
    let made = app.usher.invitations.invite.run(by, &[how(Invite::new(who))]).await.unwrap();
    made.into_iter().next().unwrap().unwrap()
}

/// Whoever reads the mailbox accepts the invitation as it is now.
async fn accept(app: &TestApp, it: &Invitation) -> User {
    let (name, agent) = ("Somebody", UserAgent::default());
    let newcomer = Acceptor::Newcomer { name, password: Some("seven llamas dance"), agent };
    let token = mailed_token(&found(app, it).await);
    app.usher.invitations.accept.run(&token, newcomer).await.unwrap().user
}

async fn found(app: &TestApp, it: &Invitation) -> Invitation {
    app.usher.invitations.find.run(&app.system(), it.id).await.unwrap()
}

async fn take_back(app: &TestApp, key: CredentialId, order: TakeBackOrder) -> TakenBack {
    app.usher.access.take_back.run(&app.system(), key, order).await.unwrap()
}

/// Memberships that ended, what lost something, accounts that were disabled.
fn counts(it: &TakenBack) -> (u64, u64, u64) {
    (it.ended, it.reduced, it.disabled)
}

async fn what_a_stolen_key_gave_is_taken_back_and_what_others_gave_stays(app: TestApp) {
    people(&app, &["ann", "bob", "cyd", "dan", "fay"]).await;
    let (stolen, thief) = key(&app, &app.system(), None).await;
    let (_, other) = key(&app, &app.system(), None).await;
    let (second, by_second) = key(&app, &thief, None).await;
    let (of_ann, _) = key(&app, &thief, Some("ann")).await;
    add(&app, &thief, "ann", &["a"]).await;
    add(&app, &other, "bob", &["b"]).await;
    change(&app, &thief, "bob", roles(&["b", "c"])).await;
    change(&app, &thief, "bob", MemberChange::Pin { renew: true, allowed: Some(true) }).await;
    add(&app, &thief, "cyd", &["c"]).await;
    change(&app, &other, "cyd", roles(&["c", "d"])).await;
    add(&app, &by_second, "dan", &["d"]).await;
    add(&app, &other, "fay", &["f"]).await;
    let to_acme = |it: Invite| Invite { organization: Some(acme()), ..it };
    let eve = accepted(&app, &thief, "eve", to_acme).await;
    let gil = accepted(&app, &thief, "gil", to_acme).await;
    let to_tenant = |it: Invite| it;
    let hal = accepted(&app, &other, "hal", to_tenant).await;
    change(&app, &other, gil.id.as_str(), roles(&["g"])).await;
    let [edited, untouched] =
        [pending(&app, &other, "ian").await, pending(&app, &other, "jon").await];
    let lead = Changes { roles: vec![role("lead")], ..Changes::default() };
    app.store.commit(&lead).await.unwrap();
    let roles = Some(vec!["lead".to_owned()]);
    let more = InvitationDraft { roles, expires_at: None, redirect: None };
    app.usher.invitations.change.run(&thief, edited.id, more).await.unwrap();

    let told = take_back(&app, stolen, TakeBackOrder { rehearsal: true, ..ALL }).await;
    assert_eq!(counts(&told), (3, 2, 1));
    assert!(told.credential.revoked_at.is_none());
    assert_eq!(has(&app, "ann").await, Some(with(&["a"], true)), "nothing is written");

    let done = take_back(&app, stolen, ALL).await;
    assert_eq!(counts(&done), (3, 2, 1), "it comes to what was told");
    assert_eq!((told.invitations, done.invitations), (1, 1), "the roles were the thief's");
    let status = [found(&app, &edited).await.status, found(&app, &untouched).await.status];
    assert_eq!(status, [Status::Revoked, Status::Pending]);
    assert_eq!(done.keys.iter().map(|it| it.id).collect::<Vec<_>>(), [second, of_ann]);
    assert_eq!((done.users_in_all, &done.users[..]), (1, &[gil.id.clone()][..]));
    assert_eq!(has(&app, "ann").await, None);
    assert_eq!(has(&app, "bob").await, Some(with(&["b"], false)), "the pin was the thief's");
    assert!(!held(&app, "bob").await.unwrap().pin_allowed);
    assert_eq!(
        has(&app, "cyd").await,
        Some(with(&["d"], false)),
        "somebody else gave something since"
    );
    assert_eq!(has(&app, "dan").await, None, "its keys are taken back with it");
    assert_eq!(has(&app, "fay").await, Some(with(&["f"], true)));
    assert_eq!(has(&app, eve.id.as_str()).await, None);
    assert_eq!(has(&app, gil.id.as_str()).await, Some(with(&["g"], false)));
    let status = [user(&app, &eve.id).await, user(&app, &gil.id).await, user(&app, &hal.id).await];
    let [disabled, active] = [UserStatus::Disabled, UserStatus::Active];
    assert_eq!(status.map(|it| it.status), [disabled, active, active]);
    assert!(
        app.usher
            .access
            .credentials
            .list(&app.system())
            .await
            .unwrap()
            .iter()
            .all(|it| { it.revoked_at.is_some() == [stolen, second, of_ann].contains(&it.id) })
    );
    assert_eq!(counts(&take_back(&app, stolen, ALL).await), (0, 0, 0));
}

async fn what_it_gave_before_it_was_stolen_stays(app: TestApp) {
    people(&app, &["ann", "bob"]).await;
    let (stolen, by_key) = key(&app, &app.system(), None).await;
    add(&app, &by_key, "ann", &["a"]).await;
    let eve = accepted(&app, &by_key, "eve", |it| it).await;
    app.clock.advance(TimeDelta::days(1));
    let since = Some(app.usher.now());
    add(&app, &by_key, "bob", &["b"]).await;
    change(&app, &by_key, "ann", roles(&["a", "c"])).await;
    let done = take_back(&app, stolen, TakeBackOrder { since, ..ALL }).await;
    assert_eq!(counts(&done), (1, 1, 0));
    assert_eq!(has(&app, "ann").await, Some(with(&["a"], true)));
    assert_eq!(has(&app, "bob").await, None);
    assert_eq!(user(&app, &eve.id).await.status, UserStatus::Active);
}

async fn what_was_interrupted_is_done_by_running_it_again(app: TestApp) {
    let names: Vec<_> = (0..250).map(|it| format!("u{it:03}")).collect();
    people(&app, &[]).await;
    let (stolen, thief) = key(&app, &app.system(), None).await;
    let gift = Gift { by: thief.actor.clone(), at: app.usher.now() };
    let made = |it: &String| User { username: None, ..active(it).given(&gift) };
    let users = names.iter().map(made).collect();
    let memberships = names.iter().map(|it| membership(it, "acme").given(&gift)).collect();
    app.store.commit(&Changes { users, memberships, ..Changes::default() }).await.unwrap();
    for steps in [1, 5, 20, 60] {
        let system = app.system();
        let mut run = pin!(app.usher.access.take_back.run(&system, stolen, ALL));
        for _ in 0..steps {
            let step = poll_fn(|it| Poll::Ready(run.as_mut().poll(it).is_ready()));
            if step.await {
                break;
            }
            tokio::task::yield_now().await;
        }
    }
    take_back(&app, stolen, ALL).await;
    let left = app.store.given_by(TENANT, &thief.actor, None, 1).await.unwrap();
    assert!(left.is_empty());
    for it in &names {
        assert_eq!(user(&app, &user_id(it)).await.status, UserStatus::Disabled);
    }
}

async fn an_account_that_it_made_administrator_loses_what_it_gave_too(app: TestApp) {
    people(&app, &["bob"]).await;
    let (stolen, thief) = key(&app, &app.system(), None).await;
    let admin = |it: Invite| Invite { authority: Some(Authority::OrgAdmin), ..it };
    let eve = accepted(&app, &thief, "eve", admin).await;
    let by_eve = Caller {
        authority: Authority::OrgAdmin,
        actor: usher_domain::Actor::User(eve.id.clone()),
        ..app.system()
    };
    add(&app, &by_eve, "bob", &["b"]).await;
    let zoe = accepted(&app, &by_eve, "zoe", |it| it).await;
    let (of_eve, _) = key(&app, &by_eve, None).await;
    let told = take_back(&app, stolen, TakeBackOrder { rehearsal: true, ..ALL }).await;
    assert_eq!(counts(&told), (1, 0, 2));
    let done = take_back(&app, stolen, ALL).await;
    assert_eq!(counts(&done), (1, 0, 2));
    assert_eq!(done.keys.iter().map(|it| it.id).collect::<Vec<_>>(), [of_eve]);
    assert_eq!(has(&app, "bob").await, None);
    for id in [&eve.id, &zoe.id] {
        let after = user(&app, id).await;
        assert_eq!((after.status, after.authority), (UserStatus::Disabled, None));
    }
}

async fn an_authority_that_it_gave_goes_and_the_account_stays(app: TestApp) {
    people(&app, &[]).await;
    let (stolen, thief) = key(&app, &app.system(), None).await;
    let (_, other) = key(&app, &app.system(), None).await;
    let reader = |it: Invite| Invite { authority: Some(Authority::Reader), ..it };
    let ann = accepted(&app, &other, "ann", reader).await;
    let who = Invitee::User(UserRef::Id(ann.id.clone()));
    let (organization, authority) = (Some(acme()), Some(Authority::OrgAdmin));
    let invite = Invite { organization, authority, ..Invite::new(who) };
    let made = app.usher.invitations.invite.run(&thief, &[invite]).await.unwrap();
    let (id, now) = (SessionId(uuid::Uuid::from_u128(1)), app.usher.now());
    let session = Session::open(id, TENANT, ann.id.clone(), now, TimeDelta::hours(1));
    let (token, by) = (mailed_token(made[0].as_ref().unwrap()), Acceptor::Session(&session));
    app.usher.invitations.accept.run(&token, by).await.unwrap();
    assert_eq!(user(&app, &ann.id).await.authority, Some(Authority::OrgAdmin));
    let done = take_back(&app, stolen, ALL).await;
    let after = user(&app, &ann.id).await;
    assert_eq!((after.status, after.authority), (UserStatus::Active, Some(Authority::Reader)));
    assert_eq!((counts(&done), &done.users[..]), ((1, 1, 0), &[ann.id][..]));
}

async fn what_else_it_did_is_told(app: TestApp) {
    people(&app, &["ann"]).await;
    let (stolen, thief) = key(&app, &app.system(), None).await;
    let (_, other) = key(&app, &app.system(), None).await;
    add(&app, &other, "ann", &[]).await;
    app.clock.advance(TimeDelta::seconds(1));
    let removed = app.usher.members.remove.run(&thief, &acme(), &[Some(who("ann"))]).await.unwrap();
    assert!(removed.iter().all(Result::is_ok));
    add(&app, &thief, "ann", &[]).await;
    app.usher.access.credentials.list(&thief).await.unwrap();
    let done = take_back(&app, stolen, ALL).await;
    assert_eq!(done.acts.into_iter().collect::<Vec<_>>(), [("member_removed", 1)]);
}

async fn an_invitation_that_was_transferred_is_still_of_whoever_made_it(app: TestApp) {
    let app = app.with_policy(|it| Policy { orphans: OrphanPolicy::Transfer, ..it });
    people(&app, &["ann", "bob", "cyd"]).await;
    let lead = Changes { roles: vec![role("lead")], ..Changes::default() };
    app.store.commit(&lead).await.unwrap();
    let (_, admin) = key(&app, &app.system(), None).await;
    add(&app, &admin, "bob", &[]).await;
    let (of_ann, by_ann) = key(&app, &app.system(), Some("ann")).await;
    let (of_bob, by_bob) = key_to(&app, &app.system(), Some("bob"), Some(acme())).await;
    let (of_program, by_program) = key(&app, &app.system(), None).await;
    let leads = |it: Invite| {
        let roles = vec!["lead".to_owned()];
        Invite { organization: Some(acme()), roles, ..it }
    };
    let in_the_name_of_cyd =
        |it: Invite| Invite { inviter: Some(InviterRef::User(user_id("cyd"))), ..leads(it) };
    let made = [
        (of_ann, invited(&app, &by_ann, "a1", leads).await),
        (of_bob, invited(&app, &by_bob, "b1", leads).await),
        (of_program, invited(&app, &by_program, "p1", in_the_name_of_cyd).await),
    ];
    let waiting = [
        invited(&app, &by_ann, "a2", leads).await,
        invited(&app, &by_bob, "b2", leads).await,
        invited(&app, &by_program, "p2", in_the_name_of_cyd).await,
    ];
    app.clock.advance(TimeDelta::seconds(1));
    // Each of them is transferred to who removes its inviter.
    app.usher.users.reset.run(&admin, &user_id("ann")).await.unwrap();
    app.usher.users.reset.run(&admin, &user_id("cyd")).await.unwrap();
    app.usher.members.remove.run(&admin, &acme(), &[Some(who("bob"))]).await.unwrap();
    for ((stolen, it), waiting) in made.iter().zip(&waiting) {
        let before = found(&app, it).await;
        assert_eq!((before.status, before.answers()), (Status::Pending, &admin.actor));
        let who = accept(&app, it).await;
        assert_eq!(has(&app, who.id.as_str()).await, Some(with(&["lead"], false)));
        let done = take_back(&app, *stolen, ALL).await;
        assert_eq!((done.ended, done.invitations), (1, 1));
        assert_eq!(has(&app, who.id.as_str()).await, None);
        assert_eq!(found(&app, waiting).await.status, Status::Revoked);
    }
}

async fn what_the_key_had_a_hand_in_counts_whoever_changes_it_afterwards(app: TestApp) {
    people(&app, &[]).await;
    let lead = Changes { roles: vec![role("lead")], ..Changes::default() };
    app.store.commit(&lead).await.unwrap();
    let (stolen, by_key) = key(&app, &app.system(), None).await;
    let (_, other) = key(&app, &app.system(), None).await;
    let to_acme = |it: Invite| Invite { organization: Some(acme()), ..it };
    let mut all = Vec::new();
    for (who, by) in [("a", &by_key), ("b", &other), ("c", &by_key)] {
        for n in 1..3 {
            all.push(invited(&app, by, &format!("{who}{n}"), to_acme).await);
        }
    }
    app.clock.advance(TimeDelta::days(1));
    let since = Some(app.usher.now());
    let roles = Some(vec!["lead".to_owned()]);
    let more = InvitationDraft { roles, expires_at: None, redirect: None };
    for it in &all[..4] {
        app.usher.invitations.change.run(&by_key, it.id, more.clone()).await.unwrap();
    }
    app.clock.advance(TimeDelta::days(1));
    let mut people = Vec::new();
    for pair in all.chunks(2) {
        for it in pair {
            app.usher.invitations.resend.run(&other, it.id, None).await.unwrap();
        }
        people.push(accept(&app, &pair[0]).await.id);
    }
    let done = take_back(&app, stolen, TakeBackOrder { since, ..ALL }).await;
    assert_eq!((counts(&done), done.invitations), ((1, 1, 1), 2));
    let mut left = Vec::new();
    for it in &people {
        left.push(has(&app, it.as_str()).await);
    }
    let bare = Some(with(&[], false));
    assert_eq!(left, [None, bare.clone(), bare], "what it did before then stays");
    let mut status = Vec::new();
    for pair in all.chunks(2) {
        status.push(found(&app, &pair[1]).await.status);
    }
    assert_eq!(status, [Status::Revoked, Status::Revoked, Status::Pending]);
}
