use usher_domain::{Actor, Authority, Invitation, Inviter, Role, Status, User, UserRef};

use super::*;
use crate::{
    policy::Policy,
    testing::{
        MockPorts, active, caller, core,
        fake_store::{FakeStore, bound_to, from, invited_to, place},
        invitation, membership, noon, role, user_id,
    },
};

#[tokio::test]
async fn each_is_removed_or_stays_for_a_reason_of_their_own_in_the_order_asked() {
    let people = vec![active("ada"), active("bob"), from("team", active("hal")), active("cyd")];
    let joined = ["ada", "hal", "cyd"].map(|it| membership(it, "team"));
    let world = FakeStore::of(people, joined.to_vec());
    let outcomes = run(&world, &["nobody", "bob", "hal", "cyd", "ada", "cyd"]).await.unwrap();
    let [ada, _, cyd] = joined;
    assert_eq!(
        outcomes,
        [
            Err(Refusal::UnknownUser),
            Err(Refusal::NotMember(user_id("bob"))),
            Err(Refusal::AtHome(Some(user_id("hal")))),
            Ok(cyd.clone()),
            Ok(ada.clone()),
            Err(Refusal::NotMember(user_id("cyd"))),
        ]
    );
    let changes = world.once_written();
    assert_eq!(changes.removed, [cyd, ada]);
    let entries = changes.audit.iter().map(|it| (it.action, it.at, it.detail.as_deref()));
    let removed = (Action::MemberRemoved, noon(), Some("team"));
    assert_eq!(entries.collect::<Vec<_>>(), [removed, removed]);
    assert_eq!(world.member("hal", "team").map(|it| it.version), Some(1));
}

#[tokio::test]
async fn a_membership_elsewhere_stays() {
    let world = FakeStore::of(vec![active("ada")], vec![membership("ada", "other")]);
    let outcomes = run(&world, &["ada"]).await.unwrap();
    assert_eq!(outcomes, [Err(Refusal::NotMember(user_id("ada")))]);
    assert!(world.member("ada", "other").is_some());
}

#[tokio::test]
async fn what_was_changed_meanwhile_is_read_again_and_removed() {
    let world = FakeStore::of(
        vec![active("ada"), active("bob")],
        vec![membership("ada", "team"), membership("bob", "team")],
    );
    world.before_next_commit(|it| it.rewrite("ada", "team", |it| it));
    world.before_next_commit(|it| it.memberships.retain(|it| it.user != user_id("bob")));
    let outcomes = run(&world, &["ada", "bob"]).await.unwrap();
    assert_eq!(outcomes[0].as_ref().map(|it| it.version), Ok(2));
    assert_eq!(outcomes[1], Err(Refusal::NotMember(user_id("bob"))));
    assert_eq!(world.once_written().removed.len(), 1);
}

#[tokio::test]
async fn who_always_loses_is_told_that_the_store_is_busy() {
    let world = FakeStore::of(vec![active("ada")], vec![membership("ada", "team")]);
    world.state().losing = true;
    assert!(matches!(run(&world, &["ada"]).await, Err(MembersError::Store(_))));
}

#[tokio::test]
async fn an_inviter_removes_nobody_and_the_helpdesk_does() {
    let world = FakeStore::of(vec![active("ada")], vec![membership("ada", "team")]);
    for (authority, may) in
        [(Authority::Reader, false), (Authority::Inviter, false), (Authority::Helpdesk, true)]
    {
        let caller = Caller { authority, ..caller() };
        let outcome = remove(&world).run(&caller, &place("team"), &[naming("ada")]).await;
        assert_eq!(outcome.is_ok(), may, "{authority}");
    }
}

#[tokio::test]
async fn a_batch_is_bounded() {
    let policy = Policy { batch: 1, ..Policy::at("http://usher.test") };
    let outcome = RemoveMembers::new(&core(&MockPorts::default().into(), &policy))
        .run(&caller(), &place("team"), &["ada", "bob"].map(naming))
        .await;
    assert!(matches!(outcome, Err(MembersError::TooMany { limit: 1 })));
}

#[tokio::test]
async fn what_they_invited_to_there_is_as_the_policy_has_it() {
    for (policy, status, answers) in [
        (OrphanPolicy::Keep, Status::Pending, "ada"),
        (OrphanPolicy::Revoke, Status::Revoked, "ada"),
        (OrphanPolicy::Transfer, Status::Pending, "boss"),
    ] {
        let world = inviting();
        world.state().invitations =
            vec![by("ada", invited_to(1, "u1", "team")), named("ada", invited_to(2, "u2", "team"))];
        removing(&world, policy).run(&caller(), &place("team"), &[naming("ada")]).await.unwrap();
        let [first, second] = [1, 2].map(|it| world.invitation(it));
        assert_eq!((first.status, second.status), (status, status));
        assert_eq!(*first.answers(), Actor::User(user_id(answers)));
        assert_eq!(first.creator, Actor::User(user_id("ada")));
        let inviter = second.offer.inviter.unwrap();
        let expected = match policy {
            OrphanPolicy::Transfer => (None, "The Boss"),
            _ => (Some(user_id("ada")), "Ada"),
        };
        assert_eq!((inviter.user, inviter.name.as_str()), expected);
        let action = match policy {
            OrphanPolicy::Keep => None,
            OrphanPolicy::Revoke => Some(Action::Revoked),
            OrphanPolicy::Transfer => Some(Action::InvitationChanged),
        };
        let written: Vec<_> = world.once_written().audit.iter().map(|it| it.action).collect();
        let expected: Vec<_> =
            [Some(Action::MemberRemoved), action, action].into_iter().flatten().collect();
        assert_eq!(written, expected);
    }
}

#[tokio::test]
async fn what_others_invited_to_or_elsewhere_or_what_is_over_stays() {
    let expired = Invitation { expires_at: noon(), ..invited_to(4, "u4", "team") };
    let kept = [
        by("bob", invited_to(1, "u1", "team")),
        by("ada", invited_to(2, "u2", "other")),
        by("ada", invitation(3, "u3")),
        by("ada", expired),
        // Ids know case.
        by("ADA", invited_to(5, "u5", "team")),
    ];
    for policy in [OrphanPolicy::Revoke, OrphanPolicy::Transfer] {
        let world = inviting();
        world.state().invitations = kept.to_vec();
        let names = ["ada", "bob", "nobody"].map(naming);
        let removing = removing(&world, policy);
        removing.run(&caller(), &place("team"), &names[..1]).await.unwrap();
        assert_eq!(world.state().invitations, kept);
        // Nor does it go with who does not go.
        removing.run(&caller(), &place("team"), &names[1..]).await.unwrap();
        assert_eq!(world.state().invitations, kept);
    }
}

/// Removing somebody is no way to revoke or to take over what one may not edit.
#[tokio::test]
async fn what_whoever_removes_them_could_not_make_stays_as_it_is() {
    let mut raised = by("ada", invited_to(1, "u1", "team"));
    raised.offer.authority = Some(Authority::OrgAdmin);
    let plain = by("ada", invited_to(2, "u2", "team"));
    let mut led = named("ada", by("bob", invited_to(3, "u3", "team")));
    led.offer.roles = vec!["lead".to_owned()];
    let all = [raised, plain, led];
    let helpdesk = |it: Caller| Caller { authority: Authority::Helpdesk, ..it };
    for (caller, editable) in [
        (caller(), [true; 3]),
        (bound_to("team"), [true; 3]),
        (helpdesk(caller()), [false, true, false]),
        (helpdesk(bound_to("team")), [false, true, false]),
        // Above it one removes, and does not invite.
        (bound_to("top"), [false; 3]),
    ] {
        for policy in [OrphanPolicy::Revoke, OrphanPolicy::Transfer] {
            let world = inviting();
            world.state().roles.push(Role { given_by: Authority::OrgAdmin, ..role("lead") });
            world.state().invitations = all.to_vec();
            let removing = removing(&world, policy);
            removing.run(&caller, &place("team"), &[naming("ada")]).await.unwrap();
            assert_eq!(world.member("ada", "team"), None);
            for (before, may) in all.iter().zip(editable) {
                let after = world.invitation(before.id.0.as_u128());
                let what = format!("{policy:?} {caller:?}");
                if !may {
                    assert_eq!(after, *before, "{what}");
                } else if policy == OrphanPolicy::Revoke {
                    assert_eq!(after.status, Status::Revoked, "{what}");
                } else {
                    let owner = (after.status, after.answers());
                    assert_eq!(owner, (Status::Pending, &caller.actor), "{what}");
                }
            }
        }
    }
}

#[tokio::test]
async fn so_many_may_go_and_have_invited_so_many() {
    let names: Vec<_> = (0..250).map(|it| format!("user{it}")).collect();
    let people = names.iter().map(|it| active(it)).collect();
    let world = FakeStore::of(people, names.iter().map(|it| membership(it, "team")).collect());
    let by_each =
        names.iter().zip(1_u128..).map(|(it, n)| by(it, invited_to(n, &format!("i{n}"), "team")));
    let by_one = (1_001_u128..3_101).map(|n| by("user7", invited_to(n, &format!("i{n}"), "team")));
    // By one of them, in the name of another.
    let by_two = named("user240", by("user3", invited_to(9_999, "i9999", "team")));
    world.state().invitations = by_each.chain(by_one).chain([by_two]).collect();
    let names: Vec<_> = names.iter().map(|it| naming(it)).collect();
    let removing = removing(&world, OrphanPolicy::Revoke);
    removing.run(&caller(), &place("team"), &names).await.unwrap();
    assert_eq!(world.once_written().invitations.len(), 250 + 2_100 + 1);
    assert!(world.state().invitations.iter().all(|it| it.status == Status::Revoked));
}

/// Ada is in the team.
fn inviting() -> FakeStore {
    FakeStore::of(vec![active("ada"), active("bob")], vec![membership("ada", "team")])
}

fn by(name: &str, it: Invitation) -> Invitation {
    Invitation { creator: Actor::User(user_id(name)), ..it }
}

fn named(name: &str, mut it: Invitation) -> Invitation {
    it.offer.inviter = Some(Inviter { user: Some(user_id(name)), name: "Ada".to_owned() });
    it
}

fn removing(world: &FakeStore, orphans: OrphanPolicy) -> RemoveMembers {
    RemoveMembers::new(&core(&world.ports, &Policy { orphans, ..Policy::at("http://usher.test") }))
}

fn naming(name: &str) -> Option<UserRef> {
    UserRef::Id(user_id(name)).into()
}

#[tokio::test]
async fn nobody_removes_who_has_more_authority_than_their_own() {
    let chief = User { authority: Some(Authority::OrgAdmin), ..active("chief") };
    let world = FakeStore::of(vec![chief], vec![membership("chief", "team")]);
    let helpdesk = Caller { authority: Authority::Helpdesk, ..caller() };
    let outcomes = remove(&world).run(&helpdesk, &place("team"), &[naming("chief")]).await;
    assert_eq!(outcomes.unwrap(), [Err(Refusal::UserAuthority(user_id("chief")))]);
    assert!(world.member("chief", "team").is_some());
    assert!(run(&world, &["chief"]).await.unwrap()[0].is_ok(), "an administrator does");
}

/// Whoever has more authority than the caller, and belongs elsewhere, is refused as all who do.
#[tokio::test]
async fn nobody_learns_the_authority_of_who_is_no_member() {
    let chief = User { authority: Some(Authority::OrgAdmin), ..active("chief") };
    let world = FakeStore::of(vec![chief, active("ada")], vec![]);
    let helpdesk = Caller { authority: Authority::Helpdesk, ..bound_to("team") };
    let names = ["chief", "ada"];
    let outcomes = remove(&world).run(&helpdesk, &place("team"), &names.map(naming)).await.unwrap();
    let expected = names.map(|it| Err(Refusal::NotMember(user_id(it))));
    assert_eq!(outcomes, expected);
}

fn remove(world: &FakeStore) -> RemoveMembers {
    RemoveMembers::new(&core(&world.ports, &Policy::at("http://usher.test")))
}

async fn run(
    world: &FakeStore,
    names: &[&str],
) -> Result<Vec<Result<Membership, Refusal>>, MembersError> {
    let names: Vec<_> = names.iter().copied().map(naming).collect();
    remove(world).run(&caller(), &place("team"), &names).await
}
