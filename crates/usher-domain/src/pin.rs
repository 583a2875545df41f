//! Pins: a few characters that sign a member in to one organization.

use std::{collections::HashSet, fmt};

use uuid::Uuid;

use crate::{
    id::OrganizationId,
    keyring::{Keyring, Purpose},
};

/// A pin as it is stored: without its characters.
#[derive(Clone, PartialEq, Eq)]
pub struct Pin {
    /// A keyed digest, by which it is found; unique within the organization.
    pub digest: Vec<u8>,
    /// What the pin was made from; none for a pin that was imported.
    pub seed: Option<PinSeed>,
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(…)")
    }
}

/// What a pin is made from, together with a key. Without the key it reveals nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PinSeed {
    pub id: Uuid,
    /// Which of the pins of this seed: the steps from 0 to [`PinRules::space`] are all that there
    /// are, each once.
    pub step: u32,
}

/// What pins are made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinRules {
    characters: Vec<char>,
    length: usize,
}

/// Why rules for pins are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPinRules {
    #[error("a pin has 4 to 12 characters")]
    Length,
    #[error("the characters of pins are 2 to 62 letters and digits of ASCII, each once")]
    Characters,
}

/// Six digits.
impl Default for PinRules {
    fn default() -> Self {
        Self { characters: ('0'..='9').collect(), length: 6 }
    }
}

impl PinRules {
    pub const LENGTHS: std::ops::RangeInclusive<usize> = 4..=12;

    pub fn new(characters: &str, length: usize) -> Result<Self, InvalidPinRules> {
        if !Self::LENGTHS.contains(&length) {
            return Err(InvalidPinRules::Length);
        }
        let characters: Vec<_> = characters.chars().collect();
        let different: HashSet<_> = characters.iter().collect();
        let fits = characters.iter().all(char::is_ascii_alphanumeric) && characters.len() >= 2;
        if !fits || different.len() < characters.len() {
            return Err(InvalidPinRules::Characters);
        }
        Ok(Self { characters, length })
    }

    /// How many different pins there are.
    #[must_use]
    pub fn space(&self) -> u128 {
        let length = u32::try_from(self.length).unwrap_or(u32::MAX);
        (self.characters.len() as u128).saturating_pow(length)
    }

    /// Whether a text could be a pin at all, of whatever rules.
    #[must_use]
    pub fn is_pin(text: &str) -> bool {
        Self::LENGTHS.contains(&text.len()) && text.bytes().all(|it| it.is_ascii_alphanumeric())
    }

    fn spell(&self, mut number: u128) -> String {
        let base = self.characters.len() as u128;
        let next = |_| {
            let place = usize::try_from(number % base).unwrap_or_default();
            number /= base;
            self.characters[place]
        };
        (0..self.length).map(next).collect()
    }
}

impl Keyring {
    /// The pin that the first key makes of a seed. Without the key it cannot be predicted.
    #[must_use]
    pub fn pin(&self, rules: &PinRules, seed: PinSeed) -> String {
        made(rules, seed, &self.digest(Purpose::PinSeed, &[], seed.id.as_bytes()))
    }

    /// The digest by which a pin is stored. The same pin has another digest in another organization.
    #[must_use]
    pub fn pin_digest(&self, organization: &OrganizationId, pin: &str) -> Vec<u8> {
        self.digest(Purpose::Pin, organization.as_str().as_bytes(), pin.as_bytes())
    }

    /// The digests by which this pin may be stored: one for each key, the first key's first.
    #[must_use]
    pub fn pin_digests(&self, organization: &OrganizationId, pin: &str) -> Vec<Vec<u8>> {
        self.digests(Purpose::Pin, organization.as_str().as_bytes(), pin.as_bytes()).collect()
    }

    /// The characters of a stored pin; `None` for a pin that was imported, or that was made with
    /// another key or by other rules.
    #[must_use]
    pub fn reveal_pin(
        &self,
        rules: &PinRules,
        organization: &OrganizationId,
        pin: &Pin,
    ) -> Option<String> {
        let seed = pin.seed?;
        self.digests(Purpose::PinSeed, &[], seed.id.as_bytes())
            .map(|bytes| made(rules, seed, &bytes))
            .find(|text| self.pin_digests(organization, text).contains(&pin.digest))
    }
}

/// Walks through all pins, from a place and with a stride that the seed decides. The stride has no
/// divisor in common with the space, so that it comes past every pin before it comes back.
fn made(rules: &PinRules, seed: PinSeed, bytes: &[u8]) -> String {
    let number = |at: usize| {
        let bytes = bytes.get(at..at + 8).and_then(|it| it.try_into().ok()).unwrap_or_default();
        u128::from(u64::from_be_bytes(bytes))
    };
    let (space, base) = (rules.space(), rules.characters.len() as u128);
    // Both are below 2⁶⁴ · 62, a step below 2³²: nothing overflows.
    let stride = 1 + base * (number(8) % (space / base));
    let place = (number(0) << 8 | number(16) & 0xff) % space;
    rules.spell((place + (u128::from(seed.step) * (stride % space)) % space) % space)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::keyring::Key;

    fn ring(secrets: &[u8]) -> Keyring {
        Keyring::new(secrets.iter().map(|it| Key::new("k", [*it; 32])).collect()).unwrap()
    }

    fn seed(id: u128, step: u32) -> PinSeed {
        PinSeed { id: Uuid::from_u128(id), step }
    }

    #[test]
    fn the_steps_of_a_seed_are_all_the_pins_there_are() {
        let (keys, rules) = (ring(&[1]), PinRules::new("0123456789", 4).unwrap());
        let all: HashSet<_> = (0..10_000).map(|step| keys.pin(&rules, seed(7, step))).collect();
        assert_eq!(all.len(), 10_000);
        assert!(all.iter().all(|it| it.len() == 4 && it.bytes().all(|it| it.is_ascii_digit())));
    }

    #[test]
    fn a_pin_is_revealed_by_its_own_key_and_rules_alone() {
        let rules = PinRules::default();
        let org = OrganizationId::parse("acme").unwrap();
        let old = ring(&[1]);
        let text = old.pin(&rules, seed(7, 3));
        let pin = Pin { digest: old.pin_digest(&org, &text), seed: Some(seed(7, 3)) };
        assert_eq!(ring(&[2, 1]).reveal_pin(&rules, &org, &pin), Some(text.clone()));
        assert!(ring(&[2, 1]).pin_digests(&org, &text).contains(&pin.digest));
        assert_eq!(ring(&[2]).reveal_pin(&rules, &org, &pin), None);
        let longer = PinRules::new("0123456789", 7).unwrap();
        assert_eq!(old.reveal_pin(&longer, &org, &pin), None);
        let other = OrganizationId::parse("other").unwrap();
        assert_ne!(old.pin_digest(&other, &text), pin.digest);
        assert_eq!(old.reveal_pin(&rules, &org, &Pin { seed: None, ..pin }), None);
    }

    #[test]
    fn unless_said_otherwise_there_are_a_million_pins() {
        assert_eq!(PinRules::default().space(), 1_000_000);
    }

    #[test]
    fn pins_that_are_too_short_or_ambiguous_are_no_rules() {
        assert_eq!(PinRules::new("0123456789", 3), Err(InvalidPinRules::Length));
        assert_eq!(PinRules::new("0123456789", 13), Err(InvalidPinRules::Length));
        for characters in ["", "0", "00", "0 ", "01ü"] {
            assert_eq!(PinRules::new(characters, 4), Err(InvalidPinRules::Characters));
        }
        assert_eq!(PinRules::new("01", 4).unwrap().space(), 16);
    }

    proptest! {
        #[test]
        fn pins_of_any_rules_have_their_length_and_characters(
            id: u128, step: u32, length in 4_usize..=12, many in 2_usize..=62,
        ) {
            let all: String = ('0'..='9').chain('a'..='z').chain('A'..='Z').take(many).collect();
            let pin = ring(&[1]).pin(&PinRules::new(&all, length).unwrap(), seed(id, step));
            prop_assert!(PinRules::is_pin(&pin) && pin.len() == length);
            prop_assert!(pin.chars().all(|it| all.contains(it)));
        }
    }
}
