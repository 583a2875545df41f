//! What is counted of letters and invitations, in memory.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use usher_domain::{QuotaCount, QuotaKey, TenantId, Timestamp};

use crate::ports::{
    counts::Counts,
    error::StoreError,
    ledger::{Conflict, Spending},
};

/// Counts as a store does.
#[derive(Default)]
pub struct CountsInMemory {
    counts: Mutex<HashMap<(TenantId, QuotaKey), QuotaCount>>,
}

impl CountsInMemory {
    /// Counts all of these, or none of them: then it returns what there would be too many of.
    pub fn count(&self, spent: &[Spending]) -> Vec<Conflict> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut after = counts.clone();
        let mut exceeded = Vec::new();
        for it in spent {
            let Some(most) = it.most else { continue };
            let until = it.now + it.quota.window();
            let new = QuotaCount { spent: 0, until };
            let count = after.entry((it.tenant, it.key)).or_insert(new);
            if count.until <= it.now {
                *count = new;
            }
            count.spent += u64::from(it.amount);
            if count.spent > u64::from(most) {
                exceeded.push(Conflict::Quota(it.key));
            }
        }
        if exceeded.is_empty() {
            *counts = after;
        }
        exceeded
    }
}

#[async_trait]
impl Counts for CountsInMemory {
    async fn counted(
        &self,
        tenant: TenantId,
        keys: &[QuotaKey],
        now: Timestamp,
    ) -> Result<Vec<Option<QuotaCount>>, StoreError> {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let find = |key: &QuotaKey| counts.get(&(tenant, *key)).copied();
        Ok(keys.iter().map(|it| find(it).filter(|it| it.until > now)).collect())
    }
}
