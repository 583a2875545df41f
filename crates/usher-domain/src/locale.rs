//! The language that a person reads, and the choice among those that there are texts in.

use std::{fmt, iter};

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

    /// The language that fits the wishes best: for the first wish, the language with its tag or with
    /// the longest beginning of it (`de` for `de-AT`), or else the same for the next wish. This is
    /// the lookup of RFC 4647, section 3.4. Case does not count.
    #[must_use]
    pub fn negotiate<'a, T: ToString>(
        available: impl IntoIterator<Item = T>,
        wishes: impl IntoIterator<Item = &'a Self>,
    ) -> Option<T> {
        let mut available: Vec<_> = available.into_iter().map(|it| (it.to_string(), it)).collect();
        let tagged = |wish: &str| available.iter().position(|it| it.0.eq_ignore_ascii_case(wish));
        let found = wishes.into_iter().flat_map(Self::with_wider).find_map(tagged)?;
        Some(available.swap_remove(found).1)
    }

    /// The tag, then the tags that it is a variant of: `de-AT`, `de`.
    fn with_wider(&self) -> impl Iterator<Item = &str> {
        iter::successors(Some(&*self.0), |it| it.rsplit_once('-').map(|(wider, _)| wider))
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

    fn locale(tag: &str) -> Locale {
        Locale::parse(tag).unwrap()
    }

    #[test]
    fn tags_are_read_and_nonsense_is_not() {
        for (text, tag) in [("de", "de"), (" de_AT ", "de-AT"), ("zh-Hant-TW", "zh-Hant-TW")] {
            assert_eq!(locale(text).as_str(), tag);
        }
        for bad in ["", "d", "de-", "de-\r\nX", "english language", "12", "*"] {
            assert_eq!(Locale::parse(bad), Err(InvalidLocale), "{bad:?}");
        }
    }

    #[test]
    fn the_first_wish_that_can_be_met_is_met_as_exactly_as_possible() {
        let available = ["en", "de", "pt-BR", "zh-Hant", "de-CH"];
        let table: &[(&[&str], Option<&str>)] = &[
            (&["de"], Some("de")),
            (&["de-AT"], Some("de")),
            (&["DE_ch"], Some("de-CH")),
            (&["de-Latn-AT-1996"], Some("de")),
            (&["de-DE-u-co-phonebk"], Some("de")),
            (&["zh-hant-TW"], Some("zh-Hant")),
            (&["fr", "de-AT", "en"], Some("de")),
            (&["fr-CA", "en-GB"], Some("en")),
            (&["deu"], None),
            (&["pt"], None),
            (&["abcdefgh-x-1"], None),
            (&[], None),
        ];
        for (wishes, expected) in table {
            let wishes: Vec<_> = wishes.iter().map(|it| locale(it)).collect();
            assert_eq!(Locale::negotiate(available, &wishes), *expected, "{wishes:?}");
        }
    }
}
