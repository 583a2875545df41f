//! The letters: each declares in its own file what it holds and which texts it is made of.

mod account;
mod confirmation;
pub(crate) mod definition;
mod invitation;
mod member;
mod new_pin;
mod password_changed;
mod password_reset;
mod welcome;

use usher_domain::LetterKind;

use self::definition::Definition;

macro_rules! letters {
    ($($kind:ident $data:tt => $file:ident($($argument:expr)?),)*) => {
        /// What a letter of this kind is made of.
        pub(crate) fn define(kind: &LetterKind) -> Definition {
            match kind {
                $(LetterKind::$kind $data => $file::define($($argument)?),)*
            }
        }

        /// Every kind of letter, with and without what its kind may lack.
        pub(crate) fn sample_kinds() -> Vec<LetterKind> {
            [$($file::samples()),*].concat()
        }
    };
}

// The list of letters, one a line. A kind of letter that is not in it does not compile.
letters! {
    Invitation { expires_at } => invitation(*expires_at),
    Welcome { pin } => welcome(pin.as_deref()),
    NewPin { pin } => new_pin(pin),
    Confirmation { expires_at } => confirmation(*expires_at),
    PasswordReset { expires_at } => password_reset(*expires_at),
    PasswordChanged {} => password_changed(),
}

/// The kinds of letters that a custom template of this name may have to render: those that name
/// their template, which may be any, and those that it is the template of.
pub(crate) fn kinds_rendered_by(template: &str) -> impl Iterator<Item = LetterKind> {
    let renders = move |it: &LetterKind| define(it).template.is_none_or(|it| it == template);
    sample_kinds().into_iter().filter(renders)
}

#[cfg(test)]
mod tests;
