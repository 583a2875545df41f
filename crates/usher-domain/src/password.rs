//! What makes a password good enough, after NIST SP 800-63B-4, section 3.1.1.2: a least length, and a
//! comparison with passwords that are common or to be expected.

use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization as _;

/// The rules for new passwords. There are no composition rules: length is what counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordRules {
    /// The least number of characters. NIST wants 15 where there is no second factor.
    pub min: usize,
}

impl Default for PasswordRules {
    fn default() -> Self {
        Self { min: 15 }
    }
}

/// Why a password is not good enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    #[error("a password has at least {0} characters")]
    TooShort(usize),
    #[error("a password has at most {} characters", PasswordRules::MAX)]
    TooLong,
    #[error("this password is on the list of the most common ones")]
    Common,
    #[error("a password must not repeat one pattern or follow the alphabet or the keyboard")]
    Pattern,
    #[error("a password must not be made of your own name or address")]
    Personal,
}

impl PasswordRules {
    /// The greatest number of characters. It bounds the work of hashing.
    pub const MAX: usize = 256;

    /// How a password is hashed and compared: in NFC, nothing trimmed.
    #[must_use]
    pub fn normalized(password: &str) -> String {
        password.nfc().collect()
    }

    /// The password, normalized and ready to be hashed, if it is good enough for a person with these
    /// names and addresses.
    pub fn check(self, password: &str, personal: &[&str]) -> Result<String, WeakPassword> {
        if password.len() > Self::MAX * 4 {
            return Err(WeakPassword::TooLong);
        }
        let password = Self::normalized(password);
        let length = password.chars().count();
        if length < self.min {
            return Err(WeakPassword::TooShort(self.min));
        }
        if length > Self::MAX {
            return Err(WeakPassword::TooLong);
        }
        let plain = password.to_lowercase();
        if is_common(&plain) || repeats(&plain, is_common) {
            return Err(WeakPassword::Common);
        }
        if repeats(&plain, |it| it.chars().count() <= 4) || runs(&plain) {
            return Err(WeakPassword::Pattern);
        }
        let squeezed: String = plain.chars().filter(|it| it.is_alphanumeric()).collect();
        let parts = personal.iter().flat_map(|it| [(*it).to_owned(), it.replace('@', ".")]);
        let made_of = |part: String| {
            let part: String =
                part.to_lowercase().chars().filter(|it| it.is_alphanumeric()).collect();
            let rest = squeezed.replace(&part, "");
            part.chars().count() >= 4 && squeezed.contains(&part) && rest.chars().count() < 4
        };
        if parts.into_iter().any(made_of) {
            return Err(WeakPassword::Personal);
        }
        Ok(password)
    }
}

/// Whether the text is one unit over and over, and the unit is of that kind.
fn repeats(text: &str, unit_is: impl Fn(&str) -> bool) -> bool {
    text.char_indices()
        .skip(1)
        .take_while(|(at, _)| at * 2 <= text.len())
        .filter(|(at, _)| text.len().is_multiple_of(*at))
        .any(|(at, _)| {
            unit_is(&text[..at])
                && text.as_bytes().chunks(at).all(|it| it == &text.as_bytes()[..at])
        })
}

/// Whether the text is one walk along the alphabet, the digits or a row of keys.
fn runs(text: &str) -> bool {
    const ROWS: &[&str] = &[
        "abcdefghijklmnopqrstuvwxyz",
        "01234567890123456789",
        "qwertyuiopasdfghjklzxcvbnm",
        "qwertzuiopasdfghjklyxcvbnm",
        "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
        "1q2w3e4r5t6y7u8i9o0p",
    ];
    ROWS.iter().any(|row| {
        let back: String = row.chars().rev().collect();
        row.contains(text) || back.contains(text) || format!("{row}{row}").contains(text)
    })
}

/// Whether the text is one of the 30 000 most common passwords, in lower case.
fn is_common(text: &str) -> bool {
    /// The lines of the list, sorted by their bytes.
    static COMMON: LazyLock<Vec<&str>> =
        LazyLock::new(|| include_str!("password/common.txt").lines().collect());
    COMMON.binary_search(&text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(password: &str) -> Result<String, WeakPassword> {
        let personal = ["Ada Lovelace", "ada.lovelace@example.org"];
        PasswordRules::default().check(password, &personal)
    }

    #[test]
    fn a_sentence_will_do_and_nothing_is_trimmed() {
        assert_eq!(check(" seven llamas dance ").unwrap(), " seven llamas dance ");
        assert_eq!(check("пятнадцать букв"), Ok("пятнадцать букв".to_owned()));
        assert_eq!(check("e\u{301}eeeeaeeeeeeeeee").unwrap().chars().next(), Some('é'));
    }

    #[test]
    fn each_rule_refuses() {
        let table = [
            ("fourteen chars", WeakPassword::TooShort(15)),
            (&"x".repeat(3000), WeakPassword::TooLong),
            ("correcthorsebatterystaple", WeakPassword::Common),
            ("PasswordPassword", WeakPassword::Common),
            ("aaaaaaaaaaaaaaaa", WeakPassword::Pattern),
            ("abcabcabcabcabcabc", WeakPassword::Pattern),
            ("abcdefghijklmnopqr", WeakPassword::Pattern),
            ("1q2w3e4r5t6y7u8i9o0p", WeakPassword::Pattern),
            ("Ada.Lovelace@Example.org", WeakPassword::Personal),
            ("ada.lovelace@example.org1!", WeakPassword::Personal),
        ];
        for (password, expected) in table {
            assert_eq!(check(password), Err(expected), "{password}");
        }
    }

    #[test]
    fn the_least_length_can_be_set() {
        let rules = PasswordRules { min: 8 };
        assert_eq!(rules.check("password", &[]), Err(WeakPassword::Common));
        assert!(rules.check("h8f-w2!q", &[]).is_ok());
    }

    #[test]
    fn a_common_password_is_refused_in_any_case_and_when_it_is_repeated() {
        for common in
            ["mailcreated5240", "Qwerty123456789", "1QAZ2WSX3EDC4RFV", "mustangmustangmustang"]
        {
            assert_eq!(check(common), Err(WeakPassword::Common), "{common}");
        }
        let short = PasswordRules { min: 8 };
        for common in ["Mustang1", "zaq12wsx", "trustno1"] {
            assert_eq!(short.check(common, &[]), Err(WeakPassword::Common), "{common}");
        }
    }

    #[test]
    fn the_list_is_sorted_in_lower_case_and_has_tens_of_thousands_of_lines() {
        let lines: Vec<_> = include_str!("password/common.txt").lines().collect();
        assert!(lines.len() > 30_000 && lines.is_sorted_by(|a, b| a < b));
        assert!(lines.iter().all(|it| *it == it.to_lowercase() && it.len() >= 4));
    }
}
