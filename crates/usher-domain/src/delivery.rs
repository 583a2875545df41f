//! Attempts to deliver letters, and their outcomes.

use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::{
    id::{DeliveryId, TenantId},
    letter::Matter,
    timestamp::Timestamp,
};

/// One attempt to deliver one letter.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    pub id: DeliveryId,
    pub tenant: TenantId,
    /// What the letter is about.
    pub matter: Matter,
    /// Which letter about it: 1 for the first, one more with each resend.
    pub letter: u32,
    /// Which attempt at that letter, from 1.
    pub attempt: u32,
    pub at: Timestamp,
    pub outcome: DeliveryOutcome,
    /// The mail server's own words, shortened to 500 characters.
    pub answer: String,
}

/// The outcome of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum DeliveryOutcome {
    /// The mail server accepted the letter.
    Sent,
    /// The attempt failed, and another one follows.
    Deferred,
    /// No attempt follows: the mail server refused the letter for good, or the invitation expired.
    Failed,
}

impl DeliveryOutcome {
    /// The word that is stored and shown for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}
