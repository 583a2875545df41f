//! What a letter declares of itself.

use usher_domain::Timestamp;

/// A letter of one kind: what its templates may use, and which texts it is made of.
pub(crate) struct Definition {
    /// The name of the custom template that it is written in, if the folder has one of that name.
    /// None: the letter names its template, if any.
    pub(crate) template: Option<&'static str>,
    /// What a letter of this kind may hold, and may lack.
    pub(crate) fields: &'static [Field],
    /// The rows of its table, in order; a row without a value is left out.
    pub(crate) facts: &'static [Fact],
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) pin: Option<String>,
    pub(crate) texts: Texts,
    /// Whether the page that its link opens is also where to decline (`List-Unsubscribe`).
    pub(crate) link_declines: bool,
}

/// A part of a letter that people give or leave out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    Name,
    Inviter,
    Roles,
    Message,
}

/// A row in a letter's table. Its heading is the text `roles`, `until` or `pin` in `locales/`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fact {
    Roles,
    Until,
    Pin,
}

/// The keys in `locales/` of the texts in which letters differ.
pub(crate) struct Texts {
    pub(crate) subject: &'static str,
    /// The subject of a letter without an inviter.
    pub(crate) subject_alone: &'static str,
    pub(crate) preview: &'static str,
    pub(crate) note: Option<&'static str>,
    pub(crate) button: &'static str,
    pub(crate) link_here: &'static str,
    pub(crate) not_you: &'static str,
    pub(crate) keep_it: Option<&'static str>,
}
