//! The time.

use std::time::Duration;

use async_trait::async_trait;
use usher_domain::Timestamp;

/// Tells the time.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Clock: Send + Sync {
    /// Now, cut to whole microseconds: what both databases keep.
    fn now(&self) -> Timestamp;

    /// Returns when this time has passed.
    async fn rest(&self, time: Duration);
}
