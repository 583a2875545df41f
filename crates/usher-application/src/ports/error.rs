//! What the use cases hear when a store does not do what they ask.

use std::{error::Error, fmt};

/// Nothing was read or written, and all that a caller can do is to try again later. With one exception: what
/// was to be committed may have been ([`StoreError::may_be_written`]).
#[derive(Debug)]
pub struct StoreError(Reason);

#[derive(Debug)]
enum Reason {
    Unavailable(Box<dyn Error + Send + Sync>),
    Undecided(Box<dyn Error + Send + Sync>),
    Busy,
    Crowded,
    TooBroad,
    ManySearches,
}

impl StoreError {
    /// The store could not answer, for the reason `source`.
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(Reason::Unavailable(source.into()))
    }

    /// The store was told to commit and did not say whether it has, for the reason `source`: all of it is
    /// written, or nothing.
    pub fn undecided(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(Reason::Undecided(source.into()))
    }

    /// The store answers, but others changed the same data between every reading and writing.
    #[must_use]
    pub fn busy() -> Self {
        Self(Reason::Busy)
    }

    /// Nobody gets to hash a password, because too many others wait for it.
    #[must_use]
    pub fn crowded() -> Self {
        Self(Reason::Crowded)
    }

    /// A search was ended, because it took longer than searches may.
    #[must_use]
    pub fn too_broad() -> Self {
        Self(Reason::TooBroad)
    }

    /// Nobody gets to search, because too many others do.
    #[must_use]
    pub fn many_searches() -> Self {
        Self(Reason::ManySearches)
    }

    /// Whether all that was to be written may be written nevertheless.
    #[must_use]
    pub fn may_be_written(&self) -> bool {
        matches!(self.0, Reason::Undecided(_))
    }

    /// Whether a search took too long, and would not if it were narrower.
    #[must_use]
    pub fn is_too_broad(&self) -> bool {
        matches!(self.0, Reason::TooBroad)
    }

    /// Whether it is others who search, and not the store that fails.
    #[must_use]
    pub fn is_of_many_searches(&self) -> bool {
        matches!(self.0, Reason::ManySearches)
    }

    /// Whether it is others who have passwords hashed, and not the store that fails.
    #[must_use]
    pub fn is_crowded(&self) -> bool {
        matches!(self.0, Reason::Crowded)
    }

    /// Whether it is others who write the same data, and not the store that fails.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        matches!(self.0, Reason::Busy)
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Reason::Unavailable(_) => "the store is unavailable: try again later",
            Reason::Undecided(_) => {
                "the store did not say whether it was done: look before you try again"
            }
            Reason::Busy => "others keep changing the same data: try again",
            Reason::Crowded => "too many passwords wait to be checked: try again in a moment",
            Reason::TooBroad => "the search takes too long: narrow it",
            Reason::ManySearches => "too many searches are made at once: try again in a moment",
        })
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.0 {
            Reason::Unavailable(source) | Reason::Undecided(source) => Some(&**source),
            Reason::Busy | Reason::Crowded | Reason::TooBroad | Reason::ManySearches => None,
        }
    }
}
