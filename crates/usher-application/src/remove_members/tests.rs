use usher_domain::{Authority, UserRef};

use super::*;
use crate::testing::{
    MockPorts, active, caller, membership, noon, user_id,
    world::{World, from, place},
};

#[tokio::test]
async fn each_is_removed_or_stays_for_a_reason_of_their_own_in_the_order_asked() {
    let people = vec![active("ada"), active("bob"), from("team", active("hal")), active("cyd")];
    let joined = ["ada", "hal", "cyd"].map(|it| membership(it, "team"));
    let world = World::of(people, joined.to_vec());
    let outcomes = run(&world, &["nobody", "bob", "hal", "cyd", "ada", "cyd"]).await.unwrap();
    let [ada, _, cyd] = joined;
    assert_eq!(
        outcomes,
        [
            Err(Refusal::UnknownUser),
            Err(Refusal::NotMember(user_id("bob"))),
            Err(Refusal::AtHome(user_id("hal"))),
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
    let world = World::of(vec![active("ada")], vec![membership("ada", "other")]);
    let outcomes = run(&world, &["ada"]).await.unwrap();
    assert_eq!(outcomes, [Err(Refusal::NotMember(user_id("ada")))]);
    assert!(world.member("ada", "other").is_some());
}

#[tokio::test]
async fn what_was_changed_meanwhile_is_read_again_and_removed() {
    let world = World::of(
        vec![active("ada"), active("bob")],
        vec![membership("ada", "team"), membership("bob", "team")],
    );
    world.meddle(|it| it.rewrite("ada", "team", |it| it));
    world.meddle(|it| it.memberships.retain(|it| it.user != user_id("bob")));
    let outcomes = run(&world, &["ada", "bob"]).await.unwrap();
    assert_eq!(outcomes[0].as_ref().map(|it| it.version), Ok(2));
    assert_eq!(outcomes[1], Err(Refusal::NotMember(user_id("bob"))));
    assert_eq!(world.once_written().removed.len(), 1);
}

#[tokio::test]
async fn who_always_loses_is_told_that_the_store_is_busy() {
    let world = World::of(vec![active("ada")], vec![membership("ada", "team")]);
    world.state().losing = true;
    assert!(matches!(run(&world, &["ada"]).await, Err(MembersError::Store(_))));
}

#[tokio::test]
async fn an_inviter_removes_nobody_and_the_helpdesk_does() {
    let world = World::of(vec![active("ada")], vec![membership("ada", "team")]);
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
    let outcome = RemoveMembers::new(&MockPorts::default().into(), &policy)
        .run(&caller(), &place("team"), &["ada", "bob"].map(naming))
        .await;
    assert!(matches!(outcome, Err(MembersError::TooMany { limit: 1 })));
}

fn naming(name: &str) -> Naming {
    UserRef::Id(user_id(name)).into()
}

fn remove(world: &World) -> RemoveMembers {
    RemoveMembers::new(&world.ports, &Policy::at("http://usher.test"))
}

async fn run(
    world: &World,
    names: &[&str],
) -> Result<Vec<Result<Membership, Refusal>>, MembersError> {
    let names: Vec<_> = names.iter().copied().map(naming).collect();
    remove(world).run(&caller(), &place("team"), &names).await
}
