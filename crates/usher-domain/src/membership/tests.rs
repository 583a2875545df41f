use chrono::TimeDelta;
use uuid::Uuid;

use super::*;
use crate::{id::SessionId, pin::PinSeed};

#[test]
fn a_session_is_honoured_as_long_as_the_pin_that_opened_it_is_there() {
    let second = TimeDelta::seconds(1);
    let seeded = |id| Some(PinSeed { id: Uuid::from_u128(id), step: 9 });
    for (what, joined, pin, expected) in [
        ("since before", Timestamp::UNIX_EPOCH, Some(seeded(6)), true),
        ("from outside", Timestamp::UNIX_EPOCH, Some(None), true),
        ("without a pin", Timestamp::UNIX_EPOCH, None, false),
        ("another pin", Timestamp::UNIX_EPOCH, Some(seeded(8)), false),
        ("came back", Timestamp::UNIX_EPOCH + second, Some(seeded(6)), false),
    ] {
        let pin = pin.map(|seed| Pin { digest: vec![1], seed });
        let held = Membership { pin, ..membership(joined) };
        assert_eq!(held.honours(&session(7)), expected, "{what}");
    }
}

#[test]
fn a_session_that_was_signed_out_is_over_whatever_the_clock_says() {
    let now = Timestamp::UNIX_EPOCH;
    let open = session(7);
    assert!(open.lasts(now) && !open.lasts(now + TimeDelta::hours(1)));
    let closed = open.closed(now + TimeDelta::seconds(1));
    assert!(!closed.lasts(now));
}

fn membership(joined_at: Timestamp) -> Membership {
    let (user, place) = (UserId::parse("ada").unwrap(), OrganizationId::parse("team").unwrap());
    Membership::new(MembershipId(Uuid::nil()), TenantId(Uuid::nil()), user, place, joined_at)
}

fn session(id: u128) -> Session {
    let (id, user) = (SessionId(Uuid::from_u128(id)), UserId::parse("ada").unwrap());
    let now = Timestamp::UNIX_EPOCH;
    Session::open(id, TenantId(Uuid::nil()), user, now, TimeDelta::hours(1))
}
