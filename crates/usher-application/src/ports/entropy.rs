//! Chance.

use uuid::Uuid;

/// The one source of chance.
#[cfg_attr(feature = "testing", mockall::automock)]
pub trait Entropy: Send + Sync {
    /// A fresh UUIDv7: ids sort by age.
    fn id(&self) -> Uuid;

    /// 256 bits that nobody can guess.
    fn secret(&self) -> [u8; 32];
}
