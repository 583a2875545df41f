//! How many sessions a user may have: where another one begins, the oldest ones end.

use usher_domain::{Session, Timestamp, User};

use crate::{ports::error::StoreError, shared::core::Core};

/// How many more than the user may have are ended in one commit, after the operator lowered the bound
/// or several began at once.
const BEYOND: u64 = 100;

/// The sessions that end, so that another one of this user may begin. They are to be written by the
/// commit in which it begins; of two that end the same one, one meets a conflict and is decided on
/// again.
pub(crate) async fn ended_for_another(
    core: &Core,
    user: &User,
    now: Timestamp,
) -> Result<Vec<Session>, StoreError> {
    let most = core.policy.quotas.sessions as usize;
    if most == 0 {
        return Ok(Vec::new());
    }
    let limit = most as u64 + BEYOND;
    let newest_first = core.ports.sessions.list(user.tenant, &user.id, now, limit).await?;
    Ok(newest_first.into_iter().skip(most - 1).map(|it| it.closed(now)).collect())
}
