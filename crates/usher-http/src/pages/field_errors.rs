//! What is wrong with what people typed, in words.

use usher_domain::{InvalidText, PasswordRules, TextRule, WeakPassword};

use super::view::FormError;
use crate::locale::Language;

pub(super) fn name_error(language: &Language, invalid: InvalidText) -> FormError {
    let text = match invalid.rule {
        TextRule::Empty => language.text("name-empty"),
        TextRule::TooLong(max) | TextRule::TooMany(max) => {
            language.text_with("name-too-long", [("max", max.into())])
        }
        TextRule::Control => language.text("name-control"),
        // The form asks for a name alone, and that is no username.
        TextRule::Link | TextRule::ForeignMailbox => language.text("name-link"),
    };
    FormError { field: Some("name"), text }
}

/// What is wrong with a new password in this field.
pub(super) fn password_error(
    language: &Language,
    field: &'static str,
    weak: WeakPassword,
) -> FormError {
    let text = match weak {
        WeakPassword::TooShort(min) => {
            language.text_with("password-too-short", [("min", min.into())])
        }
        WeakPassword::TooLong => {
            language.text_with("password-too-long", [("max", PasswordRules::MAX.into())])
        }
        WeakPassword::Common => language.text("password-common"),
        WeakPassword::Pattern => language.text("password-pattern"),
        WeakPassword::Personal => language.text("password-personal"),
    };
    FormError { field: Some(field), text }
}
