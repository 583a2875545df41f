//! What a stolen key gave is taken back with it, and what others gave stays.

use std::{future::poll_fn, pin::pin, task::Poll};

use usher_application::{
    Acceptor, InvitationDraft, MemberChange, NewKey, NewMember, NewStatus, NewUser,
    Organizations as _, PinGrant, Policy, TakeBackOrder, TakenBack, UserAgent, Users,
    testing::{TENANT, mailbox, membership, organization, role},
};
use usher_domain::{
    Action, CredentialId, Domain, Gift, Invitation, Invite, Invitee, InviterRef, Membership,
    Organization, OrphanPolicy, Policies, Session, SessionId, Status, UserRef, UserStatus,
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
    an_account_that_it_made_goes_with_what_it_joined_by_itself,
    what_an_account_gave_goes_though_it_was_reset_before,
    an_authority_that_an_account_gave_itself_is_nobody_elses,
    what_was_accepted_by_a_link_that_it_was_shown_goes_too,
    an_account_that_it_opened_goes_whoever_made_it,
    whoever_reads_the_mailbox_keeps_what_the_inviter_gave,
    what_a_persons_bound_key_gave_goes_as_far_as_it_reaches,
    what_expired_is_revoked_too,
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
    let id = it.client_id().to_string();
    let caller = app.usher.access.authenticate.client(&id, secret.reveal()).await;
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

/// The user accepts to administer the tenant, and to be a member.
async fn raise(app: &TestApp, by: &Caller, id: &UserId, organization: OrganizationId) {
    let (organization, authority) = (Some(organization), Some(Authority::OrgAdmin));
    let invite =
        Invite { organization, authority, ..Invite::new(Invitee::User(UserRef::Id(id.clone()))) };
    let made = app.usher.invitations.invite.run(by, &[invite]).await.unwrap();
    let (session, now) = (SessionId(uuid::Uuid::from_u128(1)), app.usher.now());
    let session = Session::open(session, TENANT, id.clone(), now, TimeDelta::hours(1));
    let (token, by) = (mailed_token(made[0].as_ref().unwrap()), Acceptor::Session(&session));
    app.usher.invitations.accept.run(&token, by).await.unwrap();
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
    let gift = Gift::new(thief.actor.clone(), app.usher.now());
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
    raise(&app, &thief, &ann.id, acme()).await;
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
        assert_eq!((counts(&done), done.invitations), ((1, 0, 1), 1));
        assert_eq!(has(&app, who.id.as_str()).await, None);
        assert_eq!(user(&app, &who.id).await.status, UserStatus::Disabled);
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

async fn an_account_that_it_made_goes_with_what_it_joined_by_itself(app: TestApp) {
    people(&app, &[]).await;
    let (stolen, thief) = key(&app, &app.system(), None).await;
    let (_, other) = key(&app, &app.system(), None).await;
    let domain = Domain { name: "example.org".to_owned(), verified: true, default: false };
    let policies = Policies { join: true, ..Policies::default() };
    let open = Organization { domains: vec![domain], policies, ..organization("open") };
    let organizations = vec![open.clone()];
    app.store.commit(&Changes { organizations, ..Changes::default() }).await.unwrap();
    let to_acme = |it: Invite| Invite { organization: Some(acme()), ..it };
    let eve = accepted(&app, &thief, "eve", to_acme).await.id;
    let gil = accepted(&app, &thief, "gil", to_acme).await.id;
    let hal = accepted(&app, &other, "hal", to_acme).await.id;
    change(&app, &other, gil.as_str(), roles(&["g"])).await;
    let joined = async || {
        let seats = [&eve, &gil, &hal].map(|it| (it.clone(), open.id.clone()));
        let found = app.store.seats(TENANT, &seats).await.unwrap();
        found.iter().map(Option::is_some).collect::<Vec<_>>()
    };
    assert_eq!(joined().await, [true; 3], "whoever reads such an address joins");

    let told = take_back(&app, stolen, TakeBackOrder { rehearsal: true, ..ALL }).await;
    assert_eq!(counts(&told), (2, 0, 1));
    assert_eq!(joined().await, [true; 3]);
    let done = take_back(&app, stolen, ALL).await;
    assert_eq!((counts(&done), &done.users[..]), ((2, 0, 1), &[gil.clone()][..]));
    assert_eq!(joined().await, [false, true, true], "gil has something of somebody else");
    assert_eq!(user(&app, &eve).await.status, UserStatus::Disabled);
    for it in [&gil, &hal] {
        assert_eq!(user(&app, it).await.status, UserStatus::Active);
    }
    assert_eq!(counts(&take_back(&app, stolen, ALL).await), (0, 0, 0));
}

async fn what_an_account_gave_goes_though_it_was_reset_before(app: TestApp) {
    people(&app, &["bob"]).await;
    let (stolen, thief) = key(&app, &app.system(), None).await;
    let admin = |it: Invite| Invite { authority: Some(Authority::OrgAdmin), ..it };
    let eve = accepted(&app, &thief, "eve", admin).await;
    let actor = usher_domain::Actor::User(eve.id.clone());
    let by_eve = Caller { authority: Authority::OrgAdmin, actor, ..app.system() };
    add(&app, &by_eve, "bob", &["b"]).await;
    let zoe = accepted(&app, &by_eve, "zoe", |it| it).await;
    app.clock.advance(TimeDelta::seconds(1));
    app.usher.users.reset.run(&app.system(), &eve.id).await.unwrap();
    assert_eq!(user(&app, &eve.id).await.authority, None);
    assert_eq!(counts(&take_back(&app, stolen, ALL).await), (1, 0, 2));
    assert_eq!(has(&app, "bob").await, None);
    for id in [&eve.id, &zoe.id] {
        let after = user(&app, id).await;
        assert_eq!((after.status, after.authority), (UserStatus::Disabled, None));
    }
}

async fn an_authority_that_an_account_gave_itself_is_nobody_elses(app: TestApp) {
    people(&app, &[]).await;
    let (stolen, thief) = key(&app, &app.system(), None).await;
    let (_, other) = key(&app, &app.system(), None).await;
    let beta = Changes { organizations: vec![organization("beta")], ..Changes::default() };
    app.store.commit(&beta).await.unwrap();
    let admin = |it: Invite| Invite { authority: Some(Authority::OrgAdmin), ..it };
    let reader = |it: Invite| Invite { authority: Some(Authority::Reader), ..it };
    let eve = accepted(&app, &thief, "eve", admin).await.id;
    let ann = accepted(&app, &other, "ann", reader).await.id;
    app.clock.advance(TimeDelta::seconds(1));
    raise(&app, &thief, &ann, acme()).await;
    for id in [&eve, &ann] {
        let actor = usher_domain::Actor::User(id.clone());
        let oneself = Caller { authority: Authority::OrgAdmin, actor, ..app.system() };
        raise(&app, &oneself, id, organization("beta").id).await;
    }
    take_back(&app, stolen, ALL).await;
    let left = [user(&app, &eve).await, user(&app, &ann).await];
    let left = left.map(|it| (it.status, it.authority));
    let expected = [(UserStatus::Disabled, None), (UserStatus::Active, Some(Authority::Reader))];
    assert_eq!(left, expected);
}

/// Whoever this caller is shows the link and uses it themselves, with a password of their own.
async fn accept_as_shown(app: &TestApp, by: &Caller, it: &Invitation) -> User {
    let shown = app.usher.invitations.hand_over.run(by, std::slice::from_ref(it)).await.unwrap();
    let link = shown.into_iter().next().unwrap().expect("the caller is shown the link");
    let (name, agent) = ("Thief", UserAgent::default());
    let newcomer = Acceptor::Newcomer { name, password: Some("seven llamas dance"), agent };
    app.usher.invitations.accept.run(&link.token, newcomer).await.unwrap().user
}

/// What the audit says of the last time that something was done.
async fn detail(app: &TestApp, action: Action) -> Option<String> {
    let trail = app.usher.tenants.audit.run(&app.system(), None, 500).await.unwrap();
    trail.into_iter().find(|it| it.action == action).unwrap().detail
}

async fn what_was_accepted_by_a_link_that_it_was_shown_goes_too(app: TestApp) {
    people(&app, &["ann", "bob"]).await;
    let lead = Changes { roles: vec![role("lead")], ..Changes::default() };
    app.store.commit(&lead).await.unwrap();
    let (_, admin) = key(&app, &app.system(), None).await;
    add(&app, &admin, "bob", &[]).await;
    let leads = |authority: Option<Authority>| {
        move |it: Invite| {
            let roles = vec!["lead".to_owned()];
            Invite { organization: Some(acme()), roles, authority, ..it }
        }
    };
    for (n, (user, place)) in
        [(None, None), (None, Some(acme())), (Some("ann"), None), (Some("bob"), Some(acme()))]
            .into_iter()
            .enumerate()
    {
        let (stolen, thief) = key_to(&app, &app.system(), user, place).await;
        // What others made before the key was stolen is opened afterwards.
        let all = [
            invited(&app, &admin, &format!("member{n}"), leads(None)).await,
            invited(&app, &admin, &format!("boss{n}"), leads(Some(Authority::OrgAdmin))).await,
        ];
        let declined = pending_in_acme(&app, &admin, &format!("declined{n}")).await;
        app.clock.advance(TimeDelta::seconds(1));
        let since = Some(app.usher.now());
        let mut accounts = Vec::new();
        for it in &all {
            accounts.push(accept_as_shown(&app, &thief, it).await.id);
        }
        let by_link = Some(format!("by the link that key {stolen} was shown"));
        assert_eq!(detail(&app, Action::Accepted).await, by_link);
        let shown = app.usher.invitations.hand_over.run(&thief, &[declined]).await.unwrap();
        app.usher.invitations.decline.run(&shown[0].as_ref().unwrap().token, None).await.unwrap();
        assert_eq!(detail(&app, Action::Declined).await, by_link);
        let by_boss = Caller {
            authority: Authority::OrgAdmin,
            actor: usher_domain::Actor::User(accounts[1].clone()),
            ..app.system()
        };
        let by_boss = accepted(&app, &by_boss, &format!("byboss{n}"), leads(None)).await.id;

        let order = TakeBackOrder { since, rehearsal: true };
        let told = take_back(&app, stolen, order).await;
        assert_eq!((counts(&told), told.users_in_all), ((3, 0, 3), 0), "{user:?}");
        let done = take_back(&app, stolen, TakeBackOrder { since, ..ALL }).await;
        assert_eq!((counts(&done), done.users_in_all), ((3, 0, 3), 0), "{user:?}");
        for id in accounts.iter().chain([&by_boss]) {
            let after = user_of(&app, id).await;
            assert_eq!(after, (UserStatus::Disabled, None, None), "{user:?}");
        }
    }
}

async fn pending_in_acme(app: &TestApp, by: &Caller, name: &str) -> Invitation {
    invited(app, by, name, |it| Invite { organization: Some(acme()), ..it }).await
}

/// The status, the authority, and the roles in acme.
async fn user_of(
    app: &TestApp,
    id: &UserId,
) -> (UserStatus, Option<Authority>, Option<Vec<String>>) {
    let it = user(app, id).await;
    (it.status, it.authority, held(app, id.as_str()).await.map(|it| it.roles))
}

async fn an_account_that_it_opened_goes_whoever_made_it(app: TestApp) {
    people(&app, &[]).await;
    let (stolen, thief) = key(&app, &app.system(), None).await;
    let (_, admin) = key(&app, &app.system(), None).await;
    let prepared = |name: &str| {
        let mailbox = Some(mailbox(&format!("{name}@example.org")));
        let status = UserStatus::Unregistered;
        let new = User { mailbox, status, ..User::new(user_id(name), TENANT, app.usher.now()) };
        new.given(&admin.gift(app.usher.now()))
    };
    let users = ["ida", "joe", "kim"].map(prepared).to_vec();
    let gift = admin.gift(app.usher.now());
    let memberships =
        vec![Membership { roles: Vec::new(), ..membership("ida", "acme").given(&gift) }];
    app.store.commit(&Changes { users, ..Changes::default() }).await.unwrap();
    let mut all = Vec::new();
    for (name, by) in [("ida", &admin), ("joe", &thief), ("kim", &admin)] {
        all.push(pending_in_acme(&app, by, name).await);
    }
    app.store.commit(&Changes { memberships, ..Changes::default() }).await.unwrap();
    app.clock.advance(TimeDelta::seconds(1));
    for it in &all {
        accept_as_shown(&app, &thief, it).await;
    }
    app.clock.advance(TimeDelta::seconds(1));
    change(&app, &admin, "kim", roles(&["k"])).await;
    let done = take_back(&app, stolen, ALL).await;
    assert_eq!((counts(&done), &done.users[..]), ((1, 0, 2), &[user_id("kim")][..]));
    let left = async |it: &str| user_of(&app, &user_id(it)).await;
    let kept = Some(Vec::new());
    assert_eq!(left("ida").await, (UserStatus::Disabled, None, kept), "to be let in by others");
    assert_eq!(left("joe").await, (UserStatus::Disabled, None, None));
    assert_eq!(left("kim").await, (UserStatus::Active, None, Some(vec!["k".to_owned()])));
    assert_eq!(counts(&take_back(&app, stolen, ALL).await), (0, 0, 0));
}

async fn whoever_reads_the_mailbox_keeps_what_the_inviter_gave(app: TestApp) {
    people(&app, &[]).await;
    let lead = Changes { roles: vec![role("lead")], ..Changes::default() };
    app.store.commit(&lead).await.unwrap();
    let (stolen, thief) = key(&app, &app.system(), None).await;
    let (_, admin) = key(&app, &app.system(), None).await;
    let leads = |it: Invite| {
        let (roles, authority) = (vec!["lead".to_owned()], Some(Authority::Reader));
        Invite { organization: Some(acme()), roles, authority, ..it }
    };
    let it = invited(&app, &admin, "lea", leads).await;
    let lea = accept_as_shown(&app, &thief, &it).await.id;
    assert_eq!(accept(&app, &it).await.id, lea, "the mailed link takes the account back");
    let done = take_back(&app, stolen, ALL).await;
    let (active, authority) = (UserStatus::Active, Some(Authority::Reader));
    assert_eq!(user_of(&app, &lea).await, (active, authority, Some(vec!["lead".to_owned()])));
    assert_eq!((counts(&done), &done.users[..]), ((0, 0, 0), &[lea][..]));
}

/// Somebody new, whom the caller adds to the organization: at home above it.
async fn add_new(app: &TestApp, by: &Caller, name: &str, place: &OrganizationId) -> UserId {
    let new = NewUser {
        id: user_id(name),
        username: None,
        mailbox: Some(mailbox(&format!("{name}@example.org"))),
        first_name: None,
        last_name: None,
        phone: None,
        locale: None,
        profile: usher_domain::Document::default(),
        status: NewStatus::Active,
        password: None,
        roles: vec!["n".to_owned()],
        pin: Some(PinGrant { allowed: true }),
    };
    app.usher.users.add.run(by, place, new).await.unwrap().id
}

async fn what_a_persons_bound_key_gave_goes_as_far_as_it_reaches(app: TestApp) {
    let place = |id: &str| organization(id).id;
    let within =
        |id: &str, parent: &str| Organization { parent: Some(place(parent)), ..organization(id) };
    let organizations = vec![
        organization("top"),
        within("acme", "top"),
        within("below", "acme"),
        within("far", "below"),
    ];
    let home = |name: &str, home: &str| User { home: Some(place(home)), ..active(name) };
    let users = vec![active("ann"), home("cyd", "acme"), active("gus")];
    let memberships = vec![membership("cyd", "acme")];
    let changes = Changes { organizations, users, memberships, ..Changes::default() };
    app.store.commit(&changes).await.unwrap();
    let (_, admin) = key(&app, &app.system(), None).await;
    add(&app, &admin, "ann", &[]).await;
    let add_to = async |by: &Caller, name: &str, to: &str, roles: &[&str]| {
        let roles = roles.iter().map(|it| (*it).to_owned()).collect();
        let new = NewMember { who: Some(who(name)), roles, pin: Some(PinGrant { allowed: true }) };
        let added = app.usher.members.add.run(by, &place(to), &[new]).await.unwrap();
        assert!(added.iter().all(Result::is_ok), "{name}");
    };
    let before = [NewMember { who: Some(who("cyd")), roles: vec!["b".to_owned()], pin: None }];
    app.usher.members.add.run(&admin, &place("far"), &before).await.unwrap();
    let (stolen, thief) = key_to(&app, &app.system(), Some("ann"), Some(acme())).await;
    // By whatever else the person has.
    let oneself = Caller { organization: None, ..thief.clone() };
    app.clock.advance(TimeDelta::seconds(1));

    add_to(&thief, "cyd", "below", &["c"]).await;
    assert!(
        held(&app, "cyd").await.unwrap().pin_allowed,
        "the right to open a terminal is at home"
    );
    let [dan, han] = ["dan", "han"].map(|it| async { add_new(&app, &thief, it, &acme()).await });
    let (dan, han) = (dan.await, han.await);
    let eva = add_new(&app, &thief, "eva", &place("below")).await;
    let to_acme = |it: Invite| Invite { organization: Some(acme()), ..it };
    let fay = accepted(&app, &thief, "fay", to_acme).await.id;
    let ivy = accepted(&app, &thief, "ivy", to_acme).await.id;
    app.usher.members.remove.run(&thief, &acme(), &[Some(who(ivy.as_str()))]).await.unwrap();
    add_to(&oneself, "gus", "far", &["g"]).await;
    change(&app, &admin, han.as_str(), roles(&["n", "h"])).await;

    let told = take_back(&app, stolen, TakeBackOrder { rehearsal: true, ..ALL }).await;
    let done = take_back(&app, stolen, ALL).await;
    for it in [&told, &done] {
        assert_eq!((counts(it), &it.users[..]), ((6, 2, 3), &[ivy.clone(), han.clone()][..]));
    }
    let roles_in = async |user: &UserId, to: &str| {
        let seats = [(user.clone(), place(to))];
        app.store.seats(TENANT, &seats).await.unwrap().remove(0).map(|it| it.roles)
    };
    assert_eq!(roles_in(&user_id("cyd"), "below").await, None);
    assert!(!held(&app, "cyd").await.unwrap().pin_allowed);
    assert_eq!(roles_in(&user_id("cyd"), "far").await, Some(vec!["b".to_owned()]));
    assert_eq!(roles_in(&user_id("gus"), "far").await, Some(vec!["g".to_owned()]), "it is beyond");
    for it in [&dan, &eva, &fay] {
        assert_eq!(user(&app, it).await.status, UserStatus::Disabled);
        assert_eq!(app.store.memberships(TENANT, std::slice::from_ref(it)).await.unwrap(), []);
    }
    assert_eq!(roles_in(&han, "acme").await, Some(vec!["h".to_owned()]));
    for it in [&han, &ivy, &user_id("cyd"), &user_id("gus")] {
        assert_eq!(user(&app, it).await.status, UserStatus::Active);
    }
    assert_eq!(counts(&take_back(&app, stolen, ALL).await), (0, 0, 0));
}

async fn what_expired_is_revoked_too(app: TestApp) {
    people(&app, &[]).await;
    let (stolen, thief) = key(&app, &app.system(), None).await;
    let it = pending_in_acme(&app, &thief, "exp").await;
    app.clock.advance(TimeDelta::days(400));
    let told = take_back(&app, stolen, TakeBackOrder { rehearsal: true, ..ALL }).await;
    let done = take_back(&app, stolen, ALL).await;
    assert_eq!((told.invitations, done.invitations), (1, 1));
    assert_eq!(found(&app, &it).await.status, Status::Revoked);
    let again = app.usher.invitations.resend.run(&app.system(), it.id, None).await;
    assert!(again.is_err(), "nobody revives it by sending it again");
}
