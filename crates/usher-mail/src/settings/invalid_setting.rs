//! The error of a setting that breaks a rule.

use std::borrow::Cow;

/// A setting breaks a rule. Its text shows nothing of the value, which may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{setting}` {rule}")]
pub struct InvalidSetting {
    pub setting: &'static str,
    pub rule: Cow<'static, str>,
}
