//! The ports Clock and Entropy on this machine. Nothing else asks for the time or for random numbers.

use std::time::Duration;

use async_trait::async_trait;
use chrono::SubsecRound as _;
use usher_application::{Clock, Entropy};
use usher_domain::Timestamp;
use uuid::Uuid;

/// The clock of this machine, in whole microseconds, which is what both databases store.
pub(crate) struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the Clock")]
    fn now(&self) -> Timestamp {
        chrono::Utc::now().trunc_subsecs(6)
    }

    async fn rest(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

/// The random numbers of the operating system.
pub(crate) struct OsEntropy;

impl Entropy for OsEntropy {
    #[expect(clippy::disallowed_methods, reason = "this is the Entropy")]
    fn id(&self) -> Uuid {
        Uuid::now_v7()
    }

    #[expect(clippy::disallowed_methods, reason = "this is the Entropy")]
    fn secret(&self) -> [u8; 32] {
        let mut bits = [0; 32];
        rand::fill(&mut bits);
        bits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn now_is_in_whole_microseconds() {
        for _ in 0..100 {
            assert_eq!(SystemClock.now().timestamp_subsec_nanos() % 1000, 0);
        }
    }

    #[test]
    fn ids_sort_by_age_and_secrets_differ() {
        let ids: Vec<_> = (0..1000).map(|_| OsEntropy.id()).collect();
        assert!(ids.is_sorted());
        assert_eq!(ids[0].get_version_num(), 7);
        assert_ne!(OsEntropy.secret(), OsEntropy.secret());
    }
}
