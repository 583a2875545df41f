//! The rows, and how they become domain values. Nothing outside this crate sees a row.

pub(crate) mod audit;
pub(crate) mod credential;
pub(crate) mod delivery;
pub(crate) mod invitation;
pub(crate) mod membership;
pub(crate) mod organization;
pub(crate) mod outbox;
pub(crate) mod person;
pub(crate) mod profile;
pub(crate) mod role;
pub(crate) mod session;
pub(crate) mod slice;
pub(crate) mod task;
pub(crate) mod tenant;

use std::{collections::BTreeMap, fmt::Write as _};

use sea_orm::FromJsonQueryResult;
use serde::{Deserialize, Serialize};
use usher_application::StoreError;
use usher_domain::{Authority, Locale, OrganizationId, ProfileId, UserId};

/// Roles as a JSON array.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(transparent)]
pub struct Roles(pub Vec<String>);

/// Labels as a JSON object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(transparent)]
pub struct Labels(pub BTreeMap<String, String>);

fn user_id(text: &str) -> Result<UserId, StoreError> {
    UserId::parse(text).map_err(StoreError::new)
}

fn organization_id(text: &str) -> Result<OrganizationId, StoreError> {
    OrganizationId::parse(text).map_err(StoreError::new)
}

fn profile_id(text: &str) -> Result<ProfileId, StoreError> {
    ProfileId::parse(text).map_err(StoreError::new)
}

fn locale(text: &str) -> Result<Locale, StoreError> {
    Locale::parse(text).map_err(StoreError::new)
}

fn authority(text: &str) -> Result<Authority, StoreError> {
    text.parse().map_err(StoreError::new)
}

fn count(number: i64) -> Result<u32, StoreError> {
    number.try_into().map_err(StoreError::new)
}

/// Reads what may be missing.
fn given<T>(
    text: Option<&str>,
    read: impl FnOnce(&str) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    text.map(read).transpose()
}

/// One of a closed set by its name.
fn named<T: Copy>(
    all: &[T],
    name: impl Fn(T) -> &'static str,
    text: &str,
) -> Result<T, StoreError> {
    let found = all.iter().copied().find(|it| name(*it) == text);
    found.ok_or_else(|| StoreError::new(format!("a row holds the unknown word `{text}`")))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Result<Vec<u8>, StoreError> {
    let digits = text.as_bytes().chunks(2);
    let bytes = digits.map(|it| u8::from_str_radix(std::str::from_utf8(it).ok()?, 16).ok());
    bytes.collect::<Option<_>>().ok_or_else(|| StoreError::new("a row holds a broken digest"))
}
