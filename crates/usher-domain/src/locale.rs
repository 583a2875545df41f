//! The language a person reads.

use std::fmt;

/// A BCP 47 language tag such as `de` or `de-AT`: language, then subtags.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Locale(String);

/// The text is not a language tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a language tag such as `de` or `de-AT`")]
pub struct InvalidLocale;

impl Locale {
    /// Reads a tag; `_` counts as `-`, as in `de_AT`.
    pub fn parse(text: &str) -> Result<Self, InvalidLocale> {
        let tag = text.trim().replace('_', "-");
        let mut parts = tag.split('-');
        let language = parts.next().unwrap_or_default();
        let letters = (2..=8).contains(&language.len())
            && language.bytes().all(|it| it.is_ascii_alphabetic());
        let subtags = parts
            .all(|it| (1..=8).contains(&it.len()) && it.bytes().all(|b| b.is_ascii_alphanumeric()));
        (letters && subtags && tag.len() <= 35).then_some(Self(tag)).ok_or(InvalidLocale)
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The language alone, in lower case: `de` of `de-AT`.
    #[must_use]
    pub fn language(&self) -> String {
        self.0.split('-').next().unwrap_or_default().to_ascii_lowercase()
    }
}

impl Default for Locale {
    fn default() -> Self {
        Self("en".to_owned())
    }
}

impl fmt::Debug for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Locale({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_read_and_nonsense_is_not() {
        for (text, language) in [("de", "de"), ("de_AT", "de"), ("zh-Hant-TW", "zh")] {
            assert_eq!(Locale::parse(text).unwrap().language(), language);
        }
        for bad in ["", "d", "de-", "de-\r\nX", "english language", "12"] {
            assert_eq!(Locale::parse(bad), Err(InvalidLocale), "{bad:?}");
        }
    }
}
