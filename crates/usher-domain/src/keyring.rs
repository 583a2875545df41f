//! Tokens, pins and keyed digests, derived from a few keys, so that no secret is stored.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use uuid::Uuid;

use crate::id::TenantId;

type HmacSha256 = Hmac<Sha256>;

/// What a token or digest is used for: one that is made for one purpose is not valid for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(strum::VariantArray))]
pub enum Purpose {
    /// The token in a link to an invitation that is mailed to the invitee, and shown to nobody else.
    MailedLink,
    /// The token in a link to an invitation that a caller is shown, to hand it over.
    HandedOverLink,
    /// The token in a session's cookie.
    Session,
    /// An access token, in place of a client id and secret.
    Access,
    /// The nonce of a form, which shows that a page of usher contained the form.
    Nonce,
    /// The page token of a list.
    Page,
    /// The digest by which a pin is found.
    Pin,
    /// The digest that a pin is made from.
    PinSeed,
    /// The token in the link by which a user proves to read their mailbox.
    Confirmation,
    /// The token in the link by which a user who forgot their password chooses another one.
    Reset,
    /// A refresh token, which opens a new session in place of an old one.
    Refresh,
    /// The digest of a name that somebody tried to sign in with.
    Attempt,
    /// The cookie of a browser with which somebody signed in before.
    Device,
    /// The digest of whose letters and invitations are counted.
    Quota,
}

impl Purpose {
    fn label(self) -> &'static [u8] {
        match self {
            Self::MailedLink => b"usher mailed link",
            Self::HandedOverLink => b"usher handed-over link",
            Self::Session => b"usher session",
            Self::Access => b"usher access",
            Self::Nonce => b"usher nonce",
            Self::Page => b"usher page",
            Self::Pin => b"usher pin",
            Self::PinSeed => b"usher pin seed",
            Self::Confirmation => b"usher confirmation",
            Self::Reset => b"usher password reset",
            Self::Refresh => b"usher refresh",
            Self::Attempt => b"usher attempt",
            Self::Device => b"usher device",
            Self::Quota => b"usher quota",
        }
    }
}

/// One secret key, and the name by which operators distinguish it from others.
#[derive(Clone)]
pub struct Key {
    pub name: String,
    secret: Vec<u8>,
}

/// Why a text is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKey {
    #[error("a key has the form name:secret, the secret in base64url")]
    Form,
    #[error("a key's secret is at least 32 bytes")]
    TooShort,
    #[error("there must be at least one key")]
    None,
}

impl Key {
    #[must_use]
    pub fn new(name: &str, secret: [u8; 32]) -> Self {
        Self { name: name.to_owned(), secret: secret.to_vec() }
    }

    /// Reads `name:secret`, the secret in base64url without padding.
    pub fn parse(text: &str) -> Result<Self, InvalidKey> {
        let (name, secret) = text.trim().split_once(':').ok_or(InvalidKey::Form)?;
        let secret = BASE64_URL_SAFE_NO_PAD.decode(secret).map_err(|_| InvalidKey::Form)?;
        if secret.len() < 32 {
            return Err(InvalidKey::TooShort);
        }
        Ok(Self { name: name.to_owned(), secret })
    }

    /// What [`Self::parse`] reads. It is secret, and only for the file of the key.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("{}:{}", self.name, BASE64_URL_SAFE_NO_PAD.encode(&self.secret))
    }

    fn mac(&self, purpose: Purpose, parts: &[&[u8]]) -> HmacSha256 {
        let mut mac =
            HmacSha256::new_from_slice(&self.secret).expect("HMAC takes keys of any length");
        mac.update(purpose.label());
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac
    }
}

impl Key {
    /// The cipher that seals for this purpose, with a key of its own.
    fn cipher(&self, purpose: Purpose) -> LessSafeKey {
        let secret = self.mac(purpose, &[b"seal"]).finalize().into_bytes();
        let key = UnboundKey::new(&AES_256_GCM_SIV, &secret);
        LessSafeKey::new(key.expect("HMAC-SHA-256 makes keys of this length"))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.name)
    }
}

/// The keys in use: the first one makes tokens, and all of them verify tokens, so that keys can be
/// rotated.
#[derive(Clone, Debug)]
pub struct Keyring {
    keys: Vec<Key>,
}

/// The length of the proof in a token: an HMAC-SHA-256, cut to its first 128 bits.
const PROOF: usize = 16;

/// A token as presented: the tenant and the id of a row, and the proof that [`Keyring::proves`] verifies.
#[derive(Clone)]
pub struct Token {
    pub tenant: TenantId,
    pub id: Uuid,
    proof: [u8; PROOF],
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({})", self.id.as_simple())
    }
}

impl Token {
    /// Reads 64 characters of base64url; `None` if it is anything else. It does not verify the proof.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 64 {
            return None;
        }
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let (tenant, rest) = bytes.split_at_checked(16)?;
        let (id, proof) = rest.split_at_checked(16)?;
        let (tenant, id) = (Uuid::from_slice(tenant).ok()?, Uuid::from_slice(id).ok()?);
        Some(Self { tenant: TenantId(tenant), id, proof: proof.try_into().ok()? })
    }
}

impl Keyring {
    pub fn new(keys: Vec<Key>) -> Result<Self, InvalidKey> {
        if keys.is_empty() { Err(InvalidKey::None) } else { Ok(Self { keys }) }
    }

    /// `base64url(tenant ‖ id ‖ HMAC-SHA-256(key, purpose ‖ tenant ‖ id ‖ generation))`, the HMAC cut to 128
    /// bits (RFC 2104, section 5): 64 characters.
    #[must_use]
    pub fn token(&self, purpose: Purpose, tenant: TenantId, id: Uuid, generation: u32) -> String {
        self.token_bound_to(purpose, tenant, id, &generation.to_be_bytes())
    }

    /// As [`Self::token`], with any bytes in place of the generation: the token is void as soon as
    /// they are others.
    #[must_use]
    pub fn token_bound_to(
        &self,
        purpose: Purpose,
        tenant: TenantId,
        id: Uuid,
        state: &[u8],
    ) -> String {
        let (tenant, id) = (tenant.0.as_bytes(), id.as_bytes());
        let proof = self.keys[0].mac(purpose, &[tenant, id, state]).finalize().into_bytes();
        let bytes = [tenant.as_slice(), id, &proof[..PROOF]].concat();
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Whether one of the keys made this token for this purpose and generation. Constant time.
    #[must_use]
    pub fn proves(&self, purpose: Purpose, token: &Token, generation: u32) -> bool {
        self.proves_bound_to(purpose, token, &generation.to_be_bytes())
    }

    /// Whether one of the keys made this token for this purpose and these bytes. Constant time.
    #[must_use]
    pub fn proves_bound_to(&self, purpose: Purpose, token: &Token, state: &[u8]) -> bool {
        self.keys.iter().any(|key| {
            let mac = key.mac(purpose, &[token.tenant.0.as_bytes(), token.id.as_bytes(), state]);
            mac.verify_truncated_left(&token.proof).is_ok()
        })
    }

    /// Bytes that clients can hand back, and can neither read nor change, by AES-256-GCM-SIV (RFC
    /// 8452): `base64url(nonce ‖ ciphertext ‖ tag)`. `context` is not part of the text, but must be the
    /// same when it is opened. The same bytes in the same context make the same text.
    #[must_use]
    pub fn seal(&self, purpose: Purpose, context: &[u8], bytes: &[u8]) -> String {
        let key = &self.keys[0];
        let digest = key.mac(purpose, &[b"nonce", context, bytes]).finalize().into_bytes();
        let mut sealed = digest[..NONCE_LEN].to_vec();
        let nonce = Nonce::try_assume_unique_for_key(&sealed).expect("it has this length");
        let mut hidden = bytes.to_vec();
        let sealing =
            key.cipher(purpose).seal_in_place_append_tag(nonce, Aad::from(context), &mut hidden);
        sealing.expect("what is sealed is far shorter than the cipher allows");
        sealed.append(&mut hidden);
        BASE64_URL_SAFE_NO_PAD.encode(sealed)
    }

    /// What was sealed; `None` if it was not sealed here for this purpose and context.
    #[must_use]
    pub fn open(&self, purpose: Purpose, context: &[u8], sealed: &str) -> Option<Vec<u8>> {
        if sealed.len() > 4096 {
            return None;
        }
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (nonce, hidden) = bytes.split_at_checked(NONCE_LEN)?;
        self.keys.iter().find_map(|key| {
            let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
            let mut hidden = hidden.to_vec();
            let opened = key.cipher(purpose).open_in_place(nonce, Aad::from(context), &mut hidden);
            opened.ok().map(|it| it.to_vec())
        })
    }

    /// A keyed digest: the same for the same bytes and context as long as the key is the same.
    #[must_use]
    pub fn digest(&self, purpose: Purpose, context: &[u8], bytes: &[u8]) -> Vec<u8> {
        self.keys[0].mac(purpose, &[context, bytes]).finalize().into_bytes().to_vec()
    }

    /// The digest by each of the keys, the first key's first.
    pub(crate) fn digests(
        &self,
        purpose: Purpose,
        context: &[u8],
        bytes: &[u8],
    ) -> impl Iterator<Item = Vec<u8>> {
        let mac = move |key: &Key| key.mac(purpose, &[context, bytes]);
        self.keys.iter().map(move |key| mac(key).finalize().into_bytes().to_vec())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;
    use strum::VariantArray as _;

    use super::*;

    const TENANT: TenantId = TenantId(Uuid::from_u128(5));

    fn ring(secrets: &[u8]) -> Keyring {
        Keyring::new(secrets.iter().map(|it| Key::new("k", [*it; 32])).collect()).unwrap()
    }

    #[test]
    fn each_purpose_has_a_label_of_its_own() {
        let labels: HashSet<_> = Purpose::VARIANTS.iter().map(|it| it.label()).collect();
        assert_eq!(labels.len(), Purpose::VARIANTS.len());
    }

    #[test]
    fn a_token_proves_its_own_purpose_and_generation_only() {
        let keys = ring(&[1]);
        let id = Uuid::from_u128(7);
        let text = keys.token(Purpose::MailedLink, TENANT, id, 3);
        let token = Token::parse(&text).unwrap();
        assert_eq!((text.len(), token.tenant, token.id), (64, TENANT, id));
        assert!(keys.proves(Purpose::MailedLink, &token, 3));
        assert!(!keys.proves(Purpose::MailedLink, &token, 2));
        assert!(!keys.proves(Purpose::HandedOverLink, &token, 3));
        assert!(!keys.proves(Purpose::Session, &token, 3));
        assert!(!ring(&[2]).proves(Purpose::MailedLink, &token, 3));
    }

    /// The tenant is what the row is looked up in, so it must not be anybody's to choose.
    #[test]
    fn a_token_proves_nothing_in_another_tenant() {
        let (keys, id) = (ring(&[1]), Uuid::from_u128(7));
        let token = Token::parse(&keys.token(Purpose::Session, TENANT, id, 1)).unwrap();
        let elsewhere = Token { tenant: TenantId(Uuid::from_u128(6)), ..token.clone() };
        assert!(keys.proves(Purpose::Session, &token, 1));
        assert!(!keys.proves(Purpose::Session, &elsewhere, 1));
    }

    #[test]
    fn a_previous_key_still_verifies() {
        let token = ring(&[1]).token(Purpose::Session, TENANT, Uuid::from_u128(7), 1);
        let token = Token::parse(&token).unwrap();
        assert!(ring(&[2, 1]).proves(Purpose::Session, &token, 1));
    }

    #[test]
    fn what_is_sealed_opens_with_its_context_alone() {
        let keys = ring(&[1]);
        let sealed = keys.seal(Purpose::Page, b"tenant", b"cursor");
        assert_eq!(keys.open(Purpose::Page, b"tenant", &sealed).unwrap(), b"cursor");
        assert_eq!(keys.open(Purpose::Page, b"other", &sealed), None);
        assert_eq!(keys.open(Purpose::Nonce, b"tenant", &sealed), None);
        assert_eq!(keys.open(Purpose::Page, b"tenant", ""), None);
        assert_eq!(keys.open(Purpose::Page, b"tenant", &"A".repeat(40)), None);
        assert_eq!(ring(&[2, 1]).open(Purpose::Page, b"tenant", &sealed).unwrap(), b"cursor");
        assert_eq!(ring(&[2]).open(Purpose::Page, b"tenant", &sealed), None);
    }

    #[test]
    fn what_is_sealed_shows_nothing_of_itself() {
        let (keys, hidden) = (ring(&[1]), b"ceo@acme.example");
        let sealed = keys.seal(Purpose::Page, b"tenant", hidden);
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(&sealed).unwrap();
        assert_eq!(bytes.len(), 12 + hidden.len() + 16);
        assert!(hidden.windows(4).all(|part| bytes.windows(4).all(|it| it != part)));
    }

    #[test]
    fn keys_are_read_as_they_are_written_and_short_ones_refused() {
        let key = Key::new("k1", [9; 32]);
        assert_eq!(Key::parse(&key.reveal()).unwrap().secret, key.secret);
        assert_eq!(Key::parse("k1:AAAA").unwrap_err(), InvalidKey::TooShort);
        assert_eq!(Key::parse("AAAA").unwrap_err(), InvalidKey::Form);
        assert_eq!(format!("{key:?}"), "Key(k1)");
    }

    proptest! {
        #[test]
        fn one_changed_character_voids_what_is_sealed(at in 0_usize..46, to in "[A-Za-z0-9_-]") {
            let keys = ring(&[1]);
            let sealed = keys.seal(Purpose::Page, b"", b"cursor");
            let mut changed = sealed.clone();
            changed.replace_range(at..=at, &to);
            let is_open = keys.open(Purpose::Page, b"", &changed).is_some();
            prop_assert_eq!(is_open, changed == sealed);
        }

        #[test]
        fn one_changed_character_voids_a_token(at in 0_usize..64, to in "[A-Za-z0-9_-]") {
            let keys = ring(&[1]);
            let text = keys.token(Purpose::MailedLink, TENANT, Uuid::from_u128(7), 1);
            let mut changed = text.clone();
            changed.replace_range(at..=at, &to);
            let proven = Token::parse(&changed)
                .is_some_and(|it| keys.proves(Purpose::MailedLink, &it, 1));
            prop_assert_eq!(proven, changed == text);
        }
    }
}
