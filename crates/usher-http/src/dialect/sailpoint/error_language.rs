//! In which language somebody is answered.

use std::convert::Infallible;

use axum::{extract::FromRequestParts, http::request::Parts};
use fluent_templates::fluent_bundle::FluentValue;
use usher_domain::Reason;

use crate::pages::{Language, Reader};

/// A language, and whether it was asked for.
#[derive(Clone, Default)]
pub(super) struct Tongue {
    pub language: Language,
    asked: bool,
}

impl Tongue {
    /// English, unless something else that there is was asked for.
    pub(super) fn of(reader: &Reader) -> Self {
        reader.asked().map_or_else(Self::default, |language| Self { language, asked: true })
    }

    /// What was not asked for has the name that clients of the original know.
    pub(super) fn locale(&self) -> String {
        if self.asked { self.language.say("code") } else { "en-US".to_owned() }
    }

    pub(super) fn origin(&self) -> &'static str {
        if self.asked { "REQUEST" } else { "DEFAULT" }
    }

    pub(super) fn tell<const N: usize>(
        &self,
        text: &str,
        about: [(&'static str, String); N],
    ) -> String {
        self.language.tell(text, about.map(|(name, it)| (name, FluentValue::from(it))))
    }

    /// Why somebody was not invited, and in which language that is said.
    pub(super) fn why(&self, why: &Reason) -> (String, String) {
        match self.language.try_say(&format!("why-{}", why.key)) {
            Some(text) => (text, self.locale()),
            // There is more in it than a text that stands ready could say.
            None => (why.text.clone(), Self::default().locale()),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Tongue {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&Reader::of(&parts.headers)))
    }
}
