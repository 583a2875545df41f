//! Why someone is not signed in.

use chrono::TimeDelta;
use usher_domain::whole_seconds;

use crate::ports::error::StoreError;

/// Why someone is not signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// There is no such person, they may not sign in, or the password or pin is another one. It is
    /// not said which.
    #[error("the name, or the password or pin, is wrong: check them and try again")]
    Wrong,
    /// How long from now nobody can sign in like this, whatever the password or pin is. Names that
    /// nobody has wait like all others.
    #[error("too many wrong passwords or pins: wait {} s and try again", whole_seconds(*.0))]
    Wait(TimeDelta),
    #[error(transparent)]
    Store(#[from] StoreError),
}
