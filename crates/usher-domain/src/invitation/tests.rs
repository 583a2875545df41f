use proptest::prelude::*;
use std::collections::BTreeMap;
use uuid::Uuid;

use super::*;
use crate::{id::CredentialId, offer::Offer, policies::ResendPolicy};

fn pending() -> Invitation {
    let offer = Offer {
        organization: None,
        roles: Vec::new(),
        authority: None,
        labels: BTreeMap::new(),
        redirect: None,
        message: None,
        locale: None,
        template: None,
        inviter: None,
        lifetime: TimeDelta::days(7),
        quiet: false,
    };
    Invitation::issue(
        InvitationId(Uuid::from_u128(1)),
        TenantId(Uuid::from_u128(2)),
        Mailbox::parse("ada@example.org").unwrap(),
        offer,
        Actor::System,
        Timestamp::UNIX_EPOCH,
    )
}

fn ada() -> UserId {
    UserId::parse("ada").unwrap()
}

fn day(n: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + TimeDelta::days(n)
}

#[test]
fn it_expires_at_the_very_moment_and_not_before() {
    let it = pending();
    assert_eq!(it.state(day(7) - TimeDelta::microseconds(1)), State::Pending);
    assert_eq!(it.state(day(7)), State::Expired);
    assert_eq!(it.accept(ada(), day(7)), Err(Closed::Expired));
}

#[test]
fn it_is_a_gift_of_whoever_made_it_and_chose_the_roles_when_they_last_had_a_hand_in_it() {
    let [maker, other, heir] = [1, 2, 3].map(|it| Actor::Client(CredentialId(Uuid::from_u128(it))));
    let by = |who: &Actor, n| Gift::new(who.clone(), day(n));
    let gifts = |it: &Invitation| (it.gift(), it.gift_of_roles());
    let it = Invitation { creator: maker.clone(), ..pending() };
    assert_eq!(gifts(&it), (by(&maker, 0), by(&maker, 0)));
    let it = it.touched(maker.clone(), day(1)).touched(other.clone(), day(2));
    assert_eq!(gifts(&it), (by(&maker, 1), by(&maker, 1)));
    let it = it.touched(heir.clone(), day(3)).taken_over(&heir);
    assert_eq!(it.answers(), &heir);
    assert_eq!(gifts(&it), (by(&maker, 1), by(&maker, 1)));
    let chosen = it.clone().with_roles(vec!["a".to_owned()], &by(&other, 4));
    let chosen = chosen.touched(heir.clone(), day(5));
    assert_eq!(gifts(&chosen), (by(&maker, 1), by(&other, 4)));
    let chosen = chosen.touched(other.clone(), day(6)).touched(maker.clone(), day(7));
    assert_eq!(gifts(&chosen), (by(&maker, 7), by(&other, 6)));
    // Whoever answers for it may have the creator's roles taken out, and put in again by the creator.
    let back = it.with_roles(Vec::new(), &by(&heir, 4)).with_roles(Vec::new(), &by(&maker, 5));
    assert_eq!(back.roles_by, Some(by(&maker, 5)), "the creator is asked for them");
    let own = back.taken_over(&maker);
    assert_eq!((own.answers(), &own.taken_over_by), (&maker, &None));
    assert_eq!(own.with_roles(Vec::new(), &by(&maker, 6)).roles_by, None);
}

#[test]
fn an_expired_one_can_be_revoked_resent_or_lapse() {
    let it = pending();
    assert_eq!(it.revoke(Actor::System, day(8)).unwrap().status, Status::Revoked);
    assert_eq!(it.lapse(day(8)).unwrap().status, Status::Lapsed);
    let again = it.resend(ResendPolicy::Keep, Actor::System, day(8)).unwrap();
    assert_eq!((again.expires_at, again.letters), (day(15), 2));
    assert_eq!(it.lapse(day(6)), None);
    let lapsed = it.lapse(day(8)).unwrap();
    assert_eq!(lapsed.resend(ResendPolicy::Keep, Actor::System, day(9)), Err(Closed::Expired));
    assert_eq!(lapsed.revoke(Actor::System, day(9)), Err(Closed::Expired));
}

#[test]
fn what_is_closed_names_its_reason_whenever_it_is_asked() {
    let it = pending();
    let table = [
        (it.accept(ada(), day(1)).unwrap(), Closed::Accepted),
        (it.decline(day(1)).unwrap(), Closed::Declined),
        (it.revoke(Actor::System, day(1)).unwrap(), Closed::Revoked),
        (it.lapse(day(8)).unwrap(), Closed::Expired),
    ];
    for (closed, reason) in table {
        for now in [day(2), day(9)] {
            assert_eq!(closed.open(now), Err(reason));
            assert_eq!(closed.decline(now), Err(reason));
            assert_eq!(closed.revoke(Actor::System, now), Err(reason));
            assert_eq!(closed.resend(ResendPolicy::Keep, Actor::System, now), Err(reason));
        }
    }
}

#[test]
fn the_policy_decides_over_the_link_before() {
    let made_for = |generation| move |it| it == generation;
    let it = pending();
    let resent = |policy| it.resend(policy, Actor::System, day(1)).unwrap();
    let keep = resent(ResendPolicy::Keep);
    assert_eq!(keep.admits(made_for(1), day(2)), Some(Ok(())));
    assert_eq!((keep.letters, keep.expires_at), (2, day(7)));
    let rotated = resent(ResendPolicy::Rotate);
    assert_eq!(rotated.admits(made_for(1), day(1)), Some(Err(Closed::Superseded)));
    assert_eq!(rotated.admits(made_for(2), day(1)), Some(Ok(())));
    assert_eq!(rotated.admits(made_for(3), day(1)), None);
    let graced = resent(ResendPolicy::Grace);
    assert_eq!(graced.admits(made_for(1), day(2) - TimeDelta::seconds(1)), Some(Ok(())));
    assert_eq!(graced.admits(made_for(1), day(2)), Some(Err(Closed::Superseded)));
}

#[test]
fn grace_is_for_the_link_before_and_for_no_earlier_one() {
    let again = |it: &Invitation| it.resend(ResendPolicy::Grace, Actor::System, day(1)).unwrap();
    let twice = again(&again(&pending()));
    assert_eq!(twice.admits(|it| it == 2, day(1)), Some(Ok(())));
    assert_eq!(twice.admits(|it| it == 1, day(1)), Some(Err(Closed::Superseded)));
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Accept,
    Decline,
    Revoke,
    Resend(ResendPolicy),
    Lapse,
    Wait(i64),
}

fn step() -> impl Strategy<Value = Step> {
    use ResendPolicy::{Grace, Keep, Rotate};
    prop_oneof![
        Just(Step::Accept),
        Just(Step::Decline),
        Just(Step::Revoke),
        prop_oneof![Just(Keep), Just(Rotate), Just(Grace)].prop_map(Step::Resend),
        Just(Step::Lapse),
        (1_i64..300).prop_map(Step::Wait),
    ]
}

proptest! {
    #[test]
    fn whatever_happens_it_stays_sound(steps in proptest::collection::vec(step(), 0..40)) {
        let mut it = pending();
        let mut now = Timestamp::UNIX_EPOCH;
        for step in steps {
            let next = match step {
                Step::Accept => it.accept(ada(), now).ok(),
                Step::Decline => it.decline(now).ok(),
                Step::Revoke => it.revoke(Actor::System, now).ok(),
                Step::Resend(policy) => it.resend(policy, Actor::System, now).ok(),
                Step::Lapse => it.lapse(now),
                Step::Wait(hours) => {
                    now += TimeDelta::hours(hours);
                    continue;
                }
            };
            let Some(next) = next else { continue };
            prop_assert_eq!(it.status, Status::Pending, "what is closed stays closed");
            prop_assert_eq!(next.version, it.version + 1, "each change is one version");
            prop_assert!(next.generation >= it.generation && next.letters >= it.letters);
            prop_assert!(next.expires_at >= it.expires_at, "it never expires before it was said to");
            prop_assert_eq!(next.updated_at, now);
            prop_assert_eq!((next.id, next.issued_at, &next.mailbox), (it.id, it.issued_at, &it.mailbox));
            let accepted_late = next.status == Status::Accepted && now >= it.expires_at;
            prop_assert!(!accepted_late, "nobody accepts what has expired");
            it = next;
        }
    }
}
