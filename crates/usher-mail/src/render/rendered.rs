//! A letter in words: its subject, and its text in both forms.

use std::fmt;

/// A letter in words. `Debug` shows none of them: they hold a link that opens an invitation.
#[derive(Clone, PartialEq)]
pub struct Rendered {
    pub subject: String,
    pub text: String,
    /// None: the letter has no form but its text.
    pub html: Option<String>,
    /// The language it is in, which need not be the one that was asked for; none: nobody said.
    pub language: Option<String>,
    /// The letter's link, with no white space, quotes or angle brackets.
    pub link: String,
}

impl fmt::Debug for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rendered").field("language", &self.language).finish_non_exhaustive()
    }
}

/// The letter cannot be put into words. No text shows what it says.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    #[error("its link is not an http or https address")]
    Link,
    #[error("its template fails")]
    Template(#[from] minijinja::Error),
    #[error("there is no template `{0}`; is it still in mail.templates?")]
    Missing(String),
    /// A template of the operator's own: its file, the line, what is wrong.
    #[error("the template fails in {0}")]
    Own(String),
}
