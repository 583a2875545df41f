//! The language that errors and messages of tasks are rendered in.

use std::convert::Infallible;

use axum::{extract::FromRequestParts, http::request::Parts};
use fluent_templates::fluent_bundle::FluentValue;
use usher_domain::Reason;

use crate::locale::{Language, PreferredLanguages};

/// A language, and whether the client asked for it.
#[derive(Clone, Default)]
pub(super) struct ErrorLanguage {
    language: Language,
    asked: bool,
}

impl ErrorLanguage {
    /// The language that the client asks for, or English where there are no texts in it.
    pub(super) fn of(preferred: &PreferredLanguages) -> Self {
        preferred.asked().map_or_else(Self::default, |language| Self { language, asked: true })
    }

    /// The code of the language; `en-US`, as in the original, unless the client asked for one.
    pub(super) fn locale(&self) -> String {
        if self.asked { self.language.text("code") } else { "en-US".to_owned() }
    }

    pub(super) fn origin(&self) -> &'static str {
        if self.asked { "REQUEST" } else { "DEFAULT" }
    }

    /// The text of this name in the locales.
    pub(super) fn text(&self, name: &str) -> String {
        self.language.text(name)
    }

    /// The same, with values for its variables.
    pub(super) fn text_with<const N: usize>(
        &self,
        name: &str,
        about: [(&'static str, String); N],
    ) -> String {
        self.language.text_with(name, about.map(|(name, it)| (name, FluentValue::from(it))))
    }

    /// Why somebody was not invited, and the locale of that text.
    pub(super) fn describe(&self, why: &Reason) -> (String, String) {
        match self.language.try_text(&format!("why-{}", why.key)) {
            Some(text) => (text, self.locale()),
            // The reason has details that no text of the locales has room for.
            None => (why.text.clone(), Self::default().locale()),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for ErrorLanguage {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&PreferredLanguages::of(&parts.headers)))
    }
}
