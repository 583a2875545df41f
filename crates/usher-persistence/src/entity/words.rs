//! The enums of the domain that a column holds as a word.

use usher_application::StoreError;
use usher_domain::{Action, Address, Completion, DeliveryOutcome, Status, TaskKind, UserStatus};

/// An enum without data. Each variant is stored as the word that the domain has for it.
pub(super) trait Word: Copy + 'static {
    const ALL: &'static [Self];

    fn word(self) -> &'static str;
}

/// Reads one by its word.
pub(super) fn word<T: Word>(text: &str) -> Result<T, StoreError> {
    let found = T::ALL.iter().copied().find(|it| it.word() == text);
    let unknown = || format!("a row holds the word `{text}`, which this version does not know");
    found.ok_or_else(|| StoreError::new(unknown()))
}

macro_rules! words {
    ($($name:ident { $($variant:ident),* })*) => {$(
        impl Word for $name {
            const ALL: &'static [Self] = &[$(Self::$variant),*];

            fn word(self) -> &'static str {
                // Variant by variant, so that one that is not listed does not compile.
                match self {
                    $(Self::$variant)|* => self.as_str(),
                }
            }
        }
    )*};
}

words! {
    Address { Work, Personal }
    DeliveryOutcome { Sent, Deferred, Failed }
    Status { Pending, Accepted, Declined, Revoked, Lapsed }
    UserStatus { Unregistered, Pending, Active, Disabled }
}

macro_rules! listed_words {
    ($($name:ident)*) => {$(
        impl Word for $name {
            const ALL: &'static [Self] = &Self::ALL;

            fn word(self) -> &'static str {
                self.as_str()
            }
        }
    )*};
}

// These have a list of their own in the domain.
listed_words! { Action Completion TaskKind }
