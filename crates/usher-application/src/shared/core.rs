//! What every use case is made from.

use std::sync::Arc;

use usher_domain::Keyring;

use crate::{
    policy::Policy,
    ports::Ports,
    shared::{counted_acts::CountedActs, spent_quotas::SpentQuotas},
};

/// The adapters in use, the operator's policy and the keyring: shared by all use cases.
pub(crate) struct Core {
    pub(crate) ports: Ports,
    pub(crate) policy: Policy,
    pub(crate) keyring: Keyring,
    pub(crate) acts: CountedActs,
    pub(crate) spent: SpentQuotas,
}

impl Core {
    pub(crate) fn new(ports: &Ports, keyring: &Keyring, policy: &Policy) -> Arc<Self> {
        Arc::new(Self {
            ports: ports.clone(),
            policy: policy.clone(),
            keyring: keyring.clone(),
            acts: CountedActs::new(ports),
            spent: SpentQuotas::default(),
        })
    }
}
