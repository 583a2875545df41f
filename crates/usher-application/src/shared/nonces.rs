//! Nonces: proof that a form came from a page of ours, a short while ago.

use std::sync::Arc;

use chrono::TimeDelta;
use usher_domain::{Keyring, Purpose, Timestamp};

use crate::ports::{Ports, clock::Clock};

/// Makes nonces and checks them. Nothing is stored.
#[derive(Clone)]
pub struct FormNonces {
    clock: Arc<dyn Clock>,
    keyring: Keyring,
}

impl FormNonces {
    /// How long a page may stay open before its form is sent.
    pub const LIFE: TimeDelta = TimeDelta::hours(12);

    #[must_use]
    pub fn new(ports: &Ports, keyring: &Keyring) -> Self {
        Self { clock: ports.clock.clone(), keyring: keyring.clone() }
    }

    /// A nonce for a form; `context` says which form, and for whom.
    #[must_use]
    pub fn nonce(&self, context: &str) -> String {
        let now = self.clock.now().timestamp().to_be_bytes();
        self.keyring.seal(Purpose::Nonce, context.as_bytes(), &now)
    }

    /// Whether the nonce was made here for this context, no longer ago than [`Self::LIFE`].
    #[must_use]
    pub fn accepts(&self, context: &str, nonce: &str) -> bool {
        let bytes = self.keyring.open(Purpose::Nonce, context.as_bytes(), nonce);
        let seconds = bytes.and_then(|it| Some(i64::from_be_bytes(it.try_into().ok()?)));
        let made_at = seconds.and_then(|it| Timestamp::from_timestamp(it, 0));
        made_at.is_some_and(|it| self.clock.now() - it < Self::LIFE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ManualClock, MockPorts, keyring, noon};

    #[test]
    fn a_nonce_is_good_for_its_form_and_for_a_while() {
        let clock = Arc::new(ManualClock::at(noon()));
        let ports = Ports { clock: clock.clone(), ..MockPorts::default().into() };
        let forms = FormNonces::new(&ports, &keyring());
        let nonce = forms.nonce("signin");
        assert!(forms.accepts("signin", &nonce));
        assert!(!forms.accepts("accept", &nonce));
        assert!(!forms.accepts("signin", ""));
        clock.advance(FormNonces::LIFE);
        assert!(!forms.accepts("signin", &nonce));
    }
}
