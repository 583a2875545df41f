//! How many sessions a user may have: where another one begins, the oldest ones end.

use usher_domain::{Session, Timestamp};

use crate::{ports::error::StoreError, shared::core::Core};

/// How many more than the user may have are ended in one commit, after the operator lowered the bound
/// or several began at once.
const BEYOND: u64 = 100;

/// The sessions of its user that end, so that this one may begin. They are to be written by the
/// commit in which it begins; of two that end the same one, one meets a conflict.
pub(crate) async fn ended_for_another(
    core: &Core,
    new: &Session,
    now: Timestamp,
) -> Result<Vec<Session>, StoreError> {
    let most = core.policy.quotas.sessions as usize;
    if most == 0 {
        return Ok(Vec::new());
    }
    let limit = most as u64 + BEYOND;
    let newest_first = core.ports.sessions.list(new.tenant, &new.user, now, limit).await?;
    Ok(newest_first.into_iter().skip(most - 1).map(|it| it.closed(now)).collect())
}
