//! Points in time.

/// An instant in UTC, to the microsecond. Always handed in, never taken from the machine.
pub type Timestamp = chrono::DateTime<chrono::Utc>;
