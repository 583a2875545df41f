//! Pins: drawn so that none is in use, and told again to whom they belong.

use std::{collections::HashSet, ops::Range, sync::Arc};

use usher_domain::{OrganizationId, Pin, PinSeed, TenantId};
use uuid::Uuid;

use crate::{ports::error::StoreError, shared::core::Core};

/// Draws pins.
#[derive(Clone)]
pub(crate) struct Pins {
    core: Arc<Core>,
    patience: u32,
}

/// A pin for a new member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PinGrant {
    /// [`usher_domain::Membership::pin_allowed`]. Where it is granted, it is at their home as well.
    pub allowed: bool,
}

/// How many candidates each draws at once at first: as long as not many pins are in use, one of
/// them is free.
const FIRST: u32 = 4;
/// The most candidates of one draw after that.
const MOST: u32 = 4_096;
/// How many candidates are tried before a space too large to be tried in full counts as used up.
const PATIENCE: u32 = 1 << 17;

/// A pin that could be given.
struct Candidate {
    text: String,
    /// One for each key.
    digests: Vec<Vec<u8>>,
    seed: PinSeed,
}

impl Pins {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone(), patience: PATIENCE }
    }

    /// So many pins: all different, and none of them in use in the organization. Those for which
    /// none was left are `None`. Whether they are still free is for the commit to say.
    pub(crate) async fn draw(
        &self,
        tenant: TenantId,
        organization: &OrganizationId,
        count: usize,
    ) -> Result<Vec<Option<Pin>>, StoreError> {
        let seeds: Vec<_> = (0..count).map(|_| self.core.ports.entropy.id()).collect();
        let steps =
            u32::try_from(self.core.policy.pins.space()).unwrap_or(u32::MAX).min(self.patience);
        let first = 0..FIRST.min(steps);
        let drawn: Vec<_> =
            seeds.iter().map(|it| self.candidates(organization, *it, first.clone())).collect();
        let used = self.used(tenant, organization, drawn.iter().flatten()).await?;
        let mut given = HashSet::new();
        let mut pins = Vec::with_capacity(count);
        let mut none_left = false;
        for (seed, candidates) in seeds.into_iter().zip(drawn) {
            let mut pin = free(candidates, &used, &mut given);
            let mut next = first.end;
            while pin.is_none() && !none_left && next < steps {
                let range = next..steps.min(next.saturating_add(next.saturating_mul(8).min(MOST)));
                next = range.end;
                let more = self.candidates(organization, seed, range);
                let used = self.used(tenant, organization, more.iter()).await?;
                pin = free(more, &used, &mut given);
            }
            // Whoever comes next would only try the same ones.
            none_left |= pin.is_none();
            pins.push(pin);
        }
        Ok(pins)
    }

    /// The characters of a pin that was drawn here.
    pub(crate) fn reveal(&self, organization: &OrganizationId, pin: &Pin) -> Option<String> {
        self.core.keyring.reveal_pin(&self.core.policy.pins, organization, pin)
    }

    fn candidates(
        &self,
        organization: &OrganizationId,
        seed: Uuid,
        steps: Range<u32>,
    ) -> Vec<Candidate> {
        let candidate = |step| {
            let seed = PinSeed { id: seed, step };
            let text = self.core.keyring.pin(&self.core.policy.pins, seed);
            Candidate { digests: self.core.keyring.pin_digests(organization, &text), text, seed }
        };
        steps.map(candidate).collect()
    }

    /// Which of the digests of these are in use.
    async fn used<'a>(
        &self,
        tenant: TenantId,
        organization: &OrganizationId,
        candidates: impl Iterator<Item = &'a Candidate> + Send,
    ) -> Result<HashSet<Vec<u8>>, StoreError> {
        let digests: Vec<_> = candidates.flat_map(|it| it.digests.iter().cloned()).collect();
        if digests.is_empty() {
            return Ok(HashSet::new());
        }
        let holders = self.core.ports.organizations.holders(tenant, organization, &digests).await?;
        Ok(holders.into_iter().filter_map(|it| Some(it.pin?.digest)).collect())
    }
}

fn free(
    candidates: Vec<Candidate>,
    used: &HashSet<Vec<u8>>,
    given: &mut HashSet<String>,
) -> Option<Pin> {
    let is_free = |it: &Candidate| !it.digests.iter().any(|it| used.contains(it));
    let found = candidates.into_iter().find(|it| is_free(it) && !given.contains(&it.text))?;
    given.insert(found.text);
    Some(Pin { digest: found.digests.into_iter().next()?, seed: Some(found.seed) })
}

#[cfg(test)]
mod tests;
