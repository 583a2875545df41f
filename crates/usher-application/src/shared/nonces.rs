//! Nonces: proof that a form came from a page of ours, a short while ago.

use std::sync::Arc;

use chrono::TimeDelta;
use usher_domain::{Purpose, Timestamp};

use crate::shared::core::Core;

/// Makes nonces and checks them. Nothing is stored.
#[derive(Clone)]
pub struct FormNonces {
    core: Arc<Core>,
}

impl FormNonces {
    /// How long a page may stay open before its form is sent.
    pub const LIFE: TimeDelta = TimeDelta::hours(12);

    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone() }
    }

    /// A nonce for a form; `context` says which form, and for whom.
    #[must_use]
    pub fn nonce(&self, context: &str) -> String {
        let now = self.core.ports.clock.now().timestamp().to_be_bytes();
        self.core.keyring.seal(Purpose::Nonce, context.as_bytes(), &now)
    }

    /// Whether the nonce was made here for this context, no longer ago than [`Self::LIFE`].
    #[must_use]
    pub fn accepts(&self, context: &str, nonce: &str) -> bool {
        let bytes = self.core.keyring.open(Purpose::Nonce, context.as_bytes(), nonce);
        let seconds = bytes.and_then(|it| Some(i64::from_be_bytes(it.try_into().ok()?)));
        let made_at = seconds.and_then(|it| Timestamp::from_timestamp(it, 0));
        made_at.is_some_and(|it| self.core.ports.clock.now() - it < Self::LIFE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;
    use crate::ports::Ports;
    use crate::testing::core;
    use crate::testing::{ManualClock, MockPorts, noon};

    #[test]
    fn a_nonce_is_good_for_its_form_and_for_a_while() {
        let clock = Arc::new(ManualClock::at(noon()));
        let ports = Ports { clock: clock.clone(), ..MockPorts::default().into() };
        let forms = FormNonces::new(&core(&ports, &Policy::at("http://usher.test")));
        let nonce = forms.nonce("signin");
        assert!(forms.accepts("signin", &nonce));
        assert!(!forms.accepts("accept", &nonce));
        assert!(!forms.accepts("signin", ""));
        clock.advance(FormNonces::LIFE);
        assert!(!forms.accepts("signin", &nonce));
    }
}
