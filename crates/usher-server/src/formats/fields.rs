//! The fields of a record: texts that are parsed, with errors that name the field.

use std::fmt::Display;

use serde_json::{Map, Value, value::RawValue};
use usher_domain::Document;

/// Parses a field that must be there.
pub(crate) fn parse_field<T, E: Display>(
    field: &str,
    text: &str,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, String> {
    parse(text).map_err(|error| format!("`{field}`: {error}"))
}

/// Parses a field that may be missing.
pub(crate) fn parse_optional<T, E: Display>(
    field: &str,
    text: Option<&str>,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<Option<T>, String> {
    text.map(|it| parse_field(field, it, parse)).transpose()
}

/// `None` for the empty text, with which a record says that a value is to be removed.
pub(crate) fn non_empty(text: &str) -> Option<&str> {
    Some(text).filter(|it| !it.is_empty())
}

/// A document as a part of one line. A line break is replaced by a space, which JSON allows in its
/// place: in strings, line breaks are escaped.
pub(crate) fn one_line(document: &Document) -> Option<Box<RawValue>> {
    RawValue::from_string(document.0.replace(['\n', '\r'], " ")).ok()
}

/// A JSON object, kept as it was written. It is nested less than 128 deep, so that everybody can
/// read it.
pub(crate) fn parse_document(field: &str, raw: &RawValue) -> Result<Document, String> {
    serde_json::from_str::<Map<String, Value>>(raw.get())
        .map(|_| Document(raw.get().to_owned()))
        .map_err(|_| format!("`{field}` must be an object, nested less than 128 deep"))
}
