//! The languages that letters are written in: a folder each in `locales/`.

use std::collections::HashMap;

use chrono::{Datelike as _, Timelike as _};
use fluent_templates::{
    LanguageIdentifier, Loader as _, fluent_bundle::FluentValue, static_loader,
};
use usher_domain::{Locale, Timestamp};

static_loader! {
    static LANGUAGES = {
        locales: "./locales",
        fallback_language: "en",
        // `sanitize` isolates what is put in where its own direction asks for it, and only there.
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

/// A language that usher has texts in.
#[derive(Clone, Copy)]
pub(crate) struct Language(&'static LanguageIdentifier);

/// What texts may put in, by name.
pub(crate) type Arguments<'a> = HashMap<&'static str, FluentValue<'a>>;

impl Language {
    /// The nearest to the reader's: `de` for `de-AT`, and English where there is none.
    pub(crate) fn nearest(locale: &Locale) -> Self {
        Self(
            Locale::negotiate(LANGUAGES.locales(), [locale])
                .unwrap_or_else(|| LANGUAGES.fallback()),
        )
    }

    pub(crate) fn tag(self) -> String {
        self.0.to_string()
    }

    /// The text of that key in `locales/`. A test holds that every language has all of them.
    pub(crate) fn text(self, key: &str, arguments: &Arguments<'_>) -> String {
        LANGUAGES.lookup_single_language(self.0, key, Some(arguments)).unwrap_or_default()
    }

    /// The day and the minute, in UTC, which it names.
    pub(crate) fn date(self, at: Timestamp) -> String {
        let month = self.text(&format!("month-{}", at.month()), &Arguments::new());
        let arguments = Arguments::from([
            ("day", at.day().to_string().into()),
            ("month", month.into()),
            ("year", at.year().to_string().into()),
            ("time", format!("{:02}:{:02}", at.hour(), at.minute()).into()),
        ]);
        self.text("date", &arguments)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_nearest_language_is_taken() {
        for (locale, tag) in [
            ("de", "de"),
            ("de-AT", "de"),
            ("DE_ch", "de"),
            ("de-Latn-AT-1996", "de"),
            ("en-GB", "en"),
            ("fr", "en"),
            ("deu", "en"),
            ("abcdefgh-x-1", "en"),
        ] {
            assert_eq!(Language::nearest(&Locale::parse(locale).unwrap()).tag(), tag, "{locale}");
        }
    }

    #[test]
    fn dates_name_month_and_zone() {
        let at: Timestamp = "2026-03-01T09:05:59Z".parse().unwrap();
        let date = |locale| Language::nearest(&Locale::parse(locale).unwrap()).date(at);
        assert_eq!(date("en"), "1 March 2026, 09:05 UTC");
        assert_eq!(date("de"), "1. März 2026, 09:05 UTC");
    }

    #[test]
    fn every_language_says_everything_and_puts_in_the_same() {
        let said = |text: &str| -> BTreeSet<String> {
            let messages = text.lines().filter(|it| !it.starts_with('#'));
            messages
                .filter_map(|it| it.split_once(" = "))
                .map(|(name, text)| {
                    let words =
                        text.split('{').skip(1).map(|it| it.split('}').next().unwrap().trim());
                    format!("{name} {:?}", words.collect::<BTreeSet<_>>())
                })
                .collect()
        };
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/locales");
        let read = |language: &LanguageIdentifier| {
            let files = std::fs::read_dir(format!("{root}/{language}")).unwrap();
            let texts = files.map(|it| std::fs::read_to_string(it.unwrap().path()).unwrap());
            said(&texts.collect::<String>())
        };
        let english = read(LANGUAGES.fallback());
        assert!(english.len() > 20);
        for language in LANGUAGES.locales() {
            assert_eq!(read(language), english, "{language}");
        }
    }
}
