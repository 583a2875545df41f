//! The loss of a primary, again and again.

use crate::failover::lose_a_primary;

/// How often.
const ROUNDS: usize = 20;

#[tokio::test]
async fn twenty_primaries_that_die_lose_nothing_and_mail_nobody_twice() {
    for round in 1..=ROUNDS {
        // At some moment, or with commits in hand.
        let counts = lose_a_primary(round % 2 == 0).await;
        eprintln!("round {round}: {counts}");
    }
}
