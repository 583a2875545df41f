//! Points in time.

/// An instant in UTC, to the microsecond. The domain takes it from its callers, and never reads a clock.
pub type Timestamp = chrono::DateTime<chrono::Utc>;
