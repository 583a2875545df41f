//! Attempts to sign in, counted in memory.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use usher_domain::{AttemptRecord, Counter, TenantId, Timestamp};

use crate::ports::{
    attempts::{Attempts, Counted, CountedAttempt},
    error::StoreError,
};

/// Counts attempts to sign in as a store does, without a bound.
#[derive(Default)]
pub struct AttemptsInMemory {
    records: Mutex<HashMap<(TenantId, Vec<u8>), AttemptRecord>>,
}

impl AttemptsInMemory {
    /// The record under this counter.
    pub fn record(&self, tenant: TenantId, counter: &Counter) -> AttemptRecord {
        let records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        records.get(&(tenant, counter.key.clone())).copied().unwrap_or_default()
    }

    /// How many records there are.
    pub fn count_records(&self) -> usize {
        self.records.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

#[async_trait]
impl Attempts for AttemptsInMemory {
    async fn count(
        &self,
        tenant: TenantId,
        counters: &[Counter],
        now: Timestamp,
    ) -> Result<Counted, StoreError> {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        let attempt = |counter: &Counter| {
            let before = records.get(&(tenant, counter.key.clone())).copied().unwrap_or_default();
            let after = before.attempted(now, counter.allowance)?;
            Ok(CountedAttempt { counter: counter.clone(), before, after })
        };
        let counted: Result<Vec<_>, _> = counters.iter().map(attempt).collect();
        let counted = match counted {
            Ok(counted) => counted,
            Err(wait) => return Ok(Counted::Wait(wait)),
        };
        for it in &counted {
            records.insert((tenant, it.counter.key.clone()), it.after);
        }
        Ok(Counted::Attempt(counted))
    }

    async fn take_back(
        &self,
        tenant: TenantId,
        attempt: &CountedAttempt,
        to: AttemptRecord,
    ) -> Result<(), StoreError> {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (tenant, attempt.counter.key.clone());
        match records.get(&key).copied() {
            None => {}
            Some(found) if found != attempt.after => {
                records.insert(key, found.taken_back());
            }
            Some(_) if to.failures == 0 => {
                records.remove(&key);
            }
            Some(_) => {
                records.insert(key, to);
            }
        }
        Ok(())
    }
}
