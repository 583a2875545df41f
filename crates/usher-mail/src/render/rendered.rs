//! A letter in words: its subject, and its text in both forms.

use std::fmt;

/// A rendered letter. `Debug` shows none of its words: they hold a link that opens an invitation.
#[derive(Clone, PartialEq)]
pub(crate) struct Rendered {
    pub(crate) subject: String,
    pub(crate) text: String,
    /// None: the letter has no form but its text.
    pub(crate) html: Option<String>,
    /// The tag of the language it is in, which need not be the one that was asked for; none: its
    /// template names no language.
    pub(crate) language: Option<String>,
    /// The letter's link: an http or https address without white space, quotes or angle brackets.
    pub(crate) link: String,
}

impl fmt::Debug for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rendered").field("language", &self.language).finish_non_exhaustive()
    }
}

/// The letter cannot be rendered. No text shows what it says.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RenderError {
    #[error("its link is not an http or https address; check `public_url`")]
    Link,
    #[error("its built-in template fails")]
    BuiltIn(#[from] minijinja::Error),
    #[error("there is no template `{0}`; put it into the folder `mail.templates` and restart")]
    Missing(String),
    /// Of a custom template: its file, the line, what is wrong.
    #[error("the template has an error in {0}; correct it and restart")]
    Custom(String),
}
