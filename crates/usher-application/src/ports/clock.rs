//! The time.

use usher_domain::Timestamp;

/// Tells the time.
#[cfg_attr(feature = "testing", mockall::automock)]
pub trait Clock: Send + Sync {
    /// Now, cut to whole microseconds: what both databases keep.
    fn now(&self) -> Timestamp;
}
