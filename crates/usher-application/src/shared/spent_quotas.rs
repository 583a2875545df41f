//! Quotas that are known to be used up, so that it is not found out again by a commit that fails.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use usher_domain::{QuotaKey, TenantId, Timestamp};

/// The most quotas that are remembered. When there are more, all are forgotten: the store knows them.
const MOST: usize = 10_000;

/// Quotas that were found used up, and until when. What was counted once stays counted as long.
#[derive(Default)]
pub(crate) struct SpentQuotas(Mutex<HashMap<(TenantId, QuotaKey), Timestamp>>);

impl SpentQuotas {
    /// Remembers that a quota is used up.
    pub(crate) fn note(&self, tenant: TenantId, key: QuotaKey, until: Timestamp) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert((tenant, key), until);
    }

    /// Whether one of these is known to be used up.
    pub(crate) fn has_any<'a>(
        &self,
        tenant: TenantId,
        keys: impl IntoIterator<Item = &'a QuotaKey>,
        now: Timestamp,
    ) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_known = |key: &QuotaKey| known.get(&(tenant, *key)).is_some_and(|it| now < *it);
        !known.is_empty() && keys.into_iter().any(is_known)
    }
}
