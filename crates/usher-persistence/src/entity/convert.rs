//! How the values of columns become values of the domain, and the other way round.

use std::{fmt::Write as _, str::FromStr};

use chrono::TimeDelta;
use usher_application::StoreError;
use usher_domain::{Authority, Locale, OrganizationId, ProfileId, UserId};

pub(super) fn user_id(text: &str) -> Result<UserId, StoreError> {
    UserId::parse(text).map_err(StoreError::new)
}

pub(super) fn organization_id(text: &str) -> Result<OrganizationId, StoreError> {
    OrganizationId::parse(text).map_err(StoreError::new)
}

pub(super) fn profile_id(text: &str) -> Result<ProfileId, StoreError> {
    ProfileId::parse(text).map_err(StoreError::new)
}

pub(super) fn locale(text: &str) -> Result<Locale, StoreError> {
    Locale::parse(text).map_err(StoreError::new)
}

pub(super) fn authority(text: &str) -> Result<Authority, StoreError> {
    text.parse().map_err(StoreError::new)
}

/// Reads the word of an enum.
pub(super) fn word<T: FromStr>(text: &str) -> Result<T, StoreError> {
    let unknown = || format!("a row holds the word `{text}`, which this version does not know");
    text.parse().map_err(|_| StoreError::new(unknown()))
}

pub(super) fn count(number: i64) -> Result<u32, StoreError> {
    number.try_into().map_err(StoreError::new)
}

/// Reads a column that may be null.
pub(super) fn optional<T>(
    text: Option<&str>,
    read: impl FnOnce(&str) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    text.map(read).transpose()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

pub(super) fn unhex(text: &str) -> Result<Vec<u8>, StoreError> {
    let digits = text.as_bytes().chunks(2);
    let bytes = digits.map(|it| u8::from_str_radix(std::str::from_utf8(it).ok()?, 16).ok());
    bytes
        .collect::<Option<_>>()
        .ok_or_else(|| StoreError::new("a row holds a digest that is not hexadecimal"))
}

/// A duration as it is stored: in microseconds.
pub(crate) fn micros(lifetime: TimeDelta) -> i64 {
    lifetime.num_microseconds().unwrap_or(i64::MAX)
}
